package subscribe_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

var fine = subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"}

func TestSendChecksFirst(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		msg  *subscribe.Message
		want string
	}{
		"nil":         {nil, "subscribe: Message: nil"},
		"no user":     {&subscribe.Message{TemplateID: "T", Data: fine}, "subscribe: ToUser: empty"},
		"no template": {&subscribe.Message{ToUser: "o", Data: fine}, "subscribe: TemplateID: empty"},
		"no data":     {&subscribe.Message{ToUser: "o", TemplateID: "T"}, "subscribe: Data: empty"},
		"too long": {
			&subscribe.Message{ToUser: "o", TemplateID: "T", Data: subscribe.Data{"thing1": strings.Repeat("火", 23)}},
			`subscribe: Data["thing1"]: 23 characters, limit 20`,
		},
		"several, the first by name": {
			&subscribe.Message{ToUser: "o", TemplateID: "T", Data: subscribe.Data{"time3": "soon", "date2": "", "thing1": "x"}},
			`subscribe: Data["date2"]: empty`,
		},
		"key as the content has it": {
			&subscribe.Message{ToUser: "o", TemplateID: "T", Data: subscribe.Data{"thing1.DATA": "x"}},
			`subscribe: Data["thing1.DATA"]: key ends in ".DATA", leave that out`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup(t, nil).Send(t.Context(), c.msg)
			requireFieldError(t, c.want, err)
		})
	}
}

func TestSendWithoutChecksLeavesTheVerdictToWeChat(t *testing.T) {
	t.Parallel()
	answer, asked := answers(`{"errcode":47003,"errmsg":"argument invalid! data.thing1.value invalid rid: 1-2-3"}`)
	_, err := setup(t, answer, wechat.WithoutChecks()).Send(t.Context(), &subscribe.Message{Data: subscribe.Data{"thing1": "\n"}})
	require.ErrorIs(t, err, errcode.InvalidTemplateData)
	var refused *errcode.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "thing1", refused.Field)
	require.Equal(t, 1, asked())
}

func TestSendReadsAnswersWithoutID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"errcode":0,"errmsg":"ok"}`, `{"msgid":0}`, "\xef\xbb\xbf{\"errcode\":\"0\"}"} {
		answer, _ := answers(body)
		id, err := setup(t, answer).Send(t.Context(), &subscribe.Message{ToUser: "o", TemplateID: "T", Data: fine})
		require.NoError(t, err, body)
		require.Zero(t, id, body)
	}
}

// Each of the sends costs the user a permission, so none may be repeated on a guess.
func TestSendsAreNotRepeatedWhenTheyMayHaveArrived(t *testing.T) {
	t.Parallel()
	sends := map[string]func(context.Context, *subscribe.Client) error{
		"Send": func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.Send(ctx, &subscribe.Message{ToUser: "o", TemplateID: "T", Data: fine})
			return err
		},
		"Notify": func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.Notify(ctx, &subscribe.Notification{ToUser: "o", TemplateID: "T", Data: fine})
			return err
		},
		"SendOneTime": func(ctx context.Context, c *subscribe.Client) error {
			return c.SendOneTime(ctx, &subscribe.OneTimeMessage{ToUser: "o", TemplateID: "T", Title: "t", Content: "c"})
		},
		"AddTemplate": func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.AddTemplate(ctx, &subscribe.NewTemplate{TitleID: "1", KeywordIDs: []int{1, 2}})
			return err
		},
	}
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			err := send(t.Context(), setup(t, func(r *http.Request) (*http.Response, error) {
				asked++
				return lost(r)
			}))
			require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
			require.Equal(t, 1, asked)
		})
	}
}

func TestSendAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := wx.MiniProgram()
	template := mini.AddTemplate(emulator.Template{Title: "Contract", Keywords: []string{"thing1", "date2"}})
	core, err := wechat.New(wechat.Config{AppID: mini.AppID, AppSecret: wechat.Secret(mini.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	client := subscribe.New(core)
	ann := wx.User("Ann")
	msg := &subscribe.Message{ToUser: ann.OpenID(mini), TemplateID: template, Page: "pages/contract?id=7", Data: fine}

	_, err = client.Send(t.Context(), msg)
	require.ErrorIs(t, err, errcode.UserRefused)
	require.ErrorIs(t, err, errcode.UserUnreachable)

	ann.Accept(template)
	id, err := client.Send(t.Context(), msg)
	require.NoError(t, err)
	got := ann.Inbox()
	require.Len(t, got, 1)
	require.Equal(t, id, got[0].MsgID)
	require.Equal(t, "Fire insurance", got[0].Lines[0].Value)
	require.Equal(t, "pages/contract?id=7", got[0].MiniProgram.Page)
}

// The emulator has its own reading of the rules: what passes here must pass there, and what is refused here
// must be refused there, or one of the two has it wrong.
func TestChecksAgreeWithTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := wx.MiniProgram()
	core, err := wechat.New(wechat.Config{AppID: mini.AppID, AppSecret: wechat.Secret(mini.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()), wechat.WithoutChecks())
	require.NoError(t, err)
	client, ann := subscribe.New(core), wx.User("Ann")
	for _, c := range []struct {
		key          string
		fine, broken []string
	}{
		{"thing1", []string{"Blue mug 蓝杯", strings.Repeat("蓝", 20)}, []string{strings.Repeat("蓝", 21), "a\nb", " "}},
		{"short_thing1", []string{"五个字可以"}, []string{"六个字不可以"}},
		{"number1", []string{"12.5", "0"}, []string{"-1", "1,000", "twelve"}},
		{"letter1", []string{"ABCd"}, []string{"ab1", strings.Repeat("a", 33)}},
		{"symbol1", []string{"***", "，"}, []string{"a*", "******"}},
		{"character_string1", []string{"NO-2026/11-7"}, []string{"编号7", strings.Repeat("7", 33)}},
		{"time1", []string{"09:30", "2026年11月20日 09:30", "2026-11-29 10:00:00~12:00:00"}, []string{"09:30～10:00", "noon", "25:00"}},
		{"date1", []string{"2026年11月20日", "2026-11-20 09:30", "2026-11", "11.20", "2026-11-20~2026-11-30", "2026-11-20 ~ 2026-11-30"}, []string{"tomorrow", "2026", "2026-11-20T09:30", "2026-11-20-"}},
		{"amount1", []string{"¥100", "$9.90", "12.5元"}, []string{"¥1,000", "12345678901", "free"}},
		{"phone_number1", []string{"+86-0571-88001234"}, []string{"+86-0571-880012345", "电话"}},
		{"car_number1", []string{"浙B1X234挂"}, []string{"浙B1X2345挂", "A-1"}},
		{"name1", []string{"Li Lei", "李雷"}, []string{strings.Repeat("李", 11), strings.Repeat("l", 21), "user25", "李雷1"}},
		{"phrase1", []string{"已发货"}, []string{"ok", "已经发货了吗"}},
	} {
		template := mini.AddTemplate(emulator.Template{Keywords: []string{c.key}})
		send := func(value string) error {
			ann.Accept(template)
			_, err := client.Send(t.Context(), &subscribe.Message{
				ToUser: ann.OpenID(mini), TemplateID: template, Data: subscribe.Data{c.key: value},
			})
			return err
		}
		for _, value := range c.fine {
			require.NoError(t, subscribe.TypeOf(c.key).Check(value), "%s %q", c.key, value)
			require.NoError(t, send(value), "%s %q", c.key, value)
		}
		for _, value := range c.broken {
			require.Error(t, subscribe.TypeOf(c.key).Check(value), "%s %q", c.key, value)
			require.ErrorIs(t, send(value), errcode.InvalidTemplateData, "%s %q", c.key, value)
		}
	}
}

func TestNotifyChecksFirst(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]*subscribe.Notification{
		"subscribe: Notification: nil":                                           nil,
		"subscribe: ToUser: empty":                                               {TemplateID: "T", Data: fine},
		"subscribe: TemplateID: empty":                                           {ToUser: "o", Data: fine},
		"subscribe: Data: empty":                                                 {ToUser: "o", TemplateID: "T"},
		`subscribe: Data["phrase1"]: character 1 is not Chinese`:                 {ToUser: "o", TemplateID: "T", Data: subscribe.Data{"phrase1": "ok"}},
		`subscribe: Data["thing1"]: character 2 is the control character U+000A`: {ToUser: "o", TemplateID: "T", Data: subscribe.Data{"thing1": "a\nb"}},
	} {
		_, err := setup(t, nil).Notify(t.Context(), n)
		requireFieldError(t, want, err)
	}
}

func TestNotifySendsNoEmptyFields(t *testing.T) {
	t.Parallel()
	var body []byte
	client := setup(t, func(r *http.Request) (*http.Response, error) {
		body, _ = io.ReadAll(r.Body)
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"msgid":"7"}`), nil
	})
	id, err := client.Notify(t.Context(), &subscribe.Notification{
		ToUser: "o", TemplateID: "T", MiniProgram: &subscribe.MiniProgram{}, Data: subscribe.Data{"thing1": "x"},
	})
	require.NoError(t, err)
	require.Equal(t, int64(7), id)
	require.JSONEq(t, `{"touser":"o","template_id":"T","data":{"thing1":{"value":"x"}}}`, string(body))
}

// WeChat has other words for a version in messages than in links.
func TestVersionsInWeChatsWords(t *testing.T) {
	t.Parallel()
	for version, want := range map[wechat.MiniProgramVersion]string{
		wechat.VersionRelease: "formal", wechat.VersionTrial: "trial", wechat.VersionDevelop: "developer", "later": "later",
	} {
		var body string
		c := setup(t, func(r *http.Request) (*http.Response, error) {
			data, err := io.ReadAll(r.Body)
			body = string(data)
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"msgid":1}`), err
		})
		_, err := c.Send(t.Context(), &subscribe.Message{
			ToUser: "o1", TemplateID: "T1", Data: subscribe.Data{"thing1": "a"}, Version: version,
		})
		require.NoError(t, err)
		require.Contains(t, body, `"miniprogram_state":"`+want+`"`)
	}
}
