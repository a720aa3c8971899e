package emulator_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// Each case is a person's life with one template, a word for each deed, and how many messages then arrive.
func TestLifeOfAConsent(t *testing.T) {
	t.Parallel()
	for deeds, arrive := range map[string]int{
		"":                                    0,
		"accept":                              1,
		"accept accept accept":                3,
		"accept reject":                       1, // what was accepted stays
		"reject accept":                       1,
		"reject reject":                       0,
		"always":                              1,
		"always accept accept":                3, // each silent accept adds one
		"always reject":                       2, // the choice that was kept counts
		"never accept":                        0,
		"accept never":                        1,
		"accept ban":                          0,
		"accept ban accept":                   0, // no pop-up appears
		"accept ban unban":                    0, // what was accepted is void
		"accept ban unban accept":             1,
		"always ban unban reject":             0, // the choice is forgotten, too
		"accept off":                          0,
		"accept off on":                       1, // counts again
		"off accept on":                       0, // there was no pop-up
		"accept send accept":                  1,
		"accept send send":                    0,
		"accept platformbans":                 0,
		"accept platformbans platformforgive": 1,
	} {
		t.Run(strings.ReplaceAll(deeds, " ", ","), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
			u := b.wx.User("u")
			send := func() bool { return b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code() == 0 }
			for _, deed := range strings.Fields(deeds) {
				live(u, b.mp, tpl, deed, send)
			}
			n := 0
			for send() {
				n++
			}
			require.Equal(t, arrive, n)
		})
	}
}

// live does one deed.
func live(u *emulator.User, mini *emulator.App, tpl, deed string, send func() bool) {
	switch deed {
	case "accept":
		u.Accept(tpl)
	case "reject":
		u.Reject(tpl)
	case "always":
		u.AcceptAlways(tpl)
	case "never":
		u.RejectAlways(tpl)
	case "ban":
		u.Ban(tpl)
	case "unban":
		u.Unban(tpl)
	case "off", "on":
		u.SwitchSubscriptions(mini, deed == "on")
	case "platformbans", "platformforgive":
		mini.BanSubscriptions(deed == "platformbans")
	case "send":
		send()
	}
}

// One acceptance opens a long-term template until it is switched off.
func TestLifeOfALongTermConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	u := b.wx.User("u")
	send := func() int { return b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code() }
	require.Equal(t, 43101, send())
	u.Accept(tpl)
	for range 20 {
		require.Zero(t, send())
	}
	require.Equal(t, 1, u.Grants(tpl))
	u.Reject(tpl)
	require.Zero(t, send(), "a later reject takes nothing back")
	u.Ban(tpl)
	require.Equal(t, 43101, send())
	require.Zero(t, u.Grants(tpl))
}

// What a Mini Program counts from the answers of its pop-ups is what the emulator counts.
func TestGrantsAreWhatWasAnswered(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	counted := 0
	for range 300 {
		switch rng.IntN(4) {
		case 0, 1:
			var accepted []string
			if rng.IntN(2) == 0 {
				accepted = []string{tpl}
			}
			got, err := u.Answer([]string{tpl}, accepted, rng.IntN(20) == 0)
			require.NoError(t, err)
			if got[tpl] == "accept" {
				counted++
			}
		case 2:
			if b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code() == 0 {
				counted--
			}
		case 3:
			if rng.IntN(10) == 0 {
				u.Ban(tpl)
				u.Unban(tpl)
				counted = 0
			}
		}
		require.Equal(t, counted, u.Grants(tpl))
	}
}

func TestConsentMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	one := wx.MiniProgram().AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	foreign := wx.AddMiniProgram(emulator.AppConfig{}).AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	follower := wx.ServiceAccount().AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := wx.User("u")
	require.Equal(t, `Accept or Reject: no template "none"`, misuseOf(func() { u.Accept("none") }))
	require.Contains(t, misuseOf(func() { u.Accept(one, foreign) }), "the templates belong to different accounts")
	require.Contains(t, misuseOf(func() { u.Ban(follower) }), "is for followers and needs no consent")
	require.Contains(t, misuseOf(func() { u.Grants("none") }), `Grants: no template "none"`)
	require.Zero(t, u.Grants(one), "nothing happened")
}
