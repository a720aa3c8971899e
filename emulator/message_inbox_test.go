package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestMessageInOneLine(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]emulator.Message{
		"[chat] Shop: Hello":         {Place: emulator.Chat, From: "Shop", Type: "text", Text: "Hello"},
		"[chat] to Shop: Hello":      {Place: emulator.Chat, From: "Shop", Own: true, Type: "text", Text: "Hello"},
		"[chat] Shop: <image>":       {Place: emulator.Chat, From: "Shop", Type: "image", MediaID: "m"},
		"[chat] Shop: Big news Read": {Place: emulator.Chat, From: "Shop", Type: "news", Title: "Big news", Text: "Read"},
		"[service notifications] Shop: Due (Contract: Fire, date2: 2026-12-01)": {
			Place: emulator.ServiceNotifications, From: "Shop", Type: "subscribe", Title: "Due",
			Lines: []emulator.Line{{Key: "thing1", Label: "Contract", Value: "Fire"}, {Key: "date2", Value: "2026-12-01"}},
		},
	} {
		require.Equal(t, want, m.String())
	}
}

// The phone shows what all accounts sent, in the order in which it came.
func TestPhoneOfAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Title: "Order", Content: "Item：{{thing1.DATA}}\n"})
	u := b.wx.User("u")
	u.Accept(tpl)
	u.Follow(b.oa)
	u.Write(b.oa, "Where is it?")
	b.wx.Advance(time.Second)
	b.succeeds(as(b.oa, customSend), text(u.OpenID(b.oa), "On its way"))
	b.wx.Advance(time.Second)
	b.succeeds(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "Mug"))
	got := u.Inbox()
	require.Len(t, got, 3)
	require.Equal(t, []time.Time{start, start.Add(time.Second), start.Add(2 * time.Second)}, []time.Time{got[0].Time, got[1].Time, got[2].Time})
	require.Equal(t, []bool{true, false, false}, []bool{got[0].Own, got[1].Own, got[2].Own})
	require.Equal(t, emulator.Message{
		Time: start.Add(2 * time.Second), Place: emulator.ServiceNotifications, AppID: b.mp.AppID, From: "Demo Mini Program",
		Type: "subscribe", MsgID: got[2].MsgID, TemplateID: tpl, Title: "Order",
		Lines:       []emulator.Line{{Key: "thing1", Label: "Item", Value: "Mug"}},
		MiniProgram: &emulator.MiniProgramLink{AppID: b.mp.AppID, Page: "pages/order?id=7"},
	}, got[2])
	require.Empty(t, b.wx.User("another").Inbox())
}

// A card is kept by its template, and outlives it.
func TestCardOutlivesItsTemplate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Title: "Order", Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	u.Accept(tpl)
	b.succeeds(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "Mug"))
	before := u.Inbox()
	b.succeeds(as(b.mp, "/wxaapi/newtmpl/deltemplate"), `{"priTmplId":"`+tpl+`"}`)
	b.mp.AddTemplate(emulator.Template{ID: tpl, Title: "Another", Keywords: []string{"thing1", "thing2"}})
	require.Equal(t, before, u.Inbox(), "also when another takes its id")
}

func TestPhoneForgetsTheOldest(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithInboxLimit(3))
	u := b.wx.User("u")
	for i := range 20 {
		u.Write(b.mp, fmt.Sprint(i))
		require.LessOrEqual(t, len(u.Inbox()), 3)
	}
	got := u.Inbox()
	require.Equal(t, []string{"17", "18", "19"}, []string{got[0].Text, got[1].Text, got[2].Text})
	require.Equal(t, 20, u.State().Received, "they are counted all the same")
	last := u.ReceivedAfter(18, 10)
	require.Len(t, last, 2)
	require.Equal(t, []int{19, 20}, []int{last[0].Seq, last[1].Seq})
	require.Len(t, u.ReceivedAfter(0, 10), 5, "what is not dropped yet")
	require.Empty(t, u.ReceivedAfter(20, 10))
	require.Empty(t, u.ReceivedAfter(99, 10))
}

// Message ids grow, and have more digits than a float64 holds.
func TestMessageIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	u := b.wx.User("u")
	u.Accept(tpl)
	last := int64(0)
	for range 10 {
		id := b.succeeds(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).number("msgid")
		require.Greater(t, id, last)
		require.Greater(t, id, int64(1)<<53)
		last = id
	}
}
