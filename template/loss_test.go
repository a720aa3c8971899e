package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/template"
)

func TestLosses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		data template.Data
		want []string
	}{
		"nothing": {template.Data{"thing1": "Blue mug", "keyword1": strings.Repeat("火", 20), "first": ""}, nil},
		"head and tail": {
			template.Data{"remark": "bye", "first": "hello", "keyword1": "x"},
			[]string{"first: head line, WeChat drops it", "remark: tail, WeChat drops it"},
		},
		"emoji anywhere": {template.Data{"thing1": "mug ☕", "keyword1": "😀"}, []string{
			"keyword1: emoji, WeChat drops them", "thing1: emoji, WeChat drops them",
		}},
		"line break": {template.Data{"keyword1": "a\nb"}, []string{"keyword1: line break, WeChat drops it"}},
		"long lines": {template.Data{"keyword2": strings.Repeat("火", 21)}, []string{"keyword2: 21 characters, WeChat shows 20"}},
		"long values with a rule are refused instead": {template.Data{"thing1": strings.Repeat("火", 21)}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, loss := range template.Losses(c.data) {
				got = append(got, loss.String())
			}
			require.Equal(t, c.want, got)
		})
	}
}

// What Losses foretells and what the emulator's phone shows are two readings of the same notice.
func TestLossesForetellsWhatThePhoneShows(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)))
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	client := onEmulator(t, wx)
	for _, data := range []template.Data{
		{"first": "hello", "keyword1": "fine", "remark": "bye"},
		{"keyword1": strings.Repeat("x", 21), "keyword2": "mug ☕"},
		{"keyword1": "a\nb", "thing2": "fine"},
	} {
		var keys []string
		for key := range data {
			keys = append(keys, key)
		}
		id := oa.AddTemplate(emulator.Template{Keywords: keys})
		_, err := client.Send(t.Context(), &template.Message{ToUser: ann.OpenID(oa), TemplateID: id, Data: data})
		require.NoError(t, err)
		inbox := ann.Inbox()
		shown := map[string]string{}
		for _, line := range inbox[len(inbox)-1].Lines {
			shown[line.Key] = line.Value
		}
		lost := map[string]bool{}
		for _, loss := range template.Losses(data) {
			lost[loss.Key] = true
		}
		for key, value := range data {
			require.Equal(t, lost[key], shown[key] != value, "%s: %q is shown as %q", key, value, shown[key])
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	in := template.Data{"thing1": "The blue mug with the long name", "const2": strings.Repeat("c", 21), "first": "hello\n"}
	require.Equal(t, template.Data{
		"thing1": "The blue mug with...", "const2": strings.Repeat("c", 21), "first": "hello\n",
	}, template.Fit(in))
	require.Equal(t, "The blue mug with the long name", in["thing1"], "the argument stays")
}
