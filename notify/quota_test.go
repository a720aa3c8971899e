package notify

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuota(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 20, hour, minute, 0, 0, quotaZone) }
	for name, tc := range map[string]struct {
		q     quota
		now   time.Time
		wait  time.Duration
		probe bool
	}{
		"NotUsedUp":            {quota{}, at(9, 0), 0, false},
		"JustUsedUp":           {usedUp(at(9, 0)), at(9, 0), time.Hour, false},
		"UsedUpForAWhile":      {usedUp(at(9, 0)), at(9, 45), 15 * time.Minute, false},
		"TimeToAsk":            {usedUp(at(9, 0)), at(10, 0), 0, true},
		"SomebodyAsks":         {quota{at(24, 0), at(10, 1)}, at(10, 0), time.Minute, false},
		"TheDayEndsFirst":      {usedUp(at(23, 30)), at(23, 30), 30 * time.Minute, false},
		"TheDayHasEnded":       {usedUp(at(23, 30)), at(24, 0), 0, false},
		"TheDayIsThatOfWeChat": {usedUp(at(23, 30).UTC()), at(24, 0).UTC(), 0, false},
	} {
		wait, probe := tc.q.wait(tc.now)
		require.Equal(t, tc.wait, wait, name)
		require.Equal(t, tc.probe, probe, name)
	}
}
