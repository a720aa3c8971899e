package emulator

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loaf lapses at its end.
type loaf struct{ ends time.Time }

func (l loaf) stale(now time.Time) bool { return lapsed(l.ends, now) }

func TestShelfForgetsWhatIsStale(t *testing.T) {
	t.Parallel()
	var s shelf[loaf]
	now := time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)
	require.Zero(t, s.get("none"), "an empty shelf")
	s.put("eternal", loaf{}, now)
	s.put("old", loaf{now.Add(-25 * time.Hour)}, now)
	s.put("expired", loaf{now.Add(-23 * time.Hour)}, now)
	for i := len(s.items); i < smallest; i++ {
		s.put(fmt.Sprint("old", i), loaf{now.Add(-25 * time.Hour)}, now)
	}
	require.Len(t, s.items, smallest, "a small shelf is left alone")
	s.put("new", loaf{now.Add(time.Hour)}, now)
	require.Len(t, s.items, 3, "what has no end, what ended within the day, what is new")
	require.Contains(t, s.items, "expired", "WeChat tells expired from unknown for a while")

	for i := range smallest {
		s.put(fmt.Sprint("lasting", i), loaf{now.Add(time.Hour)}, now)
	}
	require.Len(t, s.items, smallest+3, "nothing in force is forgotten")
	s.drop("new")
	require.Zero(t, s.get("new"))
}

func TestShelfInOrder(t *testing.T) {
	t.Parallel()
	var s shelf[loaf]
	require.Empty(t, s.sorted())
	now := time.Now()
	for _, name := range []string{"b", "c", "a"} {
		s.put(name, loaf{now.Add(time.Duration(name[0]) * time.Hour)}, now)
	}
	list := s.sorted()
	require.Len(t, list, 3)
	require.True(t, list[0].ends.Before(list[1].ends) && list[1].ends.Before(list[2].ends))
}

// Each kind of what lapses says by itself when it may be forgotten: a day after its end, unless its rule is its own.
func TestEndsOfWhatLapses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		of  perishable
		end time.Time
	}{
		"token":         {&token{Ends: now}, now},
		"code":          {&userCode{ends: now}, now},
		"user token":    {&userToken{ends: now.Add(-time.Hour), refreshEnds: now}, now},
		"encrypted":     {sealedAt{at: now.Add(-mediaLife)}, now},
		"file":          {&media{Created: now.Add(-mediaLife)}, now},
		"feedback":      {&feedback{at: now.Add(-mediaLife)}, now},
		"code of an OA": {&qrCode{Ends: now}, now},
		"link":          {&miniLink{Ends: now}, now},
		"short key":     {&shortKey{Ends: now}, now},
		"ticket":        {verifyTicket{now}, now},
	} {
		require.False(t, c.of.stale(c.end.Add(day)), name)
		require.True(t, c.of.stale(c.end.Add(day+1)), name)
	}
	for name, of := range map[string]perishable{
		"permanent file": &media{Created: now, Permanent: true}, "permanent code": &qrCode{}, "permanent link": &miniLink{},
	} {
		require.False(t, of.stale(now.Add(10_000*day)), name)
	}
	require.False(t, dedupe{until: now}.stale(now.Add(-1)))
	require.True(t, dedupe{until: now}.stale(now), "there may be many: gone at once")
}

func TestSetOfIDsIsAListInOrder(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(idSet{"wx2": true, "wx1": true})
	require.NoError(t, err)
	require.JSONEq(t, `["wx1","wx2"]`, string(b))
	var again idSet
	require.NoError(t, json.Unmarshal(b, &again))
	require.Equal(t, idSet{"wx2": true, "wx1": true}, again)
	require.Error(t, json.Unmarshal([]byte(`{"wx1":true}`), &again))
}
