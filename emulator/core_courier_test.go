package emulator_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// The tries of one push do not hold up the others: all go out in the order in which they are due.
func TestPushesGoOutWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	broken := listen(t, b.mp, emulator.Callback{})
	broken.reply = func(int, string) (int, string) { return http.StatusInternalServerError, "" }
	sound := listen(t, b.oa, emulator.Callback{})
	u.Write(b.mp, "first")
	b.wx.Advance(2 * time.Second)
	u.Follow(b.oa)
	require.Equal(t, 1, sound.count(), "not behind the tries of another account")
	b.wx.Advance(4 * time.Second)
	u.Write(b.oa, "second")
	b.wx.Advance(10 * time.Second)

	type try struct {
		app     string
		attempt int
		after   time.Duration
	}
	var got []try
	for _, p := range b.wx.Pushes() {
		got = append(got, try{p.AppID, p.Attempt, p.Time.Sub(start)})
	}
	require.Equal(t, []try{
		{b.mp.AppID, 1, 0}, {b.oa.AppID, 1, 2 * time.Second}, {b.mp.AppID, 2, 5 * time.Second},
		{b.oa.AppID, 1, 6 * time.Second}, {b.mp.AppID, 3, 10 * time.Second},
	}, got)
}

// One advance over many due moments stops at each of them.
func TestAdvanceStopsAtEachDueMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	platform := b.wx.AddThirdParty(emulator.AppConfig{})
	listen(t, platform, emulator.Callback{})
	b.wx.Advance(time.Hour)
	tickets := b.wx.Pushes("component_verify_ticket")
	require.Len(t, tickets, 7)
	for i, p := range tickets {
		require.Equal(t, start.Add(time.Duration(i)*10*time.Minute), p.Time)
		require.Equal(t, i+1, p.Seq)
	}
}

func TestRemovedCallbackGetsNothingMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	gone := listen(t, b.mp, emulator.Callback{})
	gone.reply = func(int, string) (int, string) { return http.StatusBadGateway, "" }
	kept := listen(t, b.oa, emulator.Callback{})
	kept.reply = gone.reply
	u.Write(b.mp, "x")
	u.Follow(b.oa)
	b.mp.RemoveCallback()
	b.wx.Advance(time.Minute)
	require.Equal(t, 1, gone.count(), "its tries are dropped")
	require.Equal(t, 3, kept.count(), "those of others are not")
	u.Write(b.mp, "nobody listens")
	require.Equal(t, 1, gone.count())
	_, ok := b.mp.Callback()
	require.False(t, ok)
}

// A platform's tickets stop with its callback and start again with the next one.
func TestTicketsFollowTheCallback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	platform := b.wx.AddThirdParty(emulator.AppConfig{})
	first := listen(t, platform, emulator.Callback{})
	b.wx.Advance(10 * time.Minute)
	require.Equal(t, 2, first.count())
	platform.RemoveCallback()
	b.wx.Advance(time.Hour)
	require.Equal(t, 2, first.count())
	second := listen(t, platform, emulator.Callback{})
	require.Equal(t, 1, second.count(), "at once")
	b.wx.Advance(10 * time.Minute)
	require.Equal(t, 2, second.count(), "one chain of them, not two")
}

// A verb is one whole: what many do at the same time is as if they had done it one after the other.
func TestVerbsAreWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{})
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		wg.Go(func() {
			u := b.wx.User(name)
			for range 5 {
				u.Follow(b.oa)
				u.Write(b.oa, "Hi")
				u.Unfollow(b.oa)
			}
		})
	}
	wg.Wait()
	b.wx.Settle()
	require.Equal(t, 8*5*3, r.count())
	require.Zero(t, b.get(as(b.oa, "/cgi-bin/user/get")).number("total"))
	seqs := map[int]bool{}
	for _, p := range b.wx.Pushes() {
		require.False(t, seqs[p.Seq], "a number of two pushes")
		seqs[p.Seq] = true
	}
}
