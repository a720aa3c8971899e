package notify

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReading(t *testing.T) {
	t.Parallel()
	machine := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	server := machine.Add(2 * time.Minute)
	r := newReading(machine, server, machine.Add(100*time.Millisecond))
	for name, tc := range map[string]struct {
		r    reading
		now  time.Time
		want time.Time
	}{
		"NeverRead":   {reading{}, machine, machine},
		"AtTheAnswer": {r, machine.Add(100 * time.Millisecond), server.Add(50 * time.Millisecond)},
		"Later":       {r, machine.Add(time.Minute), server.Add(time.Minute - 50*time.Millisecond)},
	} {
		require.True(t, tc.want.Equal(tc.r.at(tc.now)), name)
	}
}
