package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
)

func TestThreeLeadsThroughThreeDoors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	b.plan(b.reminder("contract-1"))

	b.pass(3 * day) // seven days before: she follows
	b.alice.Unfollow(b.service)
	b.pass(4 * day) // three days before: she has accepted one
	b.alice.Write(b.mini, "hello")
	b.pass(2 * day) // one day before: she wrote two days ago, just too long

	require.Equal(t, []notify.State{notify.Delivered, notify.Delivered, notify.Unreachable}, b.states("contract-1"))
	list := b.list("contract-1")
	require.Equal(t, notify.DoorTemplate, list[0].Door)
	require.Equal(t, notify.DoorSubscribe, list[1].Door)
	require.Equal(t, []notify.Step{
		{Door: notify.DoorTemplate, Reason: "does not follow"},
		{Door: notify.DoorSubscribe, Taken: true, Reason: "consents left: 1"},
	}, list[1].Steps)
	require.Equal(t, "has not written within 48 hours", list[2].Steps[2].Reason)
	require.Len(t, inbox(b.alice), 2)
	require.Len(t, b.list("contract-1"), 3)
}

func TestReplyDoor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(2 * day)
	b.alice.Write(b.mini, "hello")
	b.pass(day)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Accepted, s.State)
	require.Equal(t, notify.DoorReply, s.Door)
	require.Equal(t, "Your contract ends on 30 November.", inbox(b.alice)[0].Text)
}

func TestPlannedListsTheNextTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.reminder("contract-1")
	r.At, r.Zone = "08:30", "Europe/Berlin"
	b.plan(r)
	next, ok, err := b.n.Next(t.Context(), "contract-1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, notify.Planned, next.State)
	require.Equal(t, "2026-11-23T07:30:00Z", next.FireAt.UTC().Format(time.RFC3339))
}
