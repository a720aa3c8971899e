package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const queryBlocked = "/wxa/sec/queryblocktmplmsg"

// reviewed is a service account whose template T is in review, with two followers.
func reviewed(t *testing.T) (b *bundle, ann, bob *emulator.User, send func(u *emulator.User, tpl, value string) answer) {
	t.Helper()
	b = setup(t)
	for _, id := range []string{"T", "other"} {
		b.oa.AddTemplate(emulator.Template{ID: id, Title: "Due", Keywords: []string{"thing1"}})
	}
	ann, bob = b.wx.User("ann"), b.wx.User("bob")
	ann.Follow(b.oa)
	bob.Follow(b.oa)
	b.oa.HoldTemplate("T")
	return b, ann, bob, func(u *emulator.User, tpl, value string) answer {
		return b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), tpl, "", `{"thing1":{"value":"`+value+`"}}`))
	}
}

func TestHeldMessagesArriveOnceTheyPass(t *testing.T) {
	t.Parallel()
	b, ann, bob, send := reviewed(t)
	listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	held := send(ann, "T", "first")
	require.Equal(t, 40252, held.code())
	require.NotContains(t, held, "msgid")
	require.Equal(t, 40252, send(ann, "T", "second").code())
	require.Zero(t, send(bob, "other", "another template").code())
	require.Empty(t, ann.Inbox())
	b.wx.Settle()
	require.Len(t, b.wx.Pushes("TEMPLATESENDJOBFINISH"), 1, "of the other template")

	b.oa.PassHeld("T")
	require.Len(t, ann.Inbox(), 2)
	require.Equal(t, "first", ann.Inbox()[0].Lines[0].Value, "in the order in which they were sent")
	b.wx.Settle()
	done := b.wx.Pushes("TEMPLATESENDJOBFINISH")
	require.Len(t, done, 3)
	require.Contains(t, done[2].Plain, "<![CDATA[success]]>")
	require.Zero(t, send(ann, "T", "third").code(), "the review is over")
	require.Len(t, ann.Inbox(), 3)
}

// Who blocks the account meanwhile does not get what was held, and the event says so.
func TestHeldMessageForWhoBlocks(t *testing.T) {
	t.Parallel()
	b, ann, _, send := reviewed(t)
	listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	require.Equal(t, 40252, send(ann, "T", "x").code())
	ann.Block(b.oa, true)
	b.oa.PassHeld("T")
	require.Empty(t, ann.Inbox())
	require.Contains(t, b.wx.Pushes("TEMPLATESENDJOBFINISH")[0].Plain, "failed:user block")
}

func TestBlockedReviewShowsInTheQuery(t *testing.T) {
	t.Parallel()
	b, ann, bob, send := reviewed(t)
	require.Equal(t, 40252, send(ann, "T", "first").code())
	require.Equal(t, 40252, send(bob, "T", "second").code())
	list := func(largest string) []any {
		return b.succeeds(as(b.oa, queryBlocked), `{"tmpl_msg_id":"T","largest_id":`+largest+`,"limit":10}`)["msginfo"].([]any)
	}
	require.Empty(t, list("0"), "not while the review lasts")
	b.oa.BlockHeld("T")
	require.Empty(t, ann.Inbox())
	got := list("0")
	require.Len(t, got, 2)
	one := got[0].(map[string]any)
	require.Equal(t, []any{ann.OpenID(b.oa), "Due", "thing1:first\n", num("1")}, []any{one["openid"], one["title"], one["content"], one["id"]})
	require.Len(t, list("1"), 1, "behind the first")
	require.Zero(t, send(ann, "T", "later").code())
	require.Len(t, ann.Inbox(), 1)
}

func TestInterceptedMessages(t *testing.T) {
	t.Parallel()
	b, ann, _, send := reviewed(t)
	b.oa.InterceptTemplate("other")
	got := send(ann, "other", "kept back")
	require.Zero(t, got.code())
	require.Empty(t, ann.Inbox())
	byID := b.succeeds(as(b.oa, queryBlocked), `{"tmpl_msg_id":"`+got["msgid"].(interface{ String() string }).String()+`","largest_id":0,"limit":1}`)
	require.Len(t, byID["msginfo"], 1, "also by the id of the message")
	for body, code := range map[string]int{
		`{"largest_id":0,"limit":1}`:                        40097,
		`{"tmpl_msg_id":"T","limit":1}`:                     40097,
		`{"tmpl_msg_id":"T","largest_id":0,"limit":0}`:      40097,
		`{"tmpl_msg_id":"T","largest_id":0,"limit":101}`:    40097,
		`{"tmpl_msg_id":"none","largest_id":0,"limit":100}`: 0,
	} {
		require.Equal(t, code, b.post(as(b.oa, queryBlocked), body).code(), body)
	}
}

func TestReviewMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	oa := wx.ServiceAccount()
	once := oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.OneTime})
	for name, do := range map[string]func(){
		"HoldTemplate":      func() { oa.HoldTemplate("none") },
		"PassHeld":          func() { oa.PassHeld("none") },
		"BlockHeld":         func() { oa.BlockHeld(once) },
		"InterceptTemplate": func() { oa.InterceptTemplate(once) },
	} {
		require.Contains(t, misuseOf(do), name+": no template")
	}
}
