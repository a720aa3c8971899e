package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// policy is the body of a message about one insurance policy.
func policy(openID, template, number string) string {
	return fmt.Sprintf(`{"touser":%q,"template_id":%q,"data":{"character_string1":{"value":%q},"thing2":{"value":"x"}}}`, openID, template, number)
}

// TestLimitedTemplate lets one message a month through for each policy. A refusal is not the end of the consent.
func TestLimitedTemplate(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{
		ID: "L", Keywords: []string{"character_string1", "thing2"}, Type: emulator.LongTerm,
		Limit: &emulator.RateLimit{Key: "character_string1", Every: month},
	})
	u, v := b.wx.User("u"), b.wx.User("v")
	send := func(wx *bundle, to *emulator.User, number string) int {
		return wx.post(as(wx.mp, subscribeSend), policy(to.OpenID(wx.mp), tpl, number)).code()
	}
	require.Equal(t, 43101, send(b, u, "P-1"), "nothing accepted yet")
	u.Accept(tpl)
	v.Accept(tpl)
	require.Equal(t, 47003, b.post(as(b.mp, subscribeSend), policy(u.OpenID(b.mp), tpl, "")).code())
	require.Zero(t, send(b, u, "P-1"))
	require.Zero(t, send(b, u, "P-2"), "another value")
	require.Zero(t, send(b, v, "P-1"), "another user")
	require.Equal(t, 43101, send(b, u, "P-1"))
	require.Equal(t, 1, u.Grants(tpl))
	b.wx.Advance(month - time.Second)
	require.Equal(t, 43101, send(b, u, "P-1"), "the refused one did not count")

	again := &bundle{t: t, wx: load(t, save(t, b.wx))}
	again.mp, again.cli = again.wx.MiniProgram(), again.wx.HTTPClient()
	require.Equal(t, 43101, send(again, again.wx.User("u"), "P-2"), "kept in a saved state")
	again.wx.Advance(time.Second)
	require.Zero(t, send(again, again.wx.User("u"), "P-2"))

	b.wx.Advance(time.Second)
	require.Zero(t, send(b, u, "P-1"))
	u.Ban(tpl)
	u.Unban(tpl)
	u.Accept(tpl)
	require.Equal(t, 43101, send(b, u, "P-1"), "a new consent is no way round the limit")
	u.Ban(tpl)
	b.wx.Advance(month)
	require.Equal(t, 43101, send(b, u, "P-1"), "this is the end of it")
	require.Len(t, u.Inbox(), 3)
	require.Equal(t, &emulator.LimitState{Key: "character_string1", Every: "720h0m0s", Code: 43101}, b.mp.State().Templates[0].Limit)
}

func TestLimitedTemplateWithAnotherCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{
		ID: "L", Keywords: []string{"character_string1", "thing2"}, Type: emulator.LongTerm,
		Limit: &emulator.RateLimit{Key: "character_string1", Every: time.Hour, Code: 45011},
	})
	u := b.wx.User("u")
	u.Accept(tpl)
	require.Zero(t, b.post(as(b.oa, bizSend), policy(u.OpenID(b.oa), tpl, "P-1")).code())
	got := b.post(as(b.oa, bizSend), policy(u.OpenID(b.oa), tpl, "P-1"))
	require.Equal(t, 45011, got.code())
	require.Contains(t, got.text("errmsg"), "minute-quota")
}

func TestLimitThatMakesNoSense(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	for name, tpl := range map[string]emulator.Template{
		"OneTime": {Keywords: []string{"thing1"}, Limit: &emulator.RateLimit{Key: "thing1", Every: time.Hour}},
		"Key":     {Keywords: []string{"thing1"}, Type: emulator.LongTerm, Limit: &emulator.RateLimit{Key: "thing2", Every: time.Hour}},
		"Every":   {Keywords: []string{"thing1"}, Type: emulator.LongTerm, Limit: &emulator.RateLimit{Key: "thing1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				_, ok := recover().(*emulator.MisuseError)
				require.True(t, ok)
			}()
			wx.MiniProgram().AddTemplate(tpl)
		})
	}
}
