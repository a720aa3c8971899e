package emulator

import (
	"errors"
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

// appAccess is by what right, and how often, an account may call.
type appAccess struct {
	Classic succession `json:"classic,omitzero"`
	Stable  succession `json:"stable,omitzero"`
	usage
	Verification verification `json:"verification,omitzero"`

	security *security         // nil unless calls must be signed; it has a private key
	clears   clears            // statistics of the month
	tickets  map[string]ticket // for JS-SDK and cards, by type; fetched anew
}

// worldAccess is what was handed out to programs and is handed in again.
type worldAccess struct {
	tokens     shelf[*token]
	codes      shelf[*userCode]  // good for five minutes
	userTokens shelf[*userToken] // by access token and by refresh token; people log in again
	sealed     shelf[sealedAt]   // encrypted phone numbers by their hash, good for a query
}

// memberAccess is by what right an account's program speaks of a user.
type memberAccess struct {
	SessionKey  string       `json:"sessionKey,omitempty"`
	KeyMade     time.Time    `json:"keyMade,omitzero"`
	KeyEnds     time.Time    `json:"keyEnds,omitzero"`
	EncryptKeys []encryptKey `json:"encryptKeys,omitempty"` // newest first

	paid *payment // the last one, good for five minutes
}

// token is one access token that was handed out.
type token struct {
	ofApp
	Value string    `json:"value"`
	Ends  time.Time `json:"ends"`          // natural end: 42001 from then on
	Void  time.Time `json:"void,omitzero"` // the end that a newer token or a revocation set: 40001 from then on; zero if none

	via *App // the third-party platform that calls on behalf of the account; nil for its own tokens
}

func (t *token) stale(now time.Time) bool { return lapsed(t.Ends, now) }

func (t *token) live(now time.Time) bool {
	return now.Before(t.Ends) && (t.Void.IsZero() || now.Before(t.Void))
}

// savedTokens leaves out those that third-party platforms use on behalf of an account: they go with the
// authorisations, which are not saved.
func (w *worldAccess) savedTokens() []*token {
	return slices.DeleteFunc(w.tokens.sorted(), func(t *token) bool { return t.via != nil })
}

// succession is the line of tokens that one endpoint hands out for one account. The classic and the
// stable line of an account do not touch each other.
type succession struct {
	Current     string    `json:"current,omitempty"`
	Before      string    `json:"before,omitempty"`
	Forced      time.Time `json:"forced,omitzero"` // the last forced renewal
	ForcedDay   int64     `json:"forcedDay,omitempty"`
	ForcedCount int       `json:"forcedCount,omitempty"` // on ForcedDay
}

// current is the newest token of a line, nil if there is none or if it is long gone.
func (w *worldAccess) current(s *succession) *token { return w.tokens.get(s.Current) }

// saved leaves out the names of tokens that the shelf has forgotten.
func (a appAccess) saved(w *worldAccess) appAccess {
	for _, value := range []*string{&a.Classic.Current, &a.Classic.Before, &a.Stable.Current, &a.Stable.Before} {
		if w.tokens.get(*value) == nil {
			*value = ""
		}
	}
	return a
}

// loaded makes sure that the lines name tokens that there are.
func (a *appAccess) loaded(w *worldAccess) error {
	for _, value := range []string{a.Classic.Current, a.Classic.Before, a.Stable.Current, a.Stable.Before} {
		if value != "" && w.tokens.get(value) == nil {
			return errors.New("a token in use is not in the list of tokens")
		}
	}
	return nil
}

// renew makes a new token. The one before stays valid for the overlap, the one before that ends now.
func (w *world) renew(a *App, s *succession, now time.Time) *token {
	t := &token{ofApp: ofApp{a.AppID}, Value: w.ids.token(), Ends: now.Add(tokenLife)}
	if before := w.tokens.get(s.Before); before != nil {
		before.endBy(now)
	}
	if current := w.current(s); current != nil {
		current.endBy(now.Add(tokenOverlap))
	}
	s.Before, s.Current = s.Current, t.Value
	w.tokens.put(t.Value, t, now)
	return t
}

func (t *token) endBy(at time.Time) {
	if t.Void.IsZero() || at.Before(t.Void) {
		t.Void = at
	}
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
}

func (t *token) answer(now time.Time) tokenAnswer {
	return tokenAnswer{t.Value, int64(t.Ends.Sub(now) / time.Second)}
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
	return c.data(c.w.renew(c.app, &c.app.access.Classic, c.now).answer(c.now))
}

// getStableToken reads JSON only: a form or a query is as good as an empty body.
func getStableToken(c *call) reply {
	var in credentials
	if bad, ok := c.decode(&in); !ok {
		if bad.code != errcode.InvalidCharacters {
			return c.fail(errcode.AppIDMissing)
		}
		return bad
	}
	if bad, ok := c.checkCredentials(in); !ok {
		return bad
	}
	s := &c.app.access.Stable
	if in.ForceRefresh {
		return c.forceRefresh(s)
	}
	t := c.w.current(s)
	if t == nil || !t.live(c.now) || t.Ends.Sub(c.now) <= renewalLead {
		t = c.w.renew(c.app, s, c.now)
	}
	return c.data(t.answer(c.now))
}

func (c *call) forceRefresh(s *succession) reply {
	if t := c.w.current(s); t != nil && t.live(c.now) && c.now.Sub(s.Forced) < forcedSpacing {
		return c.data(t.answer(c.now))
	}
	if today := day(c.now); s.ForcedDay != today {
		s.ForcedDay, s.ForcedCount = today, 0
	}
	if s.ForcedCount >= forcedPerDay {
		return c.fail(errcode.DayQuotaReached)
	}
	s.ForcedCount++
	s.Forced = c.now
	return c.data(c.w.renew(c.app, s, c.now).answer(c.now))
}

// checkCredentials finds the account of a token request and the right to make it.
func (c *call) checkCredentials(in credentials) (reply, bool) {
	switch {
	case in.AppID == "":
		return c.fail(errcode.AppIDMissing), false
	case in.Secret == "":
		return c.fail(errcode.AppSecretMissing), false
	case in.GrantType != "client_credential":
		return c.fail(errcode.InvalidGrantType), false
	}
	if code := c.identify(in.AppID, in.Secret); code != 0 {
		return c.fail(code), false
	}
	if c.app.Kind == ThirdParty {
		return c.fail(errcode.InvalidAppID), false // it has a token request of its own
	}
	if c.app.identity.SecretFrozen {
		return c.fail(errcode.AppSecretFrozen), false
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
	return c.failf(errcode.IPNotInAllowList, "invalid ip %s ipv6 ::ffff:%s, not in whitelist", c.ip, c.ip), false
}

func (a *App) allows(ip string) bool {
	return len(a.identity.AllowedIPs) == 0 || slices.Contains(a.identity.AllowedIPs, ip)
}

// identify finds the account by its AppID and checks its AppSecret.
func (c *call) identify(appID, secret string) errcode.Code {
	a := c.w.apps[appID]
	if a == nil {
		return errcode.InvalidAppID
	}
	c.app = a
	if secret != a.identity.Secret {
		return errcode.InvalidAppSecret
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
		return errcode.AccessTokenMissing
	}
	t := c.w.tokens.get(value)
	if t == nil {
		return c.strangeToken(value)
	}
	c.app = c.w.apps[t.AppID]
	switch {
	case !t.Void.IsZero() && !c.now.Before(t.Void):
		return errcode.InvalidCredential
	case !c.now.Before(t.Ends):
		if c.app.Kind == ThirdParty {
			return errcode.ComponentTokenExpired
		}
		return errcode.AccessTokenExpired
	case t.via != nil && !t.via.authorizes(c.app):
		return errcode.AuthorizationCancelled
	case need == platformToken && c.app.Kind != ThirdParty:
		return errcode.ComponentTokenRequired
	case need == appToken && c.app.Kind == ThirdParty:
		return errcode.AccountTokenRequired
	}
	return 0
}

// strangeToken is the code for what is no app token. WeChat gives 40014 for a token of another kind; what was overwritten
// long ago, lost letters or was made up is 40001, for which every client fetches a new one.
func (c *call) strangeToken(value string) errcode.Code {
	if c.w.userTokens.get(value) != nil || !tokenForm.MatchString(value) {
		return errcode.InvalidAccessToken
	}
	return errcode.InvalidCredential
}

// Revoke makes all access tokens of an account invalid at once, as a changed account or another holder
// of the classic token does: calls with them answer 40001. So do those that third-party platforms use on
// its behalf. The next token request makes a new one.
func (s *Server) Revoke(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []*succession{&a.access.Classic, &a.access.Stable}
	for _, platform := range s.world.appList {
		if m := platform.authorization(a.AppID); m != nil {
			lines = append(lines, &m.tokens)
		}
	}
	now := s.world.clock.now()
	for _, line := range lines {
		s.world.revoke(line, now)
	}
}

func (w *world) revoke(s *succession, now time.Time) {
	for _, value := range []string{s.Current, s.Before} {
		if t := w.tokens.get(value); t != nil {
			t.endBy(now)
		}
	}
	s.Current, s.Before = "", ""
}

// Token returns a valid access token of the account without an API call, for a test that speaks HTTP
// itself. It is the stable one.
func (a *App) Token() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	now := a.s.world.clock.now()
	if t := a.s.world.current(&a.access.Stable); t != nil && t.live(now) && t.Ends.Sub(now) > renewalLead {
		return t.Value
	}
	return a.s.world.renew(a, &a.access.Stable, now).Value
}
