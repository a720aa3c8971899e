package emulator

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	classicTokenPath = "/cgi-bin/token"
	stableTokenPath  = "/cgi-bin/stable_token"

	tokenLife     = 7200 * time.Second
	tokenOverlap  = 5 * time.Minute // for which the token before the newest still works
	renewalLead   = 5 * time.Minute // before the end at which a stable token is replaced
	forcedSpacing = 30 * time.Second
	forcedPerDay  = 20
)

var tokenRoutes = []route{
	{method: http.MethodGet, path: classicTokenPath, handle: getToken},
	{method: http.MethodPost, path: stableTokenPath, handle: getStableToken},
}

// token is one access token that was handed out.
type token struct {
	value string
	app   *App
	via   *App      // the third-party platform that calls on behalf of app; nil for app's own tokens
	ends  time.Time // natural end: 42001 from then on
	void  time.Time // the end that a newer token or a revocation set: 40001 from then on; zero if none
}

func (t *token) live(now time.Time) bool {
	return now.Before(t.ends) && (t.void.IsZero() || now.Before(t.void))
}

// succession is the line of tokens that one endpoint hands out for one account. The classic and the
// stable line of an account do not touch each other.
type succession struct {
	current, before *token
	forced          time.Time // the last forced renewal
	forcedDay       int64
	forcedCount     int // on forcedDay
}

// renew makes a new token. The one before stays valid for the overlap, the one before that ends now.
func (w *world) renew(a *App, s *succession, now time.Time) *token {
	t := &token{value: w.ids.token(), app: a, ends: now.Add(tokenLife)}
	if s.before != nil {
		s.before.endBy(now)
	}
	if s.current != nil {
		s.current.endBy(now.Add(tokenOverlap))
	}
	s.before, s.current = s.current, t
	w.tokens.put(t.value, t, now)
	return t
}

func (t *token) endBy(at time.Time) {
	if t.void.IsZero() || at.Before(t.void) {
		t.void = at
	}
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
}

func (t *token) answer(now time.Time) tokenAnswer {
	return tokenAnswer{t.value, int64(t.ends.Sub(now) / time.Second)}
}

// credentials are what a token request must prove.
type credentials struct {
	GrantType    string `json:"grant_type"`
	AppID        string `json:"appid"`
	Secret       string `json:"secret"`
	ForceRefresh bool   `json:"force_refresh"`
}

func getToken(c *call) reply {
	in := credentials{GrantType: c.query.Get("grant_type"), AppID: c.query.Get("appid"), Secret: c.query.Get("secret")}
	if bad, ok := c.checkCredentials(in); !ok {
		return bad
	}
	return c.data(c.w.renew(c.app, &c.app.classic, c.now).answer(c.now))
}

// getStableToken reads JSON only: a form or a query is as good as an empty body.
func getStableToken(c *call) reply {
	var in credentials
	if bad, ok := c.decode(&in); !ok {
		if bad.code != 40033 {
			return c.fail(41002)
		}
		return bad
	}
	if bad, ok := c.checkCredentials(in); !ok {
		return bad
	}
	s := &c.app.stable
	if in.ForceRefresh {
		return c.forceRefresh(s)
	}
	if s.current == nil || !s.current.live(c.now) || s.current.ends.Sub(c.now) <= renewalLead {
		c.w.renew(c.app, s, c.now)
	}
	return c.data(s.current.answer(c.now))
}

func (c *call) forceRefresh(s *succession) reply {
	if s.current != nil && s.current.live(c.now) && c.now.Sub(s.forced) < forcedSpacing {
		return c.data(s.current.answer(c.now))
	}
	if today := day(c.now); s.forcedDay != today {
		s.forcedDay, s.forcedCount = today, 0
	}
	if s.forcedCount >= forcedPerDay {
		return c.fail(45009)
	}
	s.forcedCount++
	s.forced = c.now
	return c.data(c.w.renew(c.app, s, c.now).answer(c.now))
}

// checkCredentials finds the account of a token request and the right to make it.
func (c *call) checkCredentials(in credentials) (reply, bool) {
	switch {
	case in.AppID == "":
		return c.fail(41002), false
	case in.Secret == "":
		return c.fail(41004), false
	case in.GrantType != "client_credential":
		return c.fail(40002), false
	}
	if code := c.identify(in.AppID, in.Secret); code != 0 {
		return c.fail(code), false
	}
	if c.app.Kind == ThirdParty {
		return c.fail(40013), false // it has a token request of its own
	}
	if c.app.secretFrozen {
		return c.fail(40243), false
	}
	if bad, ok := c.checkIP(); !ok {
		return bad, false
	}
	if code := c.app.spend(c.path, c.now); code != 0 {
		return c.fail(code), false
	}
	return reply{}, true
}

// checkIP holds the caller against the account's allow-list.
func (c *call) checkIP() (reply, bool) {
	if c.app.allows(c.ip) {
		return reply{}, true
	}
	return c.failf(40164, "invalid ip %s ipv6 ::ffff:%s, not in whitelist", c.ip, c.ip), false
}

func (a *App) allows(ip string) bool {
	return len(a.allowedIPs) == 0 || slices.Contains(a.allowedIPs, ip)
}

// identify finds the account by its AppID and checks its AppSecret.
func (c *call) identify(appID, secret string) errcode.Code {
	a := c.w.apps[appID]
	if a == nil {
		return 40013
	}
	c.app = a
	if secret != a.secret {
		return 40125
	}
	return 0
}

// tokenForm is what any token looks like, by whatever rule it was made: as many printable characters as developers are
// told to make room for.
var tokenForm = regexp.MustCompile(`^[!-~]{1,512}$`)

// authenticate finds the account that the call's access token belongs to.
func (c *call) authenticate(need tokenNeed) errcode.Code {
	value := c.query.Get("access_token")
	if value == "" && need != appToken {
		value = c.query.Get("component_access_token")
	}
	if value == "" {
		return 41001
	}
	t := c.w.tokens.get(value)
	if t == nil {
		return c.strangeToken(value)
	}
	c.app = t.app
	switch {
	case !t.void.IsZero() && !c.now.Before(t.void):
		return 40001
	case !c.now.Before(t.ends):
		if c.app.Kind == ThirdParty {
			return 42006
		}
		return 42001
	case t.via != nil && !t.via.authorizes(t.app):
		return 61003
	case need == platformToken && c.app.Kind != ThirdParty:
		return 61014
	case need == appToken && c.app.Kind == ThirdParty:
		return 61015
	}
	return 0
}

// strangeToken is the code for what is no app token. WeChat gives 40014 for a token of another kind; what was overwritten
// long ago, lost letters or was made up is 40001, for which every client fetches a new one.
func (c *call) strangeToken(value string) errcode.Code {
	if c.w.userTokens.get(value) != nil || !tokenForm.MatchString(value) {
		return 40014
	}
	return 40001
}

// Revoke makes all access tokens of an account invalid at once, as a changed account or another holder
// of the classic token does: calls with them answer 40001. So do those that third-party platforms use on
// its behalf. The next token request makes a new one.
func (s *Server) Revoke(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []*succession{&a.classic, &a.stable}
	for _, platform := range s.world.appList {
		if m := platform.authorization(a.AppID); m != nil {
			lines = append(lines, &m.tokens)
		}
	}
	now := s.world.clock.now()
	for _, line := range lines {
		line.revoke(now)
	}
}

func (s *succession) revoke(now time.Time) {
	for _, t := range []*token{s.current, s.before} {
		if t != nil {
			t.endBy(now)
		}
	}
	s.current, s.before = nil, nil
}

// Token returns a valid access token of the account without an API call, for a test that speaks HTTP
// itself. It is the stable one.
func (a *App) Token() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	now := a.s.world.clock.now()
	if t := a.stable.current; t != nil && t.live(now) && t.ends.Sub(now) > renewalLead {
		return t.value
	}
	return a.s.world.renew(a, &a.stable, now).value
}
