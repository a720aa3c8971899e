package component_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

// rotating is a WeChat that gives out a new refresh token with each access token, and takes no other one then.
type rotating struct {
	mu     sync.Mutex
	calls  int
	used   []string      // refresh tokens
	during func()        // happens before WeChat answers
	delay  time.Duration // of the answer
}

func (r *rotating) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "api_get_authorizer_list") {
		return r.answer(`{"total_count":1,"list":[{"authorizer_appid":"` + accountID + `","refresh_token":"` + r.current() + `"}]}`), nil
	}
	var in struct {
		Refresh string `json:"authorizer_refresh_token"`
	}
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
		return nil, err
	}
	body := r.refresh(in.Refresh)
	select {
	case <-time.After(r.delay):
		return r.answer(body), nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func (r *rotating) answer(body string) *http.Response {
	return httpmock.NewStringResponse(http.StatusOK, body)
}

func (r *rotating) current() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return "refresh-" + strconv.Itoa(r.calls)
}

func (r *rotating) refresh(with string) (body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = append(r.used, with)
	if with != "refresh-"+strconv.Itoa(r.calls) {
		return `{"errcode":61023,"errmsg":"refresh_token is invalid"}`
	}
	r.calls++
	if r.during != nil {
		r.during()
	}
	n := strconv.Itoa(r.calls)
	return `{"authorizer_access_token":"access-` + n + `","expires_in":7200,"authorizer_refresh_token":"refresh-` + n + `"}`
}

// platform is one process of a platform on a rotating WeChat.
func (r *rotating) platform(t *testing.T, store token.Store) *component.Component {
	t.Helper()
	return platformOf(t, wechat.Config{AppID: platformID, AppSecret: "APPSECRET"}, store, &http.Client{Transport: r})
}

// rotatingStore has the tokens that such a platform begins with.
func rotatingStore(t *testing.T) *flaky {
	t.Helper()
	store := &flaky{Store: &token.MemoryStore{}}
	put(t, store, tokenKey, "COMPONENT_TOKEN")
	put(t, store, refreshKey, "refresh-0")
	return store
}

func requireStored(t *testing.T, s token.Store, refresh token.Secret) {
	t.Helper()
	stored, err := s.Load(t.Context(), refreshKey)
	require.NoError(t, err)
	require.Equal(t, refresh.Reveal(), stored.Value.Reveal())
}

func TestRotationIsKeptBeforeUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, store := &rotating{}, rotatingStore(t)
		source := wx.platform(t, store).Authorizer(accountID)
		got, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-1"), got.Value)
		requireStored(t, store, "refresh-1")

		// The store goes down between WeChat's answer and the save: the new tokens must wait for it, and WeChat
		// must not be asked again with a refresh token that it has replaced.
		time.Sleep(2*time.Hour - 4*time.Minute)
		put(t, store, tokenKey, "COMPONENT_TOKEN_2")
		wx.during = func() { store.fail(errDown) }
		for range 20 {
			got, err = source.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, token.Secret("access-1"), got.Value, "the old token serves meanwhile")
			time.Sleep(10 * time.Second)
		}
		require.Equal(t, 2, wx.calls)
		wx.during = nil
		store.fail(nil)
		time.Sleep(time.Minute)
		got, err = source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-2"), got.Value)
		require.Equal(t, 2, wx.calls)
		require.Equal(t, []string{"refresh-0", "refresh-1"}, wx.used)

		other := wx.platform(t, store).Authorizer(accountID)
		got, err = other.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-2"), got.Value)
		got, err = other.Renew(t.Context(), got.Value)
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-3"), got.Value)
		require.Equal(t, "refresh-2", wx.used[2], "the newest refresh token, from the store")
	})
}

// A program that ends in good order while WeChat answers does not lose what it answers.
func TestCloseWaitsForTheRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, store := &rotating{delay: 3 * time.Second}, rotatingStore(t)
		c := wx.platform(t, store)
		go func() { _, _ = c.Authorizer(accountID).Token(context.Background()) }()
		synctest.Wait()
		require.NoError(t, c.Close())
		requireStored(t, store, "refresh-1")
	})
}

// A process is killed between WeChat's answer and the store.
func TestRestoreAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, store := &rotating{}, rotatingStore(t)
		wx.during = func() { store.fail(errDown) }
		_, err := wx.platform(t, store).Authorizer(accountID).Token(t.Context())
		require.ErrorIs(t, err, errDown)

		wx.during = nil
		store.fail(nil)
		requireStored(t, store, "refresh-0")
		c := wx.platform(t, store) // and it comes back without its memory
		_, err = c.Authorizer(accountID).Token(t.Context())
		require.ErrorIs(t, err, errcode.InvalidAuthorizerRefreshToken)
		n, err := c.Restore(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		requireStored(t, store, "refresh-1")
		time.Sleep(time.Second) // attempts are spaced
		got, err := c.Authorizer(accountID).Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-2"), got.Value)
	})
}

// The store has an older refresh token than this process, as a replica that took over may.
func TestStoreGoesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, store := &rotating{}, rotatingStore(t)
		source := wx.platform(t, store).Authorizer(accountID)
		old, err := store.Load(t.Context(), refreshKey)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		got, err := source.Token(t.Context())
		require.NoError(t, err)

		store.Store = &token.MemoryStore{}
		put(t, store, tokenKey, "COMPONENT_TOKEN")
		_, err = store.Save(t.Context(), refreshKey, old, "")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		got, err = source.Renew(t.Context(), got.Value)
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-2"), got.Value)
		require.Equal(t, []string{"refresh-0", "refresh-1"}, wx.used)
		requireStored(t, store, "refresh-2")
	})
}

// The clock of the store has jumped, so that what another process has put there seems older than it is.
func TestStoreSeemsToGoBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, store := &rotating{}, rotatingStore(t)
		source := wx.platform(t, store).Authorizer(accountID)
		got, err := source.Token(t.Context())
		require.NoError(t, err)
		wx.refresh("refresh-1") // the other process
		store.Store = &token.MemoryStore{}
		put(t, store, tokenKey, "COMPONENT_TOKEN")
		_, err = store.Save(t.Context(), refreshKey, token.Token{Value: "refresh-2", Issued: time.Now().Add(-time.Hour)}, "")
		require.NoError(t, err)

		_, err = source.Renew(t.Context(), got.Value)
		require.ErrorIs(t, err, errcode.InvalidAuthorizerRefreshToken)
		time.Sleep(time.Second) // attempts are spaced
		got, err = source.Renew(t.Context(), got.Value)
		require.NoError(t, err)
		require.Equal(t, token.Secret("access-3"), got.Value)
		requireStored(t, store, "refresh-3")
	})
}

// The push that an account has taken its authorisation back reaches one process. The others must not put back what it
// has dropped.
func TestForgottenAccountStaysForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &token.MemoryStore{}
		c, other := w.component(t, store), w.component(t, store)
		w.ticket(t, c)
		_, err := c.QueryAuth(t.Context(), token.Secret(w.merchant.AuthorizeTo(w.platform)))
		require.NoError(t, err)
		require.NoError(t, w.works(t, c))
		time.Sleep(2 * time.Hour)
		require.NoError(t, w.works(t, other), "and knows the refresh token now")

		w.merchant.Deauthorize(w.platform)
		require.NoError(t, c.Forget(t.Context(), w.merchant.AppID))
		time.Sleep(2 * time.Hour)
		require.ErrorIs(t, w.works(t, other), errcode.AuthorizationCancelled)
		kept, err := store.Load(t.Context(), "wechat:component:"+w.platform.AppID+":{"+w.merchant.AppID+"}:refresh")
		require.NoError(t, err)
		require.Zero(t, kept)
	})
}
