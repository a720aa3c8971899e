package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestPopup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	one := b.mp.AddTemplate(emulator.Template{ID: "one", Title: "One", Keywords: []string{"thing1"}})
	two := b.mp.AddTemplate(emulator.Template{ID: "two", Title: "Two", Keywords: []string{"thing1"}})
	p, err := u.Popup(one, two)
	require.NoError(t, err)
	require.Equal(t, emulator.Popup{App: b.mp, Shown: []string{one, two}, Settled: map[string]string{}}, p)

	got, err := u.Answer([]string{one, two}, []string{two}, true)
	require.NoError(t, err)
	require.Equal(t, map[string]string{one: "reject", two: "accept"}, got)
	require.Equal(t, 1, u.Grants(two))
	require.Zero(t, u.Grants(one))

	p, err = u.Popup(one, two)
	require.NoError(t, err)
	require.Empty(t, p.Shown, "both choices are kept")
	got, err = u.Answer([]string{one, two}, []string{one}, false)
	require.NoError(t, err)
	require.Equal(t, p.Settled, got)
	require.Equal(t, 2, u.Grants(two), "a silent accept")
}

func TestPopupSettlesWithoutTheUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	b.mp.AddTemplate(emulator.Template{ID: "off", Keywords: []string{"thing1"}})
	b.mp.AddTemplate(emulator.Template{ID: "banned", Keywords: []string{"thing1"}})
	b.mp.AddTemplate(emulator.Template{ID: "a", Title: "Same", Keywords: []string{"thing1"}})
	b.mp.AddTemplate(emulator.Template{ID: "b", Title: "Same", Keywords: []string{"thing1"}})
	u.Ban("off")
	b.mp.BanTemplate("banned")
	p, err := u.Popup("off", "banned")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"off": "reject", "banned": "ban"}, p.Settled)
	got, err := u.Answer([]string{"a", "b", "a"}, []string{"a", "b"}, false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "accept", "b": "filter"}, got)
	require.Equal(t, 1, u.Grants("a"), "the same template twice is asked once")
	require.Zero(t, u.Grants("b"))
}

// TestPopupPushesOneEvent has both answers in one push, as WeChat sends them.
func TestPopupPushesOneEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mp.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/", Mode: emulator.Plaintext, Format: emulator.JSON})
	one := b.mp.AddTemplate(emulator.Template{ID: "one", Title: "One", Keywords: []string{"thing1"}})
	two := b.mp.AddTemplate(emulator.Template{ID: "two", Title: "Two", Keywords: []string{"thing1"}})
	_, err := b.wx.User("u").Answer([]string{one, two}, []string{one}, false)
	require.NoError(t, err)
	pushes := b.wx.Pushes("subscribe_msg_popup_event")
	require.Len(t, pushes, 1)
	require.Contains(t, pushes[0].Plain, `"List":[{"TemplateId":"one","SubscribeStatusString":"accept","PopupScene":"0"},{"TemplateId":"two","SubscribeStatusString":"reject"`)
}

// TestPopupOfFive asks for as many templates as one pop-up may show.
func TestPopupOfFive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	var five []string
	for _, id := range []string{"A", "B", "C", "D", "E", "F"} {
		five = append(five, b.mp.AddTemplate(emulator.Template{ID: id, Title: id, Keywords: []string{"thing1"}}))
	}
	six, five := five, five[:5]
	p, err := u.Popup(five...)
	require.NoError(t, err)
	require.Equal(t, five, p.Shown)
	got, err := u.Answer(five, five[1:], false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"A": "reject", "B": "accept", "C": "accept", "D": "accept", "E": "accept"}, got)
	require.Equal(t, 1, u.Grants("E"))
	var refused *emulator.PopupError
	_, err = u.Answer(six, six, false)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 20003, refused.Code)
	require.Equal(t, 1, u.Grants("E"), "nothing of it was answered")
}

func TestPopupFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	one := b.mp.AddTemplate(emulator.Template{ID: "one", Keywords: []string{"thing1"}})
	long := b.mp.AddTemplate(emulator.Template{ID: "long", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	card := b.oa.AddTemplate(emulator.Template{ID: "card", Keywords: []string{"thing1"}})
	other := b.wx.AddMiniProgram(emulator.AppConfig{}).AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	cases := map[string]struct {
		ids  []string
		code int
	}{
		"None":         {nil, 10001},
		"Unknown":      {[]string{"x"}, 20001},
		"ForFollowers": {[]string{card}, 20001},
		"OtherAccount": {[]string{one, other}, 20001},
		"Mixed":        {[]string{one, long}, 20002},
		"TooMany":      {[]string{one, one, one, one, one, one}, 20003},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused *emulator.PopupError
			_, err := u.Popup(c.ids...)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.code, refused.Code)
			_, err = u.Answer(c.ids, c.ids, false)
			require.ErrorAs(t, err, &refused)
			require.Contains(t, err.Error(), refused.Message)
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "service account", emulator.ServiceAccount.String())
	require.Equal(t, "unknown kind", emulator.Kind(99).String())
	require.Equal(t, "long-term", emulator.LongTerm.String())
	kind, err := emulator.ParseTemplateType("followers")
	require.NoError(t, err)
	require.Equal(t, emulator.Followers, kind)
	_, err = emulator.ParseTemplateType("weekly")
	require.EqualError(t, err, `unknown template type "weekly", want one-time, long-term, followers`)
	for _, v := range []interface {
		MarshalText() ([]byte, error)
		String() string
	}{emulator.Website, emulator.Compatible, emulator.JSON} {
		text, err := v.MarshalText()
		require.NoError(t, err)
		require.Equal(t, v.String(), string(text))
	}
	var mode emulator.Mode
	require.NoError(t, mode.UnmarshalText([]byte("plaintext")))
	require.Equal(t, emulator.Plaintext, mode)
	require.NoError(t, mode.UnmarshalText(nil))
	require.Zero(t, mode)
	var format emulator.Format
	require.Error(t, format.UnmarshalText([]byte("yaml")))
}
