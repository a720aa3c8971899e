package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func classic(a *emulator.App) string {
	return fmt.Sprintf("/cgi-bin/token?grant_type=client_credential&appid=%s&secret=%s", a.AppID, a.AppSecret)
}

func stable(a *emulator.App, force bool) string {
	return fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%t}`, a.AppID, a.AppSecret, force)
}

// probe uses a token for a harmless call and returns the errcode.
func (b *bundle) probe(token string) int {
	b.t.Helper()
	return b.get("/cgi-bin/user/get?access_token=" + token).code()
}

func TestClassicTokenOverlapsForFiveMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.get(classic(b.oa))
	require.Equal(t, int64(7200), first.number("expires_in"))
	require.NotContains(t, first, "errcode")
	require.Regexp(t, `^\d\d_[\w-]{133}$`, first.text("access_token"))

	second := b.get(classic(b.oa))
	require.NotEqual(t, first.text("access_token"), second.text("access_token"))
	require.Zero(t, b.probe(first.text("access_token")))
	require.Zero(t, b.probe(second.text("access_token")))

	b.wx.Advance(5 * time.Minute)
	require.Equal(t, 40001, b.probe(first.text("access_token")))
	require.Zero(t, b.probe(second.text("access_token")))

	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 42001, b.probe(second.text("access_token")))
}

func TestClassicTokenKeepsTwoAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.get(classic(b.oa)).text("access_token")
	second := b.get(classic(b.oa)).text("access_token")
	third := b.get(classic(b.oa)).text("access_token")
	require.Equal(t, []int{40001, 0, 0}, []int{b.probe(first), b.probe(second), b.probe(third)})
}

func TestStableTokenIsKeptUntilFiveMinutesBeforeItsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.post("/cgi-bin/stable_token", stable(b.oa, false))
	require.Equal(t, int64(7200), first.number("expires_in"))

	b.wx.Advance(110 * time.Minute)
	again := b.post("/cgi-bin/stable_token", stable(b.oa, false))
	require.Equal(t, first.text("access_token"), again.text("access_token"))
	require.Equal(t, int64(600), again.number("expires_in"))

	b.wx.Advance(5 * time.Minute)
	renewed := b.post("/cgi-bin/stable_token", stable(b.oa, false))
	require.NotEqual(t, first.text("access_token"), renewed.text("access_token"))
	require.Equal(t, int64(7200), renewed.number("expires_in"))
	require.Zero(t, b.probe(first.text("access_token")), "both work for the last five minutes")

	b.wx.Advance(5 * time.Minute)
	require.Contains(t, []int{40001, 42001}, b.probe(first.text("access_token")))
	require.Zero(t, b.probe(renewed.text("access_token")))
}

func TestSuccessionsAreIsolated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.post("/cgi-bin/stable_token", stable(b.oa, false)).text("access_token")
	for range 3 {
		b.get(classic(b.oa))
	}
	b.wx.Advance(time.Hour)
	require.Zero(t, b.probe(s))
}

func TestForcedRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := func(force bool) string {
		return b.post("/cgi-bin/stable_token", stable(b.oa, force)).text("access_token")
	}
	leaked := token(false)
	first := token(true)
	require.NotEqual(t, leaked, first)
	require.Equal(t, first, token(true), "within 30 seconds it does not refresh")

	b.wx.Advance(31 * time.Second)
	require.NotEqual(t, first, token(true))
	require.Equal(t, 40001, b.probe(leaked), "two forced calls end a leaked token at once")

	for range 18 {
		b.wx.Advance(31 * time.Second)
		token(true)
	}
	b.wx.Advance(31 * time.Second)
	require.Equal(t, 45009, b.post("/cgi-bin/stable_token", stable(b.oa, true)).code())
	require.Zero(t, b.post("/cgi-bin/stable_token", stable(b.oa, false)).code(), "the normal mode goes on")
	b.wx.Advance(24 * time.Hour)
	require.Zero(t, b.post("/cgi-bin/stable_token", stable(b.oa, true)).code())
}

func TestTokenRequestErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.oa
	get := func(query string) func() answer { return func() answer { return b.get("/cgi-bin/token?" + query) } }
	post := func(body string) func() answer {
		return func() answer { return b.post("/cgi-bin/stable_token", body) }
	}
	cases := map[string]struct {
		call func() answer
		want int
	}{
		"NoAppID":        {get("grant_type=client_credential&secret=x"), 41002},
		"NoSecret":       {get("grant_type=client_credential&appid=" + a.AppID), 41004},
		"NoGrantType":    {get("appid=" + a.AppID + "&secret=" + a.AppSecret), 40002},
		"UnknownAppID":   {get("grant_type=client_credential&appid=wx00&secret=x"), 40013},
		"WrongSecret":    {get("grant_type=client_credential&secret=x&appid=" + a.AppID), 40125},
		"StableByGet":    {func() answer { return b.get("/cgi-bin/stable_token") }, 43002},
		"ClassicByPost":  {func() answer { return b.post("/cgi-bin/token", "{}") }, 43001},
		"StableAsForm":   {post("grant_type=client_credential&appid=" + a.AppID), 41002},
		"StableEmpty":    {post(""), 41002},
		"StableNoSecret": {post(`{"grant_type":"client_credential","appid":"` + a.AppID + `"}`), 41004},
		"StableGrant":    {post(`{"grant_type":"x","appid":"` + a.AppID + `","secret":"y"}`), 40002},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tc.call()
			require.Equal(t, tc.want, got.code())
			require.Regexp(t, ` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, got.text("errmsg"))
		})
	}
}

func TestAllowListNamesTheCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.AllowIPs("203.0.113.7")
	got := b.get(classic(b.oa))
	require.Equal(t, 40164, got.code())
	require.Contains(t, got.text("errmsg"), "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")
	b.oa.AllowIPs("127.0.0.1")
	require.Zero(t, b.get(classic(b.oa)).code())
}

// A Mini Program's list covers all calls that take the AppSecret.
func TestAllowListOfAMiniProgram(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	code := u.LoginCode(b.mp)
	b.mp.AllowIPs("203.0.113.7")
	require.Equal(t, 40164, b.get(session(b.mp, code)).code())
	v2 := fmt.Sprintf("/cgi-bin/clear_quota/v2?appid=%s&appsecret=%s", b.mp.AppID, b.mp.AppSecret)
	require.Equal(t, 40164, b.post(v2, "").code())
	b.mp.AllowIPs()
	require.Equal(t, u.OpenID(b.mp), b.get(session(b.mp, code)).text("openid"), "the code is still good")
	require.Zero(t, b.post(v2, "").code())
}

func TestSecretCanBeFrozenAndReset(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.get(classic(b.oa)).text("access_token")
	b.oa.FreezeSecret(true)
	require.Equal(t, 40243, b.get(classic(b.oa)).code())
	require.Zero(t, b.probe(before))
	b.oa.FreezeSecret(false)
	b.oa.ResetSecret()
	require.Equal(t, 40125, b.get(classic(b.oa)).code())
}

func TestRevokedTokenAnswers40001(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := b.post("/cgi-bin/stable_token", stable(b.oa, false)).text("access_token")
	b.wx.Revoke(b.oa)
	require.Equal(t, 40001, b.probe(old))
	fresh := b.post("/cgi-bin/stable_token", stable(b.oa, false)).text("access_token")
	require.NotEqual(t, old, fresh)
	require.Zero(t, b.probe(fresh))
	require.Equal(t, 2, b.wx.TokenCalls())
}

// What nobody handed out is 40001, whatever it looks like: clients exist that renew on 40001 and 42001 only, and a
// placeholder and a token with letters missing were seen to give it.
func TestTokenThatNobodyHandedOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 41001, b.get("/cgi-bin/user/get").code())
	good := b.oa.Token()
	for _, token := range []string{
		"2", "made-up", "expired_token", "75_" + strings.Repeat("x", 133), good[:len(good)-2], good + "x", strings.ToLower(good),
	} {
		require.Equal(t, 40001, b.probe(token), token)
	}
	for name, token := range map[string]string{
		"Blank": "a%20token", "LineBreak": good + "%0A", "Chinese": "%E4%BB%A4%E7%89%8C", "TooLong": strings.Repeat("x", 513),
	} {
		require.Equal(t, 40014, b.probe(token), name)
	}
	require.Zero(t, b.probe(good))
	require.Equal(t, 48001, b.get(as(b.mp, "/cgi-bin/user/get")).code())
}

func TestDailyQuotaLastsUntilMidnightInChina(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetQuota("/cgi-bin/token", 2)
	b.get(classic(b.oa))
	b.get(classic(b.oa))
	require.Equal(t, 45009, b.get(classic(b.oa)).code())
	b.wx.Advance(12*time.Hour - time.Second)
	require.Equal(t, 45009, b.get(classic(b.oa)).code())
	b.wx.Advance(time.Second)
	require.Zero(t, b.get(classic(b.oa)).code())
}

func TestSameSeedSameTokens(t *testing.T) {
	t.Parallel()
	a, b, c := setup(t), setup(t), setup(t, emulator.WithSeed(7))
	require.Equal(t, a.get(classic(a.oa)), b.get(classic(b.oa)))
	require.NotEqual(t, a.oa.AppID, c.oa.AppID)
}
