package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
)

func TestTemplateKeywords(t *testing.T) {
	t.Parallel()
	mixed := &template.Template{Content: "{{first.DATA}}\nItem:{{thing7.DATA}}\n到期时间：{{time4.DATA}}"}
	require.Equal(t, []template.Keyword{
		{Key: "first"},
		{Key: "thing7", Name: "Item", Rule: "up to 20 characters"},
		{Key: "time4", Name: "到期时间", Rule: `24-hour time with a date if wanted, or two joined by "~"`},
	}, mixed.Keywords())
}

func TestTemplatesReadsWhatWeChatReallySends(t *testing.T) {
	t.Parallel()
	mug := []*template.Template{{ID: "T1", Title: "Mug"}}
	cases := map[string]struct {
		body string
		want []*template.Template
	}{
		"none":            {`{"template_list":[]}`, []*template.Template{}},
		"no list":         {`{"errcode":0}`, []*template.Template{}},
		"with errcode":    {`{"errcode":0,"errmsg":"ok","template_list":[{"template_id":"T1","title":"Mug"}]}`, mug},
		"one object":      {`{"template_list":{"template_id":"T1","title":"Mug","deputy_industry":null}}`, mug},
		"a hole":          {"\xef\xbb\xbf{\"template_list\":[null,{\"template_id\":\"T1\",\"title\":\"Mug\"}]}", mug},
		"a number for id": {`{"template_list":[{"template_id":7}]}`, []*template.Template{{ID: "7"}}},
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
	for want, n := range map[string]*template.NewTemplate{
		"template: NewTemplate: nil": nil,
		"template: LibraryID: empty": {Keywords: []string{"Time"}},
		"template: Keywords: empty, a template of the category library needs them": {LibraryID: "45210"},
	} {
		_, err := c.AddTemplate(t.Context(), n)
		requireFieldError(t, want, err)
	}
	requireFieldError(t, "template: ID: empty", c.DeleteTemplate(t.Context(), ""))
	requireFieldError(t, "template: primary: not an industry", c.SetIndustry(t.Context(), 0, template.IndustryInsurance))
	requireFieldError(t, "template: secondary: not an industry", c.SetIndustry(t.Context(), template.IndustryInsurance, -1))
}

func TestAddTemplateOfTheOldLibraryNeedsNoKeywords(t *testing.T) {
	t.Parallel()
	answer, asked := answers(`{"errcode":40247,"errmsg":"need a category template"}`)
	_, err := setup(t, answer).AddTemplate(t.Context(), &template.NewTemplate{LibraryID: "TM00015"})
	require.ErrorIs(t, err, errcode.IndustryLibraryClosed)
	require.Equal(t, 1, asked())
}

func TestTemplateCallsAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	client := onEmulator(t, wx)
	id, err := client.AddTemplate(t.Context(), &template.NewTemplate{LibraryID: "513", Keywords: []string{"Ends", "Contract"}})
	require.NoError(t, err)
	list, err := client.Templates(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, id, list[0].ID)
	require.Equal(t, "Ends", list[0].Keywords()[0].Name)
	_, err = client.AddTemplate(t.Context(), &template.NewTemplate{LibraryID: "513", Keywords: []string{"Nothing"}})
	require.ErrorIs(t, err, errcode.InvalidKeywordNames)
	require.NoError(t, client.DeleteTemplate(t.Context(), id))
	require.ErrorIs(t, client.DeleteTemplate(t.Context(), id), errcode.InvalidTemplateID)

	require.NoError(t, client.SetIndustry(t.Context(), template.IndustryExpress, template.IndustryOther))
	require.ErrorIs(t, client.SetIndustry(t.Context(), template.IndustryExpress, template.IndustryOther), errcode.IndustryChangedTooOften)
	set, err := client.Industries(t.Context())
	require.NoError(t, err)
	require.Equal(t, &template.Industries{
		Primary:   template.IndustryName{Class: "Transport", Subclass: "Express"},
		Secondary: template.IndustryName{Class: "Other", Subclass: "Other"},
	}, set)
}

// The Mini Program's token is good for nothing here.
func TestTemplateCallsWithTheWrongKindOfAccount(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := wx.MiniProgram()
	core, err := wechat.New(wechat.Config{AppID: mini.AppID, AppSecret: wechat.Secret(mini.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	_, err = template.New(core).Templates(t.Context())
	require.ErrorIs(t, err, errcode.APIUnauthorized)
}
