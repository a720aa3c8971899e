package subscribe_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/subscribe"
)

func TestOneTimeURL(t *testing.T) {
	t.Parallel()
	got, err := setup(t, nil).OneTimeURL(&subscribe.OneTimeRequest{
		Scene: 1000, TemplateID: "TMPL_x-1", RedirectURL: "https://shop.example.com/sub?a=1&b=2", Reserved: "abc123",
	})
	require.NoError(t, err)
	require.Equal(t, "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=wx0123456789abcdef&scene=1000"+
		"&template_id=TMPL_x-1&redirect_url=https%3A%2F%2Fshop.example.com%2Fsub%3Fa%3D1%26b%3D2&reserved=abc123#wechat_redirect", got)

	got, err = setup(t, nil).OneTimeURL(&subscribe.OneTimeRequest{TemplateID: "T", RedirectURL: "http://shop.example.com"})
	require.NoError(t, err)
	require.Contains(t, got, "&scene=0&")
	require.NotContains(t, got, "reserved")
}

func TestOneTimeURLChecks(t *testing.T) {
	t.Parallel()
	const to = "https://shop.example.com/sub"
	for want, r := range map[string]*subscribe.OneTimeRequest{
		"subscribe: OneTimeRequest: nil":                                   nil,
		"subscribe: TemplateID: empty":                                     {RedirectURL: to},
		"subscribe: Scene: 10001, allowed are 0 to 10000":                  {TemplateID: "T", RedirectURL: to, Scene: 10001},
		"subscribe: Scene: -1, allowed are 0 to 10000":                     {TemplateID: "T", RedirectURL: to, Scene: -1},
		"subscribe: Reserved: 129 characters, limit 128":                   {TemplateID: "T", RedirectURL: to, Reserved: strings.Repeat("a", 129)},
		"subscribe: Reserved: has a character other than a-z, A-Z and 0-9": {TemplateID: "T", RedirectURL: to, Reserved: "a-b"},
		"subscribe: RedirectURL: not an absolute http or https address":    {TemplateID: "T", RedirectURL: "/sub"},
	} {
		_, err := setup(t, nil).OneTimeURL(r)
		requireFieldError(t, want, err)
	}
	_, err := setup(t, nil).OneTimeURL(&subscribe.OneTimeRequest{TemplateID: "T", RedirectURL: "javascript:alert(1)"})
	require.Error(t, err)
	_, err = setup(t, nil, wechat.WithoutChecks()).OneTimeURL(&subscribe.OneTimeRequest{Scene: 10001})
	require.NoError(t, err)
}

func TestNewReserved(t *testing.T) {
	t.Parallel()
	a, b := subscribe.NewReserved(), subscribe.NewReserved()
	require.Regexp(t, "^[A-Z2-7]{26}$", a)
	require.NotEqual(t, a, b)
}

func TestParseOneTime(t *testing.T) {
	t.Parallel()
	const reserved = "abc123"
	cases := map[string]struct {
		query string
		want  *subscribe.OneTimeAnswer
		err   string
	}{
		"confirmed": {
			"openid=oUser-1&template_id=TMPL&action=confirm&scene=1000&reserved=abc123",
			&subscribe.OneTimeAnswer{OpenID: "oUser-1", TemplateID: "TMPL", Scene: 1000, Action: "confirm"}, "",
		},
		"cancelled": {
			"template_id=TMPL&action=cancel&scene=1000&reserved=abc123",
			&subscribe.OneTimeAnswer{TemplateID: "TMPL", Scene: 1000, Action: "cancel"}, "",
		},
		"parameters of the page itself": {
			"id=7&openid=oUser-1&template_id=TMPL&action=confirm&scene=1000&reserved=abc123",
			&subscribe.OneTimeAnswer{OpenID: "oUser-1", TemplateID: "TMPL", Scene: 1000, Action: "confirm"}, "",
		},
		"forged":       {"openid=oUser-1&action=confirm&scene=1000&reserved=abc124", nil, subscribe.ErrReserved.Error()},
		"no reserved":  {"openid=oUser-1&action=confirm&scene=1000", nil, subscribe.ErrReserved.Error()},
		"not a number": {"openid=oUser-1&action=confirm&scene=x&reserved=abc123", nil, "subscribe: redirect: scene is not a number"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(c.query)
			require.NoError(t, err)
			got, err := subscribe.ParseOneTime(query, reserved)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, c.want.OpenID != "", got.Confirmed())
		})
	}
}

func TestParseOneTimeWithoutAnExpectationTrustsNobody(t *testing.T) {
	t.Parallel()
	_, err := subscribe.ParseOneTime(url.Values{"openid": {"oUser-1"}, "action": {"confirm"}, "scene": {"1"}}, "")
	require.ErrorIs(t, err, subscribe.ErrReserved)
}

func TestSendOneTimeChecksFirst(t *testing.T) {
	t.Parallel()
	fine := subscribe.OneTimeMessage{ToUser: "o", TemplateID: "T", Title: "Shipped", Content: "On its way."}
	cases := map[string]func(*subscribe.OneTimeMessage){
		"subscribe: ToUser: empty":                        func(m *subscribe.OneTimeMessage) { m.ToUser = "" },
		"subscribe: TemplateID: empty":                    func(m *subscribe.OneTimeMessage) { m.TemplateID = "" },
		"subscribe: Scene: 10001, allowed are 0 to 10000": func(m *subscribe.OneTimeMessage) { m.Scene = 10001 },
		"subscribe: Title: empty":                         func(m *subscribe.OneTimeMessage) { m.Title = "" },
		"subscribe: Title: 16 characters, limit 15":       func(m *subscribe.OneTimeMessage) { m.Title = strings.Repeat("火", 16) },
		"subscribe: Content: empty":                       func(m *subscribe.OneTimeMessage) { m.Content = "" },
		"subscribe: Content: 201 characters, limit 200":   func(m *subscribe.OneTimeMessage) { m.Content = strings.Repeat("火", 201) },
		"subscribe: MiniProgram: AppID and Page are both needed": func(m *subscribe.OneTimeMessage) {
			m.MiniProgram = &subscribe.MiniProgram{AppID: "wx0000000000000001"}
		},
	}
	for want, spoil := range cases {
		m := fine
		spoil(&m)
		requireFieldError(t, want, setup(t, nil).SendOneTime(t.Context(), &m))
	}
	requireFieldError(t, "subscribe: OneTimeMessage: nil", setup(t, nil).SendOneTime(t.Context(), nil))
}
