package emulator

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
)

// TestQuotasAreEnforced sets a counter one below each limit, makes one call that counts and one that is
// refused. The calls themselves need not make sense.
func TestQuotasAreEnforced(t *testing.T) {
	t.Parallel()
	s := New(t)
	s.world.userTokens.put("77_userinfo-token-of-a-user", &userToken{
		app: s.oa, member: s.User("u").memberOf[s.oa], scope: scopeUserInfo, openID: "oU",
		access: "77_userinfo-token-of-a-user", ends: s.Now().Add(tokenLife),
	}, s.Now())
	cases := map[string]struct {
		app    *App
		path   string
		query  string
		minute bool
		limit  int
		code   errcode.Code
	}{
		"RefreshUserToken": {s.oa, "/sns/oauth2/refresh_token", "appid=" + s.oa.AppID, true, 50_000, 45011},
		"ExchangeCode": {
			s.oa, "/sns/oauth2/access_token",
			"grant_type=authorization_code&code=x&appid=" + s.oa.AppID + "&secret=" + s.oa.AppSecret, true, 50_000, 45011,
		},
		"UserInfo":        {s.oa, "/sns/userinfo", "openid=oU&access_token=77_userinfo-token-of-a-user", true, 50_000, 45011},
		"ResetSessionKey": {s.mini, "/wxa/resetusersessionkey", "access_token=" + s.mini.Token(), true, 60_000, 45011},
		"UnlimitedCode":   {s.mini, "/wxa/getwxacodeunlimit", "access_token=" + s.mini.Token(), true, 5_000, 45009},
		"Code":            {s.mini, "/wxa/getwxacode", "access_token=" + s.mini.Token(), false, 10_000, 45009},
		"SquareCode":      {s.mini, "/cgi-bin/wxaapp/createwxaqrcode", "access_token=" + s.mini.Token(), false, 10_000, 45009},
		"ShortLink":       {s.mini, "/wxa/genwxashortlink", "access_token=" + s.mini.Token(), false, 10_000_000, 45009},
		"Followers":       {s.oa, "/cgi-bin/user/get", "access_token=" + s.oa.Token(), false, 500, 45009},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.locked(func() {
				u := &c.app.access.usage
				u.roll(s.world.clock.now())
				if c.minute {
					u.inMinute[c.path] = c.limit - 1
				} else {
					u.Today[c.path] = c.limit - 1
				}
			})
			require.NotEqual(t, c.code, s.errcodeOf(t, c.path, c.query))
			require.Equal(t, c.code, s.errcodeOf(t, c.path, c.query))
		})
	}
}

// errcodeOf makes a call with the method that the path wants.
func (s *Server) errcodeOf(t *testing.T, path, query string) errcode.Code {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), routes[path][0].method, "https://api.weixin.qq.com"+path+"?"+query, nil)
	require.NoError(t, err)
	resp, err := s.HTTPClient().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer struct{ ErrCode errcode.Code }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	return answer.ErrCode
}
