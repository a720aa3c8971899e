package component_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an emulated WeChat with a platform and an account that may authorise it.
type world struct {
	wx       *emulator.Server
	platform *emulator.App
	merchant *emulator.App
}

func newWorld(t *testing.T) *world {
	wx := emulator.New(t)
	return &world{wx, wx.AddThirdParty(emulator.AppConfig{Name: "Platform"}), wx.ServiceAccount()}
}

// component returns one process of the platform.
func (w *world) component(t *testing.T, store token.Store) *component.Component {
	t.Helper()
	return platformOf(t, wechat.Config{AppID: w.platform.AppID, AppSecret: wechat.Secret(w.platform.AppSecret)}, store, w.wx.HTTPClient())
}

// platformOf returns a platform whose client sends through hc.
func platformOf(
	t *testing.T, account wechat.Config, store token.Store, hc *http.Client, opts ...wechat.Option,
) *component.Component {
	t.Helper()
	client, err := wechat.New(account, append(opts, wechat.WithHTTPClient(hc))...)
	require.NoError(t, err)
	c, err := component.New(client, component.Config{Store: store})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		require.NoError(t, client.Close())
	})
	return c
}

// ticket lets WeChat push a verify ticket.
func (w *world) ticket(t *testing.T, c *component.Component) {
	t.Helper()
	require.NoError(t, c.KeepTicket(t.Context(), component.Ticket{
		ComponentAppID: w.platform.AppID, Ticket: token.Secret(w.platform.VerifyTicket()), CreateTime: time.Now(),
	}))
}

// works makes a call on behalf of the account.
func (w *world) works(t *testing.T, c *component.Component) error {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: w.merchant.AppID},
		wechat.WithTokenSource(c.Authorizer(w.merchant.AppID)), wechat.WithHTTPClient(w.wx.HTTPClient()))
	require.NoError(t, err)
	return client.Do(t.Context(), http.MethodGet, "/cgi-bin/get_api_domain_ip", nil, nil, nil)
}

func TestWholeChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &token.MemoryStore{}
		c := w.component(t, store)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, component.ErrNoTicket)
		w.ticket(t, c)
		time.Sleep(time.Second) // attempts are spaced

		code, err := c.PreAuthCode(t.Context())
		require.NoError(t, err)
		require.Equal(t, 30*time.Minute, time.Until(code.Expiry))
		require.ErrorIs(t, w.works(t, c), component.ErrNotAuthorized)

		auth, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
		require.NoError(t, err)
		require.Equal(t, w.merchant.AppID, auth.AppID)
		require.True(t, auth.Has(1))
		require.False(t, auth.Has(1000))
		time.Sleep(time.Second)
		require.NoError(t, w.works(t, c))
		const path = "/cgi-bin/component/api_authorizer_token"
		require.Zero(t, w.wx.Count(path), "the token that came with the authorisation serves first")

		other := w.component(t, store)
		require.NoError(t, w.works(t, other))
		require.Zero(t, w.wx.Count(path), "in another process too")

		time.Sleep(2 * time.Hour)
		require.NoError(t, w.works(t, c))
		require.NoError(t, w.works(t, other))
		require.Equal(t, 1, w.wx.Count(path), "one refresh for both")
		require.Equal(t, 2, w.wx.Count("/cgi-bin/component/api_component_token"))

		info, err := c.Account(t.Context(), w.merchant.AppID)
		require.NoError(t, err)
		require.Equal(t, w.merchant.Name, info.NickName)
		require.Nil(t, info.MiniProgram)
		require.Equal(t, 2, info.ServiceType)
	})
}

func TestAuthorisationIsTakenBackAndGrantedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.component(t, nil)
		w.ticket(t, c)
		grant := func() {
			_, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
			require.NoError(t, err)
		}
		grant()
		source := c.Authorizer(w.merchant.AppID)
		first, err := source.Token(t.Context())
		require.NoError(t, err)

		w.merchant.Deauthorize(w.platform)
		require.ErrorIs(t, w.works(t, c), errcode.AuthorizationCancelled)
		require.NoError(t, c.Forget(t.Context(), w.merchant.AppID))
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, component.ErrNotAuthorized)
		require.NoError(t, c.Forget(t.Context(), w.merchant.AppID), "twice does no harm")

		grant()
		again, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, first.Value, again.Value)
		require.NoError(t, w.works(t, c))
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.merchant.AuthorizeTo(w.platform)
		w.wx.MiniProgram().AuthorizeTo(w.platform)
		c := w.component(t, nil)
		w.ticket(t, c)
		require.ErrorIs(t, w.works(t, c), component.ErrNotAuthorized)
		n, err := c.Restore(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, n)
		time.Sleep(time.Second)
		require.NoError(t, w.works(t, c))
	})
}

func TestRejectedPlatformTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.component(t, nil)
	w.ticket(t, c)
	_, err := c.PreAuthCode(t.Context())
	require.NoError(t, err)
	w.wx.Revoke(w.platform)
	_, err = c.PreAuthCode(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, w.wx.Count("/cgi-bin/component/api_component_token"))

	defer w.wx.Fail(emulator.Fault{Path: "/cgi-bin/component/api_create_preauthcode", Code: 42006})()
	_, err = c.PreAuthCode(t.Context())
	require.ErrorIs(t, err, errcode.ComponentTokenExpired)
	require.Equal(t, 3, w.wx.Count("/cgi-bin/component/api_component_token"), "and no more than once")
}

func TestTickets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &flaky{Store: &token.MemoryStore{}}
		c := w.component(t, store)
		var field *errcode.FieldError
		require.ErrorAs(t, c.KeepTicket(t.Context(), component.Ticket{ComponentAppID: "wx2", Ticket: "x"}), &field)
		require.Equal(t, "ComponentAppID", field.Field)
		require.ErrorAs(t, c.KeepTicket(t.Context(), component.Ticket{ComponentAppID: w.platform.AppID}), &field)
		require.Equal(t, "Ticket", field.Field)

		// A push that comes late does not replace a newer ticket.
		w.ticket(t, c)
		require.NoError(t, c.KeepTicket(t.Context(), component.Ticket{
			ComponentAppID: w.platform.AppID, Ticket: "stale", CreateTime: time.Now().Add(-10 * time.Minute),
		}))
		_, err := c.Token(t.Context())
		require.NoError(t, err)

		// With the store down the push is not acknowledged, but this process works with what it brought.
		store.fail(errDown)
		time.Sleep(2*time.Hour - time.Minute)
		err = c.KeepTicket(t.Context(), component.Ticket{ComponentAppID: w.platform.AppID, Ticket: token.Secret(w.platform.VerifyTicket())})
		require.ErrorIs(t, err, errDown)
		time.Sleep(time.Minute)
		_, err = c.Token(t.Context())
		require.NoError(t, err)
	})
}

func TestStartTickets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.component(t, nil).StartTickets(t.Context()))
}

var errDown = errors.New("store is down")

// flaky is a store that can be put out of order.
type flaky struct {
	token.Store

	mu    sync.Mutex
	down  error
	saves []string
}

func (f *flaky) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = err
}

func (f *flaky) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

func (f *flaky) Load(ctx context.Context, key string) (token.Token, error) {
	if err := f.err(); err != nil {
		return token.Token{}, err
	}
	return f.Store.Load(ctx, key)
}

func (f *flaky) Save(ctx context.Context, key string, t token.Token, replaces token.Secret) (token.Token, error) {
	if err := f.err(); err != nil {
		return token.Token{}, err
	}
	f.mu.Lock()
	f.saves = append(f.saves, t.Value.Reveal())
	f.mu.Unlock()
	return f.Store.Save(ctx, key, t, replaces)
}

func TestAuthURL(t *testing.T) {
	t.Parallel()
	c, _ := mocked(t, nil, nil)
	u, err := url.Parse(c.AuthURL(component.AuthPage{PreAuthCode: "pre@@@1", RedirectURL: "https://a.example/x?y=1"}))
	require.NoError(t, err)
	require.Equal(t, "mp.weixin.qq.com/cgi-bin/componentloginpage", u.Host+u.Path)
	require.Equal(t, url.Values{
		"component_appid": {platformID}, "pre_auth_code": {"pre@@@1"}, "redirect_uri": {"https://a.example/x?y=1"},
	}, u.Query())
	u, err = url.Parse(c.AuthURL(component.AuthPage{Kind: component.MiniPrograms, AppID: "wx2", Mobile: true}))
	require.NoError(t, err)
	require.Equal(t, "open.weixin.qq.com/wxaopen/safe/bindcomponent#wechat_redirect", u.Host+u.Path+"#"+u.Fragment)
	require.Equal(t, "2 wx2 bindcomponent 1",
		strings.Join([]string{u.Query().Get("auth_type"), u.Query().Get("biz_appid"), u.Query().Get("action"), u.Query().Get("no_scan")}, " "))
}

func TestLocalChecks(t *testing.T) {
	t.Parallel()
	c, sent := mocked(t, nil, nil)
	calls := map[string]func() error{
		"component.QueryAuth: code: empty":                         func() error { _, err := c.QueryAuth(t.Context(), ""); return err },
		"component.Authorizers: offset: negative":                  func() error { _, err := c.AuthorizersPage(t.Context(), -1, 1); return err },
		"component.Authorizers: count: must be 1 to 500":           func() error { _, err := c.AuthorizersPage(t.Context(), 0, 501); return err },
		"component: the account's AppID is empty":                  func() error { _, err := c.Authorizer("").Token(t.Context()); return err },
		"component.KeepTicket: ComponentAppID: another platform's": func() error { return c.KeepTicket(t.Context(), component.Ticket{}) },
	}
	for want, call := range calls {
		require.EqualError(t, call(), want)
	}
	require.Empty(t, sent.String())
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	bare, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()))
	require.NoError(t, err)
	for want, client := range map[string]*wechat.Client{"component: client: nil": nil, "component: client: has no AppSecret": bare} {
		_, err := component.New(client, component.Config{})
		require.EqualError(t, err, want)
	}
	c, _ := mocked(t, nil, nil)
	require.Equal(t, "component.Component("+platformID+")", fmt.Sprintf("%+v", c))
	require.Equal(t, "component.Authorizer(wx2)", fmt.Sprintf("%#v", c.Authorizer("wx2")))
}

func TestClosed(t *testing.T) {
	t.Parallel()
	c, _ := mocked(t, nil, nil)
	require.NoError(t, c.Close())
	_, err := c.Authorizer("wx2").Token(t.Context())
	require.ErrorContains(t, err, "closed")
	_, err = c.Authorizer("wx2").Renew(t.Context(), "x")
	require.ErrorContains(t, err, "closed")
}

// A list that claims more than it gives must not be asked for ever.
func TestAuthorizersEnds(t *testing.T) {
	t.Parallel()
	var store token.MemoryStore
	put(t, &store, tokenKey, "COMPONENT_TOKEN")
	c, sent := mocked(t, &store, []byte(`{"total_count":9,"list":[]}`))
	for range c.Authorizers(t.Context()) {
		t.Fatal("the list is empty")
	}
	require.Equal(t, 1, strings.Count(sent.String(), "POST"))

	c, _ = mocked(t, &store, []byte(`{"errcode":48001,"errmsg":"no"}`))
	n := 0
	for _, err := range c.Authorizers(t.Context()) {
		require.ErrorIs(t, err, errcode.NoPermission)
		n++
	}
	require.Equal(t, 1, n)
}

// A code works once. What came for it must not be lost with the store.
func TestCodeIsNotWastedOnAStoreThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &flaky{Store: &token.MemoryStore{}}
		c := w.component(t, store)
		w.ticket(t, c)
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		store.fail(errDown)
		auth, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
		require.ErrorIs(t, err, errDown)
		require.NotEmpty(t, auth.RefreshToken)
		require.ErrorContains(t, w.works(t, c), "was not kept", "not used before it is kept")

		store.fail(nil)
		time.Sleep(time.Second)
		require.NoError(t, w.works(t, c))
		other := w.component(t, store)
		require.NoError(t, w.works(t, other))
		require.Equal(t, 1, w.wx.Count("/cgi-bin/component/api_authorizer_token"))
	})
}

// A store that forgets gets the refresh token back from a process that knows it, and that one goes on meanwhile.
func TestStoreForgetsOrFails(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(t *testing.T, w *world, f *flaky){
		"fails": func(_ *testing.T, _ *world, f *flaky) { f.fail(errDown) },
		"forgets": func(_ *testing.T, _ *world, f *flaky) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.Store = &token.MemoryStore{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				store := &flaky{Store: &token.MemoryStore{}}
				c := w.component(t, store)
				w.ticket(t, c)
				_, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
				require.NoError(t, err)
				require.NoError(t, w.works(t, c))
				trouble(t, w, store)
				time.Sleep(2 * time.Hour)
				require.NoError(t, w.works(t, c))
				if name == "forgets" {
					kept, err := store.Load(t.Context(), "wechat:component:"+w.platform.AppID+":{"+w.merchant.AppID+"}:refresh")
					require.NoError(t, err)
					require.NotEmpty(t, kept.Value)
				}
			})
		})
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		``:                                "empty body",
		`<html>COMPONENT_TOKEN`:           "[redacted]",
		`{}`:                              "pre_auth_code is missing",
		`{"pre_auth_code":{"a":1}}`:       "another type",
		`{"errcode":"61004","errmsg":""}`: "61004",
	} {
		var store token.MemoryStore
		put(t, &store, tokenKey, "COMPONENT_TOKEN")
		c, _ := mocked(t, &store, []byte(answer))
		_, err := c.PreAuthCode(t.Context())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "component.PreAuthCode: ")
		require.NotContains(t, err.Error(), "COMPONENT_TOKEN")
	}
	var store token.MemoryStore
	put(t, &store, tokenKey, "COMPONENT_TOKEN")
	c, _ := mocked(t, &store, []byte(`{"pre_auth_code":"a"}`))
	code, err := c.PreAuthCode(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Minute), code.Expiry, 5*time.Second, "no expires_in")
}

func TestComponentIsASource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.component(t, nil)
	w.ticket(t, c)
	require.Equal(t, w.platform.AppID, c.AppID())
	first, err := c.Token(t.Context())
	require.NoError(t, err)
	second, err := c.Renew(t.Context(), first.Value)
	require.NoError(t, err)
	require.NotEqual(t, first.Value, second.Value)
}

// A platform's call is repeated as any other, but for one that uses up a code, and the fetching of tokens, which a Manager
// spaces. A message that waited for such a token was certainly not sent.
func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.component(t, nil)
		w.ticket(t, c)
		_, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
		require.NoError(t, err)
		for path, want := range map[string]int{
			"api_get_authorizer_info": 3, "api_create_preauthcode": 3, "api_query_auth": 1, "api_authorizer_token": 1,
		} {
			path = "/cgi-bin/component/" + path
			before, restore := w.wx.Count(path), w.wx.Fail(emulator.Fault{Path: path, Reset: true})
			switch {
			case strings.HasSuffix(path, "info"):
				_, err = c.Account(t.Context(), w.merchant.AppID)
			case strings.HasSuffix(path, "code"):
				_, err = c.PreAuthCode(t.Context())
			case strings.HasSuffix(path, "auth"):
				_, err = c.QueryAuth(t.Context(), "code")
				require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
			default:
				time.Sleep(2 * time.Hour)
				err = w.works(t, c)
				require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
			}
			require.Error(t, err, path)
			require.Equal(t, want, w.wx.Count(path)-before, path)
			restore()
		}
	})
}
