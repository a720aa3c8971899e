package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const bizSend = "/cgi-bin/message/subscribe/bizsend"

var acceptances = []emulator.Acceptance{
	emulator.Accepted, emulator.AcceptedWithAudio, emulator.AcceptedWithAlert, emulator.AcceptedWithForcePush,
}

// TestAcceptances has each word in the result of the pop-up, and among the kept choices; WeChat's event says accept.
func TestAcceptances(t *testing.T) {
	t.Parallel()
	for _, word := range acceptances {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			long := b.mp.AddTemplate(emulator.Template{ID: "L", Title: "Long", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
			again := b.mp.AddTemplate(emulator.Template{ID: "M", Title: "More", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
			once := b.mp.AddTemplate(emulator.Template{ID: "O", Title: "Once", Keywords: []string{"thing1"}})
			u := b.wx.User("u")
			r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})

			got, err := u.AnswerAs(word, []string{long, again}, []string{long}, true)
			require.NoError(t, err)
			require.Equal(t, map[string]string{long: string(word), again: "reject"}, got)
			require.Contains(t, r.last(), `{"TemplateId":"L","SubscribeStatusString":"accept","PopupScene":"0"}`)
			require.Equal(t, 1, u.Grants(long))
			require.Zero(t, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), long, "x")).code())

			p, err := u.Popup(long)
			require.NoError(t, err)
			require.Empty(t, p.Shown)
			require.Equal(t, map[string]string{long: string(word)}, p.Settled, "kept in this form")
			got, err = u.Answer([]string{long}, nil, false)
			require.NoError(t, err)
			require.Equal(t, map[string]string{long: string(word)}, got)
			require.Equal(t, string(word), u.State().Accounts[0].Consents[0].Kept)
			kept := load(t, save(t, b.wx)).User("u").State().Accounts[0].Consents[0]
			require.Equal(t, u.State().Accounts[0].Consents[0], kept)

			u.AcceptAs(word, once)
			u.AcceptAlwaysAs(word, once)
			u.Accept(once)
			require.Equal(t, 3, u.Grants(once))
			u.AcceptAs(word, long)
			require.Equal(t, 1, u.Grants(long))
		})
	}
}

// TestMainSwitch turns all subscription messages of an account off on one phone, and on again.
func TestMainSwitch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{ID: "T", Keywords: []string{"thing1"}})
	notice := b.oa.AddTemplate(emulator.Template{ID: "N", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	u, other := b.wx.User("u"), b.wx.User("other")
	u.Accept(tpl)
	u.Accept(notice)
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u.SwitchSubscriptions(b.mp, false)
	u.SwitchSubscriptions(b.oa, false)
	require.True(t, u.State().Accounts[0].SubscriptionsOff)
	require.Zero(t, r.count(), "nobody knows of an event")
	refusePopup(t, u, 20004, "The main switch is switched off", tpl)
	refusePopup(t, u, 20004, "", notice)
	u.Accept(tpl)
	u.AcceptAlways(tpl)
	u.Reject(tpl)
	require.Zero(t, r.count(), "no pop-up, no event")
	require.Equal(t, 1, u.Grants(tpl), "no pop-up, no grant")
	require.Equal(t, 43101, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code())
	require.Equal(t, 43101, b.post(as(b.oa, bizSend), sub(u.OpenID(b.oa), notice, "x")).code())
	_, err := other.Popup(tpl)
	require.NoError(t, err, "the switch is one phone's")

	wx := load(t, save(t, b.wx))
	require.True(t, wx.User("u").State().Accounts[0].SubscriptionsOff)
	require.False(t, wx.User("other").State().Accounts[0].SubscriptionsOff)

	u.SwitchSubscriptions(b.mp, true)
	require.Zero(t, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code(), "what was accepted before counts")
	require.Empty(t, u.State().Accounts[0].Consents[0].Kept)
}

// TestBannedFromSubscriptions is the platform's ban of a whole account.
func TestBannedFromSubscriptions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{ID: "T", Keywords: []string{"thing1"}})
	notice := b.oa.AddTemplate(emulator.Template{ID: "N", Keywords: []string{"thing1"}, Type: emulator.OneTime})
	card := b.oa.AddTemplate(emulator.Template{ID: "C", Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	u.Follow(b.oa)
	u.Accept(tpl)
	u.Accept(notice)
	b.mp.BanSubscriptions(true)
	b.oa.BanSubscriptions(true)
	require.True(t, b.mp.State().SubscriptionsBanned)
	refusePopup(t, u, 20005, "This mini program was banned from subscribing messages", tpl)
	u.SwitchSubscriptions(b.mp, false)
	refusePopup(t, u, 20005, "", tpl)
	u.SwitchSubscriptions(b.mp, true)
	u.Accept(tpl)
	require.Equal(t, 1, u.Grants(tpl))
	require.Equal(t, 43107, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code())
	require.Equal(t, 43107, b.post(as(b.oa, bizSend), sub(u.OpenID(b.oa), notice, "x")).code())
	require.Zero(t, b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), card, "", `{"thing1":{"value":"x"}}`)).code(), "another kind of message")
	require.True(t, load(t, save(t, b.wx)).MiniProgram().State().SubscriptionsBanned)
	b.mp.BanSubscriptions(false)
	require.Zero(t, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code())
}

func TestDeviceTemplate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	device := b.mp.AddTemplate(emulator.Template{ID: "D", Title: "Leak", Keywords: []string{"thing1"}, Device: true, Type: emulator.LongTerm})
	u := b.wx.User("u")
	refusePopup(t, u, 20013, "Reject DeviceMsg Template", device)
	u.Accept(device)
	require.Zero(t, u.Grants(device))
	require.Equal(t, 43101, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), device, "x")).code())
	require.True(t, b.mp.State().Templates[0].Device)
	require.True(t, load(t, save(t, b.wx)).MiniProgram().State().Templates[0].Device)
}

// A state that was saved before there were these settings has none of them.
func TestStateWithoutTheSwitches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mp.AddTemplate(emulator.Template{ID: "T", Keywords: []string{"thing1"}})
	b.wx.User("u").AcceptAlways("T")
	state := string(save(t, b.wx))
	for _, name := range []string{"subscriptionsOff", "subscriptionsBanned", "device"} {
		require.NotContains(t, state, name)
	}
	wx := load(t, []byte(state))
	require.Equal(t, "accept", wx.User("u").State().Accounts[0].Consents[0].Kept)
	require.False(t, wx.User("u").State().Accounts[0].SubscriptionsOff)
	require.False(t, wx.MiniProgram().State().SubscriptionsBanned)
}

func refusePopup(t *testing.T, u *emulator.User, code int, message string, templateIDs ...string) {
	t.Helper()
	var refused *emulator.PopupError
	_, err := u.Popup(templateIDs...)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code)
	require.True(t, strings.HasPrefix(refused.Message, message), refused.Message)
	_, err = u.AnswerAs(emulator.AcceptedWithAlert, templateIDs, templateIDs, true)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code)
}

func TestAcceptanceWords(t *testing.T) {
	t.Parallel()
	var as emulator.Acceptance
	for _, want := range acceptances {
		require.NoError(t, as.UnmarshalText([]byte(want)))
		require.Equal(t, want, as)
	}
	require.NoError(t, as.UnmarshalText(nil))
	require.Equal(t, emulator.Accepted, as)
	require.EqualError(t, as.UnmarshalText([]byte("reject")),
		`unknown acceptance "reject", want accept, acceptWithAudio, acceptWithAlert, acceptWithForcePush`)
}
