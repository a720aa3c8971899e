package subscribe_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

var heater = &subscribe.Template{
	ID: "TplId_demo_02", Title: "Heater fault",
	Content: "Room:{{enum_string2.DATA}}\nWhen:{{time1.DATA}}\nNote:{{thing3.DATA}}\n",
	Enums:   map[string][]string{"enum_string2": {"Kitchen", "Study"}},
}

func TestTemplateKeywords(t *testing.T) {
	t.Parallel()
	require.Equal(t, []subscribe.Keyword{
		{Key: "enum_string2", Name: "Room", Type: subscribe.TypeEnumString, Values: []string{"Kitchen", "Study"}},
		{Key: "time1", Name: "When", Type: subscribe.TypeTime},
		{Key: "thing3", Name: "Note", Type: subscribe.TypeThing},
	}, heater.Keywords())
}

func TestTemplateCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, heater.Check(subscribe.Data{"enum_string2": "Study", "time1": "09:30", "thing3": "cold"}))
	for want, data := range map[string]subscribe.Data{
		`subscribe: Data["enum_string2"]: missing, the template has it as "Room"`:               {},
		`subscribe: Data["enum_string2"]: not one of the template's values ["Kitchen" "Study"]`: {"enum_string2": "Hall", "time1": "", "thing3": ""},
		`subscribe: Data["time1"]: empty`:                                                       {"enum_string2": "Study", "time1": "", "thing3": "cold"},
		`subscribe: Data["thing3"]: missing, the template has it as "Note"`:                     {"enum_string2": "Study", "time1": "09:30"},
		`subscribe: Data["thing3"]: 21 characters, limit 20`:                                    {"enum_string2": "Study", "time1": "09:30", "thing3": strings.Repeat("x", 21)},
		`subscribe: Data["note1"]: not a keyword of the template`:                               {"enum_string2": "Study", "time1": "09:30", "thing3": "cold", "note1": "", "thing4": ""},
	} {
		requireFieldError(t, want, heater.Check(data))
	}
}

func TestTemplatesReadsWhatWeChatReallySends(t *testing.T) {
	t.Parallel()
	mug := []*subscribe.Template{{ID: "T1", Title: "Mug", Kind: subscribe.OneTime}}
	cases := map[string]struct {
		body string
		want []*subscribe.Template
	}{
		"none":                 {`{"errcode":0,"data":[]}`, []*subscribe.Template{}},
		"no data":              {`{"errcode":0}`, []*subscribe.Template{}},
		"one object":           {`{"data":{"priTmplId":"T1","title":"Mug","type":2}}`, mug},
		"a hole, a string":     {`{"data":[null,{"priTmplId":"T1","title":"Mug","type":"2"}]}`, mug},
		"mark and unknown":     {"\xef\xbb\xbf{\"data\":[{\"priTmplId\":\"T1\",\"title\":\"Mug\",\"type\":2,\"new\":{}}]}", mug},
		"control in the title": {"{\"data\":[{\"priTmplId\":\"T1\",\"title\":\"M\x01g\",\"type\":2}]}", []*subscribe.Template{{ID: "T1", Title: "M g", Kind: subscribe.OneTime}}},
		"list of values as one object": {
			`{"data":[{"priTmplId":"T1","keywordEnumValueList":{"keywordCode":"enum2","enumValueList":"Study"}}]}`,
			[]*subscribe.Template{{ID: "T1", Enums: map[string][]string{"enum2": {"Study"}}}},
		},
		"list without values": {
			`{"data":[{"priTmplId":"T1","keywordEnumValueList":[null,{"keywordCode":"enum2.DATA"}]}]}`,
			[]*subscribe.Template{{ID: "T1"}},
		},
		"unknown kind": {`{"data":[{"priTmplId":"T1","type":9}]}`, []*subscribe.Template{{ID: "T1", Kind: 9}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, _ := answers(c.body)
			got, err := setup(t, answer).Templates(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestTemplateCallsCheckFirst(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	for want, n := range map[string]*subscribe.NewTemplate{
		"subscribe: NewTemplate: nil":                           nil,
		"subscribe: TitleID: empty":                             {KeywordIDs: []int{1, 2}},
		"subscribe: KeywordIDs: 1 keywords, allowed are 2 to 5": {TitleID: "1", KeywordIDs: []int{1}},
		"subscribe: KeywordIDs: 6 keywords, allowed are 2 to 5": {TitleID: "1", KeywordIDs: []int{1, 2, 3, 4, 5, 6}},
		"subscribe: Scene: 16 characters, limit 15":             {TitleID: "1", Scene: strings.Repeat("火", 16)},
	} {
		_, err := c.AddTemplate(t.Context(), n)
		requireFieldError(t, want, err)
	}
	requireFieldError(t, "subscribe: ID: empty", c.DeleteTemplate(t.Context(), ""))
	_, err := c.TitleKeywords(t.Context(), "")
	requireFieldError(t, "subscribe: TitleID: empty", err)
}

// The library from its categories to a template that is deleted again.
func TestLibraryOnEmulator(t *testing.T) {
	t.Parallel()
	wx, ctx := emulator.New(t), t.Context()
	for _, app := range []*emulator.App{wx.MiniProgram(), wx.ServiceAccount()} {
		core, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
			wechat.WithHTTPClient(wx.HTTPClient()))
		require.NoError(t, err)
		client := subscribe.New(core)
		categories, err := client.Categories(ctx)
		require.NoError(t, err)
		require.NotEmpty(t, categories)
		query := &subscribe.TitleQuery{PageSize: 1}
		for _, c := range categories {
			require.NotEmpty(t, c.Name)
			query.CategoryIDs = append(query.CategoryIDs, c.ID)
		}
		var titles []*subscribe.Title
		for title, err := range client.Titles(ctx, query) {
			require.NoError(t, err)
			require.Contains(t, query.CategoryIDs, title.CategoryID)
			titles = append(titles, title)
		}
		require.Greater(t, len(titles), 1, "more than a page")
		keywords, err := client.TitleKeywords(ctx, titles[0].ID)
		require.NoError(t, err)
		add := &subscribe.NewTemplate{TitleID: titles[0].ID, KeywordIDs: []int{keywords[1].ID, keywords[0].ID}, Scene: "renewal"}
		id, err := client.AddTemplate(ctx, add)
		require.NoError(t, err)
		_, err = client.AddTemplate(ctx, add)
		require.ErrorIs(t, err, errcode.TemplateExists)
		own, err := client.Templates(ctx)
		require.NoError(t, err)
		require.Len(t, own, 1)
		require.Equal(t, id, own[0].ID)
		require.Equal(t, keywords[1].Name, own[0].Keywords()[0].Name, "in the order of the ids")
		require.Equal(t, keywords[1].Type, own[0].Keywords()[0].Type)
		require.NoError(t, client.DeleteTemplate(ctx, id))
		require.ErrorIs(t, client.DeleteTemplate(ctx, id), errcode.InvalidArgument)
		own, err = client.Templates(ctx)
		require.NoError(t, err)
		require.Empty(t, own)
	}
}
