package emulator

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PageError is an error that WeChat shows in the browser instead of going on.
type PageError struct {
	Code   int // such as 10003; 0 where WeChat shows no number
	Reason string
}

// Error returns number and reason.
func (e *PageError) Error() string {
	return fmt.Sprintf("emulator: page error %d: %s", e.Code, e.Reason)
}

// Visit opens a page of WeChat's in the user's browser and agrees to what it asks. It returns the address
// that WeChat sends the browser to. The pages are
//
//   - https://open.weixin.qq.com/connect/oauth2/authorize, web OAuth of a service account (网页授权)
//   - https://open.weixin.qq.com/connect/qrconnect, login to a website
//   - https://mp.weixin.qq.com/mp/subscribemsg, a one-time subscription (一次性订阅)
//
// The error is a *[PageError].
func (u *User) Visit(rawURL string) (redirect string, err error) { return u.visit(rawURL, true) }

// Decline opens the same pages as [User.Visit], but does not agree.
func (u *User) Decline(rawURL string) (redirect string, err error) { return u.visit(rawURL, false) }

func (u *User) visit(rawURL string, agreed bool) (string, error) {
	link, err := url.Parse(rawURL)
	if err != nil {
		return "", &PageError{Reason: "not an address"}
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	page := &visit{user: u, w: &u.s.world, link: link, query: link.Query(), agreed: agreed}
	var redirect string
	var failure *PageError
	switch link.Path {
	case "/connect/oauth2/authorize":
		redirect, failure = page.authorize(ServiceAccount, 5*time.Minute, scopeBase, scopeUserInfo)
	case "/connect/qrconnect":
		redirect, failure = page.authorize(Website, 10*time.Minute, scopeLogin)
	case "/mp/subscribemsg":
		redirect, failure = page.subscribe()
	default:
		failure = &PageError{Reason: "no such page"}
	}
	if failure != nil {
		return "", failure
	}
	return redirect, nil
}

// visit is one page in a user's browser.
type visit struct {
	user   *User
	w      *world
	link   *url.URL
	query  url.Values
	agreed bool
}

var stateForm = regexp.MustCompile(`^[a-zA-Z0-9]{1,128}$`)

func (v *visit) authorize(kind Kind, life time.Duration, scopes ...string) (string, *PageError) {
	a, failure := v.account(kind)
	if failure != nil {
		return "", failure
	}
	if failure := v.checkAuthorize(a, scopes); failure != nil {
		return "", failure
	}
	q := v.query
	out := url.Values{"state": {q.Get("state")}}
	if v.agreed {
		value := v.w.newCode(forOAuth, v.user.member(a), life)
		code := v.w.codes.get(value)
		code.scope, code.snapshot = q.Get("scope"), q.Get("forceSnapShot") == "true"
		out.Set("code", value)
	}
	return withQuery(q.Get("redirect_uri"), out), nil
}

func (v *visit) account(kind Kind) (*App, *PageError) {
	a := v.w.apps[v.query.Get("appid")]
	switch {
	case v.query.Get("appid") == "":
		return nil, &PageError{10012, "appid is empty"}
	case a == nil || a.Kind != kind:
		return nil, &PageError{10016, "appid is not of an account of this kind"}
	case v.link.Fragment != "wechat_redirect":
		return nil, &PageError{Reason: "#wechat_redirect is missing"}
	}
	return a, nil
}

func (v *visit) checkAuthorize(a *App, scopes []string) *PageError {
	q := v.query
	switch {
	case q.Get("redirect_uri") == "":
		return &PageError{10011, "redirect_uri is empty"}
	case !a.ownsDomain(q.Get("redirect_uri")):
		return &PageError{10003, "redirect_uri is not in the account's domain"}
	case q.Get("scope") == "":
		return &PageError{10010, "scope is empty"}
	case !slices.Contains(scopes, q.Get("scope")):
		return &PageError{10005, "scope is not permitted"}
	case q.Get("state") == "":
		return &PageError{10013, "state is empty"}
	case !stateForm.MatchString(q.Get("state")):
		return &PageError{Reason: "state: want at most 128 letters and digits"}
	case q.Get("response_type") != "code":
		return &PageError{Reason: "response_type is not code"}
	case !inOrder(v.link.RawQuery, "appid", "redirect_uri", "response_type", "scope", "state"):
		return &PageError{Reason: "the parameters are not in the documented order"}
	}
	return nil
}

// subscribe is the page that asks for a one-time subscription.
func (v *visit) subscribe() (string, *PageError) {
	a, failure := v.account(ServiceAccount)
	if failure != nil {
		return "", failure
	}
	q := v.query
	scene, err := strconv.Atoi(q.Get("scene"))
	switch {
	case q.Get("action") != "get_confirm":
		return "", &PageError{Reason: "action is not get_confirm"}
	case err != nil || scene < 0 || scene > 10000:
		return "", &PageError{Reason: "scene is not a number up to 10000"}
	case q.Get("template_id") != a.messages.OneTimeTemplate:
		return "", &PageError{Reason: "template_id is not the account's"}
	case q.Get("redirect_url") == "" || !a.ownsDomain(q.Get("redirect_url")):
		return "", &PageError{Reason: "redirect_url is not in the account's business domain"}
	case len(q.Get("reserved")) > 128:
		return "", &PageError{Reason: "reserved is longer than 128 bytes"}
	}
	m := v.user.member(a)
	out := url.Values{"template_id": {a.messages.OneTimeTemplate}, "action": {"cancel"}, "scene": {q.Get("scene")}}
	if q.Has("reserved") {
		out.Set("reserved", q.Get("reserved"))
	}
	if v.agreed {
		if m.Scenes == nil {
			m.Scenes = map[int]bool{}
		}
		m.Scenes[scene] = true
		out.Set("action", "confirm")
		out.Set("openid", m.OpenID)
	}
	return withQuery(q.Get("redirect_url"), out), nil
}

// ownsDomain compares the host with the account's registered one, if it has one.
func (a *App) ownsDomain(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return a.identity.WebDomain == "" || u.Hostname() == a.identity.WebDomain
}

func withQuery(rawURL string, add url.Values) string {
	base, fragment, _ := strings.Cut(rawURL, "#")
	sep := "?"
	if strings.Contains(base, "?") {
		sep = "&"
	}
	if fragment != "" {
		fragment = "#" + fragment
	}
	return base + sep + add.Encode() + fragment
}

// inOrder checks that the names appear in this order.
func inOrder(rawQuery string, names ...string) bool {
	at := -1
	for _, name := range names {
		i := strings.Index("&"+rawQuery, "&"+name+"=")
		if i < at {
			return false
		}
		at = i
	}
	return true
}
