package emulator

import (
	"net/http"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	codeToSessionPath = "/sns/jscode2session"

	codeLife = 5 * time.Minute
)

var loginRoutes = []route{
	{method: http.MethodGet, path: codeToSessionPath, handle: codeToSession},
}

// use is what a code may be exchanged for.
type use uint8

const (
	forLogin use = iota + 1
	forPhone
	forPlugin
	forOAuth
)

// userCode is a code of any kind that a client program was given for its server.
type userCode struct {
	use    use
	member *member
	ends   time.Time
	used   bool

	scope    string // of an OAuth code
	snapshot bool   // the page was a snapshot (快照页)
}

func (c *userCode) stale(now time.Time) bool { return lapsed(c.ends, now) }

// LoginCode is what wx.login gives the Mini Program for its server: a code for one jscode2session, good
// for five minutes.
func (u *User) LoginCode(mini *App) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("LoginCode", mini, MiniProgram)
	m := u.member(mini)
	m.visit()
	return u.s.world.newCode(forLogin, m, codeLife)
}

func (w *world) newCode(use use, m *member, life time.Duration) string {
	now := w.clock.now()
	value := "0" + w.ids.text(31, base62)
	w.codes.put(value, &userCode{use: use, member: m, ends: now.Add(life)}, now)
	return value
}

// redeem uses a code up for the calling account.
func (c *call) redeem(value string, use use) (*userCode, errcode.Code) {
	found := c.w.codes.get(value)
	switch {
	case found == nil || found.use != use || found.member.app != c.app:
		return nil, errcode.InvalidCode
	case found.used:
		return nil, errcode.CodeUsed
	case !c.now.Before(found.ends):
		return nil, errcode.InvalidCode
	}
	found.used = true
	return found, 0
}

func codeToSession(c *call) reply {
	q := c.query
	switch {
	case q.Get("appid") == "":
		return c.fail(errcode.AppIDMissing)
	case q.Get("secret") == "":
		return c.fail(errcode.AppSecretMissing)
	case q.Get("grant_type") != "authorization_code":
		return c.fail(errcode.InvalidGrantType)
	case q.Get("js_code") == "":
		return c.fail(errcode.CodeMissing)
	}
	if code := c.identify(q.Get("appid"), q.Get("secret")); code != 0 {
		return c.fail(code)
	}
	if bad, ok := c.checkIP(); !ok && c.app.Kind == MiniProgram {
		return bad
	}
	return c.login(q.Get("js_code"))
}

// login turns a login code of the calling Mini Program into its user.
func (c *call) login(value string) reply {
	if c.app.Kind != MiniProgram {
		return c.fail(errcode.InvalidAppID)
	}
	found, errCode := c.redeem(value, forLogin)
	if errCode != 0 {
		return c.fail(errCode)
	}
	m := found.member
	m.login(c.w, c.now)
	return c.data(struct {
		OpenID     string `json:"openid"`
		SessionKey string `json:"session_key"`
		UnionID    string `json:"unionid,omitempty"`
	}{m.OpenID, m.SessionKey, m.UnionID})
}
