package content_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func onEmulator(t *testing.T, wx *emulator.Server, app *emulator.App, opts ...wechat.Option) *content.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, append(
		[]wechat.Option{wechat.WithHTTPClient(wx.HTTPClient())}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, core.Close()) })
	return content.New(core)
}

func TestTextOnTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann := wx.MiniProgram(), wx.User("ann")
	client := onEmulator(t, wx, mini)
	mini.AddContentRule(emulator.ContentRule{Contains: "<casino> & Ü", Suggest: "risky", Label: 20006})
	text := func(s string) *content.Text {
		return &content.Text{OpenID: ann.OpenID(mini), Scene: content.Forum, Content: s}
	}

	_, err := client.CheckText(t.Context(), text("a"))
	require.ErrorIs(t, err, content.ErrUserAway)
	ann.OpenApp(mini)
	verdict, err := client.CheckText(t.Context(), text(strings.Repeat("好", 2500)))
	require.NoError(t, err)
	require.True(t, verdict.Advice.Passed())
	require.NotEmpty(t, verdict.TraceID)
	verdict, err = client.CheckText(t.Context(), text("in the <casino> & Überall"))
	require.NoError(t, err, "what is risky is no error")
	require.Equal(t, content.Risky, verdict.Advice)
	require.Equal(t, content.Crime, verdict.Label)
	verdict, err = client.CheckText(t.Context(), &content.Text{
		OpenID: ann.OpenID(mini), Scene: content.Profile, Content: "a", Signature: "<casino> & Ü",
	})
	require.NoError(t, err)
	require.Equal(t, content.Risky, verdict.Advice)

	stranger := text("a")
	stranger.OpenID = ann.OpenID(wx.ServiceAccount())
	_, err = client.CheckText(t.Context(), stranger)
	require.ErrorIs(t, err, errcode.AccountNotPermitted)
	require.ErrorIs(t, err, errcode.InvalidArgument)
	_, err = onEmulator(t, wx, wx.ServiceAccount()).CheckText(t.Context(), stranger)
	require.ErrorIs(t, err, errcode.APIUnauthorized)
	unchecked := onEmulator(t, wx, mini, wechat.WithoutChecks())
	_, err = unchecked.CheckText(t.Context(), text(strings.Repeat("好", 2501)))
	require.Error(t, err)
	_, err = unchecked.CheckText(t.Context(), &content.Text{OpenID: ann.OpenID(mini), Content: "a", Scene: 7})
	require.ErrorIs(t, err, errcode.InvalidScene)
}

// TestVerdictFindsItsCall checks files whose events come before the call is known to the handler, too.
func TestVerdictFindsItsCall(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)))
	mini, ann := wx.MiniProgram(), wx.User("ann")
	client, h := onEmulator(t, wx, mini), pushes(wx, mini)
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	mini.AddContentRule(emulator.ContentRule{Contains: "bad", Suggest: "risky", Label: 20002})
	known := map[string]string{}
	got := map[string]callback.Advice{}
	tries := 0
	callback.On(h, func(_ context.Context, e *callback.MediaChecked) (callback.Reply, error) {
		tries++
		name, ok := known[e.TraceID]
		if !ok {
			return nil, errors.New("not yet")
		}
		require.True(t, e.Checked())
		require.Equal(t, mini.AppID, e.CheckedAppID)
		got[name] = e.Result.Suggest
		return nil, nil
	})
	ann.OpenApp(mini)
	for _, name := range []string{"good", "bad", "better"} {
		trace, err := client.CheckMedia(t.Context(), &content.Media{
			OpenID: ann.OpenID(mini), Scene: content.SocialLog, Type: content.Audio, URL: "https://cdn.example.com/" + name + ".mp3",
		})
		require.NoError(t, err)
		wx.Settle() // the event comes first, and is not known
		known[trace] = name
	}
	require.Equal(t, 3, tries)
	require.Empty(t, got)
	wx.Advance(5 * time.Second)
	require.Equal(t, map[string]callback.Advice{"good": content.Pass, "bad": content.Risky, "better": content.Pass}, got)

	_, err := client.CheckMedia(t.Context(), &content.Media{
		OpenID: ann.OpenID(mini), Scene: content.SocialLog, Type: content.Audio, URL: "https://cdn.example.com/a.png",
	})
	require.ErrorIs(t, err, errcode.InvalidMediaType)
	wx.Advance(2 * time.Hour)
	_, err = client.CheckMedia(t.Context(), &content.Media{
		OpenID: ann.OpenID(mini), Scene: content.SocialLog, Type: content.Audio, URL: "https://cdn.example.com/a.mp3",
	})
	require.ErrorIs(t, err, content.ErrUserAway)
}
