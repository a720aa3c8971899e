package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// A card has a line for each line of the content that has a keyword, under the label before it.
func TestLinesOfACard(t *testing.T) {
	t.Parallel()
	for content, want := range map[string][]emulator.Line{
		"Item:{{thing1.DATA}}\nWhen：{{date2.DATA}}": {{Key: "thing1", Label: "Item", Value: "a"}, {Key: "date2", Label: "When", Value: "2026-12-01"}},
		"{{thing1.DATA}}":                          {{Key: "thing1", Value: "a"}},
		"\n\n  Item : {{thing1.DATA}} \n":          {{Key: "thing1", Label: "Item ", Value: "a"}},
		"A heading\nItem:{{thing1.DATA}}\nThe end": {{Key: "thing1", Label: "Item", Value: "a"}},
		"A:{{thing1.DATA}}\nB:{{thing1.DATA}}":     {{Key: "thing1", Label: "A", Value: "a"}, {Key: "thing1", Label: "B", Value: "a"}},
	} {
		b := setup(t)
		tpl := b.mp.AddTemplate(emulator.Template{Content: content})
		u := b.wx.User("u")
		u.Accept(tpl)
		b.succeeds(as(b.mp, subscribeSend), fmt.Sprintf(
			`{"touser":%q,"template_id":%q,"data":{"thing1":{"value":"a"},"date2":{"value":"2026-12-01"},"more":{"value":"ignored"}}}`, u.OpenID(b.mp), tpl))
		require.Equal(t, want, u.Inbox()[0].Lines, content)
	}
}

// The first keyword that breaks its rule is named, in the order of the template, and nothing is used up.
func TestOffendingKeywordIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1", "number2", "date3"}})
	u := b.wx.User("u")
	u.Accept(tpl)
	send := func(thing, number, date string) answer {
		return b.post(as(b.mp, subscribeSend), fmt.Sprintf(
			`{"touser":%q,"template_id":%q,"data":{"thing1":{"value":%q},"number2":{"value":%q},"date3":{"value":%q}}}`,
			u.OpenID(b.mp), tpl, thing, number, date))
	}
	for _, c := range []struct{ thing, number, date, want string }{
		{strings.Repeat("字", 21), "x", "x", "data.thing1.value invalid"},
		{"", "x", "x", "data.thing1.value is empty"},
		{"a", "x", "x", "data.number2.value invalid"},
		{"a", "1", "tomorrow", "data.date3.value invalid"},
		{"a", "1", " ", "data.date3.value is empty"},
	} {
		got := send(c.thing, c.number, c.date)
		require.Equal(t, 47003, got.code())
		require.Contains(t, got.text("errmsg"), c.want)
		require.Equal(t, 1, u.Grants(tpl))
	}
	require.Zero(t, send("a", "1", "2026-12-01").code())
	require.Zero(t, u.Grants(tpl))
}

// A program may send a number where a text is meant; what is neither is empty.
func TestValuesThatAreNoTexts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"number1"}, Type: emulator.LongTerm})
	u := b.wx.User("u")
	u.Accept(tpl)
	for value, code := range map[string]int{"7": 0, "7.50": 0, `"7"`: 0, "true": 47003, "null": 47003, "[]": 47003, `{"a":1}`: 47003} {
		got := b.post(as(b.mp, subscribeSend), fmt.Sprintf(`{"touser":%q,"template_id":%q,"data":{"number1":{"value":%s}}}`, u.OpenID(b.mp), tpl, value))
		require.Equal(t, code, got.code(), value)
	}
	var shown []string
	for _, m := range u.Inbox() {
		shown = append(shown, m.Lines[0].Value)
	}
	require.ElementsMatch(t, []string{"7", "7.50", "7"}, shown, "as it was written")
}

// A limit counts for each person and value apart, by the code that its template names.
func TestLimitsAreApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{
		Keywords: []string{"character_string1"}, Type: emulator.LongTerm,
		Limit: &emulator.RateLimit{Key: "character_string1", Every: 30 * 24 * time.Hour, Code: errcode.TooManyToUser},
	})
	ann, bob := b.wx.User("ann"), b.wx.User("bob")
	ann.Accept(tpl)
	bob.Accept(tpl)
	send := func(u *emulator.User, policy string) int {
		return b.post(as(b.mp, subscribeSend), fmt.Sprintf(
			`{"touser":%q,"template_id":%q,"data":{"character_string1":{"value":%q}}}`, u.OpenID(b.mp), tpl, policy)).code()
	}
	require.Equal(t, []int{0, 0, 0}, []int{send(ann, "P1"), send(ann, "P2"), send(bob, "P1")})
	require.Equal(t, []int{43117, 43117}, []int{send(ann, "P1"), send(bob, "P1")})
	b.wx.Advance(30*24*time.Hour - 1)
	require.Equal(t, 43117, send(ann, "P2"))
	b.wx.Advance(1)
	require.Zero(t, send(ann, "P2"))
	require.Equal(t, 43117, send(ann, "P2"), "counted from the last one")
}

// Templates are of one account, and of one kind of send.
func TestTemplatesAreOfOneAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	foreign := other.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	cards := b.mp.AddTemplate(emulator.Template{Card: 2001})
	u := b.wx.User("u")
	u.Accept(foreign)
	for _, id := range []string{foreign, cards, "none", ""} {
		require.Equal(t, 40037, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), id, "x")).code())
	}
	require.Equal(t, 40003, b.post(as(b.mp, subscribeSend), sub(u.OpenID(other), foreign, "x")).code(), "the person of another account")
	require.Zero(t, b.post(as(other, subscribeSend), sub(u.OpenID(other), foreign, "x")).code())
	ids := b.get(as(b.mp, "/wxaapi/newtmpl/gettemplate"))["data"].([]any)
	require.Len(t, ids, 1)
}

func TestTemplateMisuse(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(wx *emulator.Server){
		"only a service account has templates for followers": func(wx *emulator.Server) {
			wx.MiniProgram().AddTemplate(emulator.Template{Type: emulator.Followers})
		},
		`there is a template "T" already`: func(wx *emulator.Server) {
			wx.MiniProgram().AddTemplate(emulator.Template{ID: "T"})
			wx.ServiceAccount().AddTemplate(emulator.Template{ID: "T"})
		},
		"cannot have service cards of kind 7": func(wx *emulator.Server) { wx.MiniProgram().AddTemplate(emulator.Template{Card: 7}) },
		`BanTemplate: no template "T"`:        func(wx *emulator.Server) { wx.MiniProgram().BanTemplate("T") },
	} {
		require.Contains(t, misuseIn(t, do), want)
	}
}
