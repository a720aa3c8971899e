package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/errcode"
)

func TestNewNamesTheWrongSetting(t *testing.T) {
	t.Parallel()
	second := func(change func(*callback.App)) func(*callback.Config) {
		return func(c *callback.Config) {
			app := secureApp()
			app.AppID, app.Token = "wx0000000000000002", "planted-token-2"
			change(&app)
			c.Apps = append(c.Apps, app)
		}
	}
	first := func(change func(*callback.App)) func(*callback.Config) {
		return func(c *callback.Config) { change(&c.Apps[0]) }
	}
	cases := map[string]struct {
		change func(*callback.Config)
		field  string
	}{
		"no apps":            {func(c *callback.Config) { c.Apps = nil }, "Apps"},
		"window":             {func(c *callback.Config) { c.Window = -1 }, "Window"},
		"window of a week":   {func(c *callback.Config) { c.Window = 7 * 24 * time.Hour }, "Window"},
		"body":               {func(c *callback.Config) { c.MaxBody = -1 }, "MaxBody"},
		"answer":             {func(c *callback.Config) { c.AnswerWithin = -1 }, "AnswerWithin"},
		"answer too late":    {func(c *callback.Config) { c.AnswerWithin = 6 * time.Second }, "AnswerWithin"},
		"running":            {func(c *callback.Config) { c.MaxRunning = -1 }, "MaxRunning"},
		"app id":             {first(func(a *callback.App) { a.AppID = "" }), "Apps[0].AppID"},
		"kind":               {first(func(a *callback.App) { a.Kind = 0 }), "Apps[0].Kind"},
		"unknown kind":       {first(func(a *callback.App) { a.Kind = 9 }), "Apps[0].Kind"},
		"mode":               {first(func(a *callback.App) { a.Mode = 9 }), "Apps[0].Mode"},
		"token":              {first(func(a *callback.App) { a.Token = "" }), "Apps[0].Token"},
		"key missing":        {first(func(a *callback.App) { a.EncodingAESKey = "" }), "Apps[0].EncodingAESKey"},
		"key short":          {first(func(a *callback.App) { a.EncodingAESKey = callback.Secret(key[1:]) }), "Apps[0].EncodingAESKey"},
		"key garbled":        {first(func(a *callback.App) { a.EncodingAESKey = callback.Secret("!" + key[1:]) }), "Apps[0].EncodingAESKey"},
		"old key short":      {first(func(a *callback.App) { a.PreviousEncodingAESKey = callback.Secret(oldKey[1:]) }), "Apps[0].PreviousEncodingAESKey"},
		"key in plain mode":  {first(func(a *callback.App) { a.Mode, a.EncodingAESKey = callback.ModePlain, "x" }), "Apps[0].EncodingAESKey"},
		"platform with gh_":  {first(func(a *callback.App) { a.Kind, a.OriginalID = callback.ThirdPartyPlatform, originalID }), "Apps[0].OriginalID"},
		"same app twice":     {second(func(a *callback.App) { a.AppID = appID }), "Apps[1].AppID"},
		"second app":         {second(func(a *callback.App) { a.Token = "" }), "Apps[1].Token"},
		"plain shares token": {second(func(a *callback.App) { a.Mode, a.Token = callback.ModePlain, token }), "Apps[1].Token"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := callback.Config{Apps: []callback.App{secureApp()}}
			c.change(&cfg)
			_, err := callback.New(cfg)
			var wrong *errcode.FieldError
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, c.field, wrong.Field)
			require.Equal(t, "callback.New", wrong.Op)
			for _, s := range []string{token, key, oldKey, key[1:], "planted-token-2"} {
				require.NotContains(t, err.Error(), s)
			}
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	app := secureApp()
	app.PreviousToken, app.PreviousEncodingAESKey = oldToken, oldKey
	cfg := callback.Config{Apps: []callback.App{app}}
	h, err := callback.New(cfg)
	require.NoError(t, err)
	asJSON, err := json.Marshal(app)
	require.NoError(t, err)
	out := string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		out += fmt.Sprintf(verb, cfg) + fmt.Sprintf(verb, app) + fmt.Sprintf(verb, h)
	}
	for _, s := range []string{token, oldToken, key, oldKey, fmt.Sprintf("%x", token)} {
		require.NotContains(t, out, s)
	}
}

func TestURLCheck(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
		b := setup(t, appIn(mode))
		w := b.do(b.sender().Check("5837397576500011341"))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "5837397576500011341", w.Body.String())
		require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))

		w = b.do(b.sender().Check("<script>alert(1)</script>"))
		require.Equal(t, "<script>alert(1)</script>", w.Body.String(), "byte for byte, as text")
		require.Empty(t, b.reported())

		other := b.sender()
		other.App.Token = "guess"
		b.requireRefused(t, other.Check("echo"), callback.ErrSignature)
		b.requireRefused(t, b.sender().Check(strings.Repeat("x", 1025)), callback.ErrQuery)
		b.requireRefused(t, b.sender().Check(""), callback.ErrQuery)
		for _, name := range []string{"echostr", "signature"} {
			r := b.sender().Check("echo")
			b.requireRefused(t, edit(r, func(q string) string { return strings.Replace(q, name+"=", "x=", 1) }), callback.ErrQuery)
		}
	}
}

func TestURLCheckMayBeRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	sender := callbacktest.Sender{App: b.app, Time: now, Nonce: "1"}
	for range 2 {
		require.Equal(t, "echo", b.do(sender.Check("echo")).Body.String())
	}
	b.requireRefused(t, sender.Check("other"), callback.ErrReplay)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	app := secureApp()
	app.PreviousToken, app.PreviousEncodingAESKey = oldToken, oldKey
	for name, used := range map[string]struct{ token, key callback.Secret }{
		"new":       {token, key},
		"old token": {oldToken, key},
		"old key":   {token, oldKey},
		"old":       {oldToken, oldKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, app)
			b.app.Token, b.app.EncodingAESKey = used.token, used.key
			callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
				return callback.TextReply{Content: "hi"}, nil
			})
			require.Contains(t, b.push(t, textPush), "hi", "the reply is sealed with what the push was sealed with")
			require.Equal(t, "echo", b.do(b.sender().Check("echo")).Body.String())
		})
	}
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		b := setup(t, secureApp())
		b.app.EncodingAESKey = oldKey
		b.requireRefused(t, b.sender().Push(textPush), callback.ErrDecrypt)
		b.app.Token = oldToken
		b.requireRefused(t, b.sender().Push(textPush), callback.ErrSignature)
	})
}

func TestSeveralApps(t *testing.T) {
	t.Parallel()
	apps := make([]callback.App, 4)
	for i := range apps {
		apps[i] = secureApp()
		apps[i].AppID = fmt.Sprintf("wx000000000000000%d", i)
	}
	apps[1].EncodingAESKey = oldKey // shares the token of 0
	apps[2].Token = "planted-token-2"
	apps[3].Token, apps[3].Mode = "planted-token-3", callback.ModePlain
	b := setup(t, secureApp(), func(c *callback.Config) { c.Apps = apps })
	for _, app := range apps {
		b.app = app
		b.push(t, textPush)
		pushes := b.handled()
		require.Len(t, pushes, 1, "the same message to another app is another push")
		require.Equal(t, app.AppID, pushes[0].Head().AppID)
		require.Equal(t, "echo", b.do(b.sender().Check("echo")).Body.String())
	}

	// The plain mode of one app does not weaken the others.
	b.app = apps[2]
	b.app.Mode = callback.ModePlain
	b.requireRefused(t, b.sender().Push(textPush), callback.ErrMode)
	b.app = apps[0]
	b.app.AppID = apps[2].AppID
	b.requireRefused(t, b.sender().Push(textPush), callback.ErrAppID)
	b.app.EncodingAESKey = "YYYYYYghijklmnopqrstuvwxyz0123456789ABCDEFG"
	b.requireRefused(t, b.sender().Push(textPush), callback.ErrDecrypt)
}

func TestOriginalID(t *testing.T) {
	t.Parallel()
	app := secureApp()
	app.OriginalID = originalID
	b := setup(t, app)
	b.push(t, textPush)
	require.Len(t, b.handled(), 1)
	b.requireRefused(t, b.sender().Push(strings.Replace(textPush, originalID, "gh_2", 1)), callback.ErrAppID)
}

func TestErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	all := []error{
		callback.ErrMethod, callback.ErrTooLarge, callback.ErrBody, callback.ErrQuery, callback.ErrMode,
		callback.ErrSignature, callback.ErrStale, callback.ErrReplay, callback.ErrDecrypt, callback.ErrAppID,
		callback.ErrParse, callback.ErrDuplicate, callback.ErrBusy, callback.ErrClosed, callback.ErrHandler,
		callback.ErrPanic, callback.ErrReply, callback.ErrLate, callback.ErrStore,
	}
	for i, a := range all {
		for j, b := range all {
			require.Equal(t, i == j, errors.Is(a, b))
		}
	}
}
