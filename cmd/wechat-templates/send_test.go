package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/cmd/wechat-templates/internal/minidemo"
	"github.com/wechatkit/wechat/cmd/wechat-templates/internal/noticedemo"
	"github.com/wechatkit/wechat/cmd/wechat-templates/internal/servicedemo"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

func connect(t *testing.T, wx *emulator.Server, app *emulator.App) *wechat.Client {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	return client
}

// What the command wrote sends through the accounts that it was written for.
func TestGeneratedCodeSends(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, oa, ann := wx.MiniProgram(), wx.ServiceAccount(), wx.User("Ann")
	stockMini(mini)
	stockNotices(oa)
	stockService(oa)
	ann.Follow(oa)

	fault := minidemo.HeaterFault{EnumString2: minidemo.HeaterFaultEnumString2厨房, Time1: "09:30"}
	ann.Accept(fault.TemplateID())
	message := fault.Message(ann.OpenID(mini))
	message.Page = "pages/heater"
	_, err := subscribe.New(connect(t, wx, mini)).Send(t.Context(), message)
	require.NoError(t, err)

	shipped := noticedemo.OrderShipped{Thing1: "Blue mug", Time2: "09:30"}
	ann.Accept(shipped.TemplateID())
	_, err = subscribe.New(connect(t, wx, oa)).Notify(t.Context(), shipped.Message(ann.OpenID(oa)))
	require.NoError(t, err)

	due := servicedemo.ContractDue{Thing7: "Fire insurance", Time4: "2026-12-01", Const3: "due"}
	_, err = template.New(connect(t, wx, oa)).Send(t.Context(), due.Message(ann.OpenID(oa)))
	require.NoError(t, err)

	var shown []string
	for _, m := range ann.Inbox() {
		for _, line := range m.Lines {
			shown = append(shown, line.Key+"="+line.Value)
		}
	}
	require.Equal(t, []string{
		"enum_string2=厨房", "time1=09:30", "thing1=Blue mug", "time2=09:30",
		"thing7=Fire insurance", "time4=2026-12-01", "const3=due",
	}, shown)
}

func TestAForgottenFieldIsFoundBeforeSending(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	message := minidemo.ContractDue{Thing1: "Fire insurance"}.Message("oAbc-user-1")
	_, err := subscribe.New(connect(t, wx, wx.MiniProgram())).Send(t.Context(), message)
	require.EqualError(t, err, `subscribe: Data["date2"]: empty`)
	require.Empty(t, wx.Calls())
}
