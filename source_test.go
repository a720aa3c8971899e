package wechat_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
	"github.com/wechatkit/wechat/token/component"
)

// sourcesOf has every kind of source that sends a secret to WeChat, on its way there by baseURL and hc.
func sourcesOf(t *testing.T, baseURL string, hc *http.Client) map[string]token.Source {
	t.Helper()
	manager, err := token.NewManager(token.Config{
		AppID: "wx1", AppSecret: plantedSecret, Store: &token.MemoryStore{}, BaseURL: baseURL, HTTPClient: hc,
	})
	require.NoError(t, err)
	platform, err := component.New(clientOn(t, wechat.Config{AppID: "wxp", AppSecret: plantedSecret}, baseURL, hc), component.Config{})
	require.NoError(t, err)
	through, err := token.NewManager(token.Config{AppID: "wx1", Fetcher: platformFetcher{platform}})
	require.NoError(t, err)
	return map[string]token.Source{
		"Manager": manager, "Component": platform, "Authorizer": platform.Authorizer("wx1"),
		"Embedded": counted{manager}, "Fetcher": through,
	}
}

// clientOn returns a client that was told of baseURL and hc, where they are given.
func clientOn(t *testing.T, account wechat.Config, baseURL string, hc *http.Client) *wechat.Client {
	t.Helper()
	var opts []wechat.Option
	if baseURL != "" {
		opts = append(opts, wechat.WithBaseURL(baseURL))
	}
	if hc != nil {
		opts = append(opts, wechat.WithHTTPClient(hc))
	}
	client, err := wechat.New(account, opts...)
	require.NoError(t, err)
	return client
}

// counted is a source of a program's own around a Manager.
type counted struct{ *token.Manager }

// platformFetcher is a Fetcher of a program's own around a Component.
type platformFetcher struct{ *component.Component }

func (f platformFetcher) Fetch(ctx context.Context, _ bool) (token.Token, error) { return f.Token(ctx) }

// A test gives the client an emulator's HTTP client and forgets the source, which would send the real secret to the real
// WeChat.
func TestSourceThatAsksTheRealWeChatIsRefused(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	hc := wx.HTTPClient()
	for name, c := range map[string]struct {
		opts []wechat.Option
		url  string // of the source
		want string
	}{
		"HTTPClient":     {[]wechat.Option{wechat.WithHTTPClient(hc)}, "", "no HTTPClient"},
		"SameHost":       {[]wechat.Option{wechat.WithHTTPClient(hc)}, wechat.BaseURLShanghai, "no HTTPClient"},
		"BaseURL":        {[]wechat.Option{wechat.WithBaseURL("http://127.0.0.1:8630")}, "", "no BaseURL"},
		"Both":           {[]wechat.Option{wechat.WithBaseURL("http://127.0.0.1:8630"), wechat.WithHTTPClient(hc)}, "", "no BaseURL"},
		"MockedLater":    {[]wechat.Option{wechat.WithHTTPClient(&http.Client{})}, "", "no HTTPClient"},
		"PrefixOfAProxy": {[]wechat.Option{wechat.WithBaseURL("https://gate.example/api.weixin.qq.com")}, "", "no BaseURL"},
	} {
		for kind, source := range sourcesOf(t, c.url, nil) {
			for _, opts := range [][]wechat.Option{ // in either order
				append([]wechat.Option{wechat.WithTokenSource(source)}, c.opts...),
				append(append([]wechat.Option{}, c.opts...), wechat.WithTokenSource(source)),
			} {
				_, err := wechat.New(wechat.Config{AppID: "wx1"}, opts...)
				var field *errcode.FieldError
				require.ErrorAs(t, err, &field, "%s %s", name, kind)
				require.Equal(t, "WithTokenSource", field.Field)
				require.Contains(t, field.Reason, c.want)
				require.NotContains(t, err.Error(), plantedSecret)
			}
		}
	}
	require.Empty(t, wx.Calls())
}

// What goes the same way, or another way that somebody has chosen, is right.
func TestSourceWithAWayOfItsOwnIsTaken(t *testing.T) {
	t.Parallel()
	hc := &http.Client{Transport: http.DefaultTransport}
	const gate = "http://127.0.0.1:8630"
	for name, c := range map[string]struct {
		opts []wechat.Option
		url  string
		hc   *http.Client
	}{
		"Defaults":             {nil, "", nil},
		"Same":                 {[]wechat.Option{wechat.WithHTTPClient(hc), wechat.WithBaseURL(gate)}, gate, hc},
		"ProxyForTokens":       {nil, "", hc},
		"ProxyForCalls":        {[]wechat.Option{wechat.WithHTTPClient(hc)}, "", &http.Client{}},
		"GateForTokens":        {nil, gate, nil},
		"GateForCalls":         {[]wechat.Option{wechat.WithBaseURL(gate)}, token.DefaultBaseURL, nil},
		"PoolForCallsToAGate":  {[]wechat.Option{wechat.WithBaseURL(gate), wechat.WithHTTPClient(hc)}, gate, nil},
		"WeChatsOwnHost":       {[]wechat.Option{wechat.WithBaseURL(wechat.BaseURLShanghai)}, "", nil},
		"InCapitals":           {[]wechat.Option{wechat.WithBaseURL("https://API.WEIXIN.QQ.COM")}, "", nil},
		"OwnHostAndAFallback":  {[]wechat.Option{wechat.WithBaseURL(wechat.BaseURL, gate)}, "", nil},
		"TimeoutOfTheClient":   {[]wechat.Option{wechat.WithTimeout(1)}, "", nil},
		"OwnHostAndHTTPClient": {[]wechat.Option{wechat.WithBaseURL(wechat.BaseURL), wechat.WithHTTPClient(hc)}, "", hc},
	} {
		for kind, source := range sourcesOf(t, c.url, c.hc) {
			_, err := wechat.New(wechat.Config{AppID: "wx1"}, append(c.opts, wechat.WithTokenSource(source))...)
			require.NoError(t, err, "%s %s", name, kind)
		}
	}
}

// Sources that send no secret to WeChat are nobody's trap.
func TestSourceThatDoesNotAskWeChatIsTaken(t *testing.T) {
	t.Parallel()
	remote, err := central.NewFetcher(central.Config{AppID: "wx1", URL: "https://tokens.example/token", Key: plantedSecret})
	require.NoError(t, err)
	worker, err := token.NewManager(token.Config{AppID: "wx1", Fetcher: remote})
	require.NoError(t, err)
	for name, source := range map[string]token.Source{
		"Static": token.Static("t"), "None": token.None(), "Own": &tokens{}, "Central": worker,
		"NilManager": counted{}, "ZeroManager": &token.Manager{}, "NilComponent": (*component.Component)(nil),
	} {
		_, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(source),
			wechat.WithBaseURL("http://127.0.0.1:8630"), wechat.WithHTTPClient(&http.Client{}))
		require.NoError(t, err, name)
	}
}
