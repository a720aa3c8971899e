package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSlots has leads fall on one moment.
func TestSlots(t *testing.T) {
	t.Parallel()
	night, none := QuietHours{From: "22:00", To: "08:00"}, QuietHours{}
	hours := func(h int) Lead { return Before(time.Duration(h) * time.Hour) }
	for name, tc := range map[string]struct {
		due   time.Duration // after 9:00
		quiet QuietHours
		leads []Lead
		want  []string
	}{
		"Apart":      {24 * time.Hour, none, []Lead{hours(2), hours(1), hours(1)}, []string{"2h0m0s 07:00", "1h0m0s 08:00"}},
		"Before":     {22 * time.Hour, night, []Lead{hours(8), hours(1), hours(4)}, []string{"8h0m0s over 1h0m0s", "1h0m0s 21:59", "4h0m0s over 1h0m0s"}},
		"End":        {26 * time.Hour, night, []Lead{hours(5), hours(4)}, []string{"5h0m0s over 4h0m0s", "4h0m0s 08:00"}},
		"AfterDue":   {14 * time.Hour, night, []Lead{hours(-2), hours(-1)}, []string{"-2h0m0s over -1h0m0s", "-1h0m0s 08:00"}},
		"EquallyFar": {24 * time.Hour, none, []Lead{hours(24), Days(1)}, []string{"24h0m0s 09:00", "1d over 24h0m0s"}},
	} {
		due := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC).Add(tc.due)
		c, err := newCalendar(&Reminder{Due: due, Zone: "UTC", Quiet: tc.quiet}, "", nil)
		require.NoError(t, err)
		var got []string
		for _, s := range c.slots(tc.leads) {
			text := s.lead.String() + " " + s.at.Format("15:04")
			if s.over != "" {
				var nearest string
				_, err := fmt.Sscanf(s.over, "falls on the same moment as %s the nearest to the due time", &nearest)
				require.NoError(t, err, s.over)
				text = s.lead.String() + " over " + nearest[:len(nearest)-1]
			}
			got = append(got, text)
		}
		require.Equal(t, tc.want, got, name)
	}
}
