package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// Each thing that a user does opens a window of its own width. TestCustomerServiceWindows has how they are used up.
func TestWhatOpensAWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do    func(b *bundle, u *emulator.User) *emulator.App
		count int
		lasts time.Duration
	}{
		"WritesToMini": {func(b *bundle, u *emulator.User) *emulator.App { u.Write(b.mp, "x"); return b.mp }, 5, 48 * time.Hour},
		"SendsPicture": {func(b *bundle, u *emulator.User) *emulator.App { u.SendImage(b.mp, "a.jpg", nil); return b.mp }, 5, 48 * time.Hour},
		"SendsCard":    {func(b *bundle, u *emulator.User) *emulator.App { u.SendCard(b.mp, "T", "pages/a"); return b.mp }, 5, 48 * time.Hour},
		"EntersChat":   {func(b *bundle, u *emulator.User) *emulator.App { u.EnterChat(b.mp, "x"); return b.mp }, 2, time.Minute},
		"Follows":      {func(b *bundle, u *emulator.User) *emulator.App { u.Follow(b.oa); return b.oa }, 3, time.Minute},
		"Scans":        {func(b *bundle, u *emulator.User) *emulator.App { u.Scan(b.oa.QRCode("x")); return b.oa }, 3, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			u := b.wx.User("u")
			a := c.do(b, u)
			for _, m := range u.State().Accounts {
				if m.AppID == a.AppID {
					require.Equal(t, &emulator.WindowState{Left: c.count, Ends: start.Add(c.lasts)}, m.Window)
				} else {
					require.Nil(t, m.Window, "one account's window is not another's")
				}
			}
			b.wx.Advance(c.lasts)
			require.Equal(t, 45015, b.post(as(a, customSend), text(u.OpenID(a), "late")).code())
		})
	}
}

// Windows do not add up: the larger count and the later end hold.
func TestWindowsOverlap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	window := func() emulator.WindowState { return *u.State().Accounts[0].Window }
	u.EnterChat(b.mp, "")
	u.Write(b.mp, "x")
	require.Equal(t, emulator.WindowState{Left: 5, Ends: start.Add(48 * time.Hour)}, window())
	for range 4 {
		b.succeeds(as(b.mp, customSend), text(u.OpenID(b.mp), "x"))
	}
	require.Equal(t, 1, window().Left)
	b.wx.Advance(time.Minute)
	u.EnterChat(b.mp, "")
	require.Equal(t, emulator.WindowState{Left: 2, Ends: start.Add(48 * time.Hour)}, window(), "two, not three, and no earlier end")
	b.wx.Advance(48 * time.Hour)
	u.EnterChat(b.mp, "")
	require.Equal(t, 2, window().Left, "what was left of the old one is gone")
}

func TestChatOfAMiniProgramCarriesWhereItCameFrom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u := b.wx.User("u")
	u.EnterChat(b.mp, "order 7")
	require.Contains(t, r.last(), "<SessionFrom><![CDATA[order 7]]></SessionFrom>")
	u.EnterChat(b.mp, strings.Repeat("字", 400))
	require.Contains(t, r.last(), "<![CDATA["+strings.Repeat("字", 333)+"]]>", "1000 bytes, and no half character")
	u.SendCard(b.mp, "Mug", "pages/item?id=5")
	for _, want := range []string{"<Title><![CDATA[Mug]]></Title>", "<PagePath><![CDATA[pages/item?id=5]]></PagePath>", "<AppId><![CDATA[" + b.mp.AppID} {
		require.Contains(t, r.last(), want)
	}
	got := u.Inbox()
	require.Len(t, got, 1, "entering shows nothing")
	require.Equal(t, "pages/item?id=5", got[0].MiniProgram.Page)
}

// A choice of a menu comes as a text with the id, from the newest menu that has it.
func TestChoosingFromAMenu(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	u := b.wx.User("u")
	u.Follow(b.oa)
	menu := func(items string) {
		b.succeeds(as(b.oa, customSend), `{"touser":"`+u.OpenID(b.oa)+`","msgtype":"msgmenu","msgmenu":{"head_content":"Happy?","list":[`+items+`],"tail_content":"Thanks"}}`)
	}
	menu(`{"id":"101","content":"Yes"},{"id":"no","content":"No"}`)
	u.Choose(b.oa, "101")
	require.Contains(t, r.last(), "<Content><![CDATA[Yes]]></Content>")
	require.Contains(t, r.last(), "<bizmsgmenuid>101</bizmsgmenuid>", "a number, as in the samples")
	u.Choose(b.oa, "no")
	require.Contains(t, r.last(), "<bizmsgmenuid><![CDATA[no]]></bizmsgmenuid>")
	menu(`{"id":"101","content":"Very"}`)
	u.Choose(b.oa, "101")
	require.Contains(t, r.last(), "<![CDATA[Very]]>")
	shown := u.Inbox()
	require.True(t, shown[len(shown)-1].Own)
	require.Equal(t, "Very", shown[len(shown)-1].Text)
}

func TestBlockedAccountCannotWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	u.Write(b.oa, "Hi")
	u.Block(b.oa, true)
	require.Equal(t, 48002, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "x")).code())
	require.True(t, u.State().Accounts[1].Blocked)
	u.Block(b.oa, false)
	require.Zero(t, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "x")).code())
	require.Equal(t, 4, u.State().Accounts[1].Window.Left, "a refusal costs nothing")
}

func TestChatMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	u := wx.User("u")
	require.Equal(t, "Write: u does not follow Demo Service Account", misuseOf(func() { u.Write(wx.ServiceAccount(), "x") }))
	u.Follow(wx.ServiceAccount())
	require.Contains(t, misuseOf(func() { u.Choose(wx.ServiceAccount(), "7") }), `has no menu with an item "7"`)
	require.Contains(t, misuseOf(func() { u.SendCard(wx.ServiceAccount(), "T", "p") }), "SendCard: Demo Service Account is a service account")
}
