package wechat_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/links"
	"github.com/wechatkit/wechat/media"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
	"github.com/wechatkit/wechat/token"
)

// Whatever a program prints, by pointer, by value or within a struct of its own, shows no secret.
func TestNothingPrintsItsSecrets(t *testing.T) {
	t.Parallel()
	const planted = "planted-secret-1"
	static, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: planted}, wechat.WithTokenSource(token.Static(planted)))
	require.NoError(t, err)
	managed, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: planted})
	require.NoError(t, err)
	platform := &oauth.Component{AppID: "wx2", Tokens: token.Static(planted)}
	printed := map[string]any{
		"Config": wechat.Config{AppID: "wx1", AppSecret: planted}, "Component": *platform,
		"Call":        wechat.Call{Op: "x", Query: url.Values{"code": {planted}}, In: planted, Private: []string{planted}},
		"APISecurity": wechat.APISecurity{EncryptionKey: planted, PrivateKey: planted},
		"RequestInfo": wechat.RequestInfo{URL: planted, Body: planted, Answer: planted},
	}
	for name, c := range map[string]*wechat.Client{"Static": static, "Managed": managed} {
		printed[name] = map[string]any{
			"Client": c, "Copy": *c, "Account": c.Account(), "Tokens": c.TokenSource(),
			"subscribe": subscribe.New(c), "template": template.New(c), "customerservice": customerservice.New(c),
			"links": links.New(c), "media": media.New(c), "oauth": oauth.New(c), "web": oauth.NewWeb(c),
			"copies": []any{*subscribe.New(c), *oauth.NewForComponent(c, platform), *oauth.NewWebForComponent(c, platform)},
			"within": struct {
				core  *wechat.Client
				value wechat.Client
				login *oauth.Client
				web   *oauth.Web
			}{c, *c, oauth.NewForComponent(c, platform), oauth.NewWebForComponent(c, platform)},
		}
	}
	for name, v := range printed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
			if data, err := json.Marshal(v); err == nil { // functions have no JSON
				out.Write(data)
			}
			require.NotContains(t, out.String(), planted)
			require.NotContains(t, out.String(), fmt.Sprintf("%x", planted))
		})
	}
}
