package oauth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/rest"
)

// Web authorises visitors of web pages: inside WeChat for a service account (网页授权), on a computer by a QR
// code for a website application (网站应用), which has an AppID and AppSecret of its own. It is safe for
// concurrent use.
//
// The visitor's browser is sent to [Web.AuthorizeURL] or [Web.QRLoginURL] and comes back with a code, which
// [Web.Finish] exchanges for the visitor's token. The calls need the AppSecret and never the account's access
// token; the visitor's own tokens have nothing to do with that one.
type Web struct {
	core      *wechat.Client
	component *Component // nil: the account acts for itself
}

// NewWeb returns a Web that calls through c.
func NewWeb(c *wechat.Client) *Web { return &Web{core: c} }

// NewWebForComponent returns a Web of a third-party platform that acts for the account of c, which then
// needs no AppSecret.
func NewWebForComponent(c *wechat.Client, p *Component) *Web { return &Web{core: c, component: p} }

// Format keeps every verb of fmt from walking into the platform's token source.
func (w Web) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "oauth.Web("+w.core.AppID()+")") }

// Scope is what a visitor is asked for.
type Scope string

// The scopes of a service account.
const (
	ScopeBase     Scope = "snsapi_base"     // the OpenID; the visitor is not asked
	ScopeUserInfo Scope = "snsapi_userinfo" // name, picture and UnionID too; the visitor is asked
)

// Authorization is what the visitor's browser takes to WeChat. RedirectURI and State are needed.
type Authorization struct {
	// RedirectURI is where the browser comes back to. Its host must equal one that is configured in the
	// console; being below one is not enough.
	RedirectURI string
	Scope       Scope // "" means ScopeBase
	// State comes back as it is and proves that the visitor started here: up to 128 letters and digits, see
	// [NewState].
	State         string
	ForcePopup    bool // ask even a visitor who would not be asked
	ForceSnapshot bool // show the page as a snapshot at first, see [UserToken.IsSnapshotUser]
}

const (
	authorizePage = "https://open.weixin.qq.com/connect/oauth2/authorize"
	qrLoginPage   = "https://open.weixin.qq.com/connect/qrconnect"
	stateLimit    = 128 // bytes
)

// AuthorizeURL returns the page of WeChat to which a visitor inside WeChat is redirected to authorise a service
// account.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/h5
func (w *Web) AuthorizeURL(a *Authorization) (string, error) {
	if a == nil {
		return "", fieldError("Authorization", "nil")
	}
	if err := w.check(a.RedirectURI, a.State); err != nil {
		return "", err
	}
	scope := a.Scope
	if scope == "" {
		scope = ScopeBase
	}
	return w.pageURL(authorizePage, a, scope), nil
}

// QRLoginURL returns the page of WeChat that shows a visitor of a website the QR code to log in by
// (网站应用微信登录). The client must be the website application's.
//
// A visitor who declines does not come back, or without a code: see [ErrDeclined].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/web
func (w *Web) QRLoginURL(redirectURI, state string) (string, error) {
	if err := w.check(redirectURI, state); err != nil {
		return "", err
	}
	return w.pageURL(qrLoginPage, &Authorization{RedirectURI: redirectURI, State: state}, "snsapi_login"), nil
}

// pageURL writes the parameters in the order that WeChat insists on, and the fragment, without which the
// page does not work, at the end.
func (w *Web) pageURL(page string, a *Authorization, scope Scope) string {
	var b strings.Builder
	b.WriteString(page + "?appid=" + url.QueryEscape(w.core.AppID()))
	b.WriteString("&redirect_uri=" + url.QueryEscape(a.RedirectURI))
	b.WriteString("&response_type=code&scope=" + url.QueryEscape(string(scope)))
	b.WriteString("&state=" + url.QueryEscape(a.State))
	if w.component != nil {
		b.WriteString("&component_appid=" + url.QueryEscape(w.component.AppID))
	}
	if a.ForcePopup {
		b.WriteString("&forcePopup=true")
	}
	if a.ForceSnapshot {
		b.WriteString("&forceSnapShot=true")
	}
	b.WriteString("#wechat_redirect")
	return b.String()
}

func (w *Web) check(redirectURI, state string) error {
	switch {
	case !utf8.ValidString(redirectURI):
		return fieldError("RedirectURI", rest.NotUTF8)
	case !utf8.ValidString(state):
		return fieldError("State", rest.NotUTF8)
	case !w.core.Checks():
		return nil
	}
	u, err := url.Parse(redirectURI)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fieldError("RedirectURI", "not the absolute address of a page")
	}
	switch {
	case state == "":
		return fieldError("State", "empty")
	case len(state) > stateLimit:
		return fieldError("State", fmt.Sprintf("%d bytes, limit %d", len(state), stateLimit))
	case strings.ContainsFunc(state, isNoStateRune):
		return fieldError("State", "only letters and digits of ASCII are allowed")
	}
	return nil
}

func isNoStateRune(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// NewState returns a random text for [Authorization.State]. Keep it in a cookie or the session of the
// visitor's browser, and give it to [Web.Finish].
func NewState() string { return rand.Text() }

// What a visitor may come back with; errors.Is finds them.
var (
	// ErrState marks a visitor who did not start here, or whose cookie is gone: a link that somebody else
	// made, perhaps to log the visitor in as another person. Start over.
	ErrState = errors.New("state does not match")
	// ErrDeclined marks a visitor who came back without a code: the authorisation was declined.
	ErrDeclined = errors.New("the visitor declined")
)

// code takes the code out of the query that a visitor came back with.
func code(query url.Values, state string) (string, error) {
	got := query.Get("state")
	if state == "" || subtle.ConstantTimeCompare([]byte(got), []byte(state)) != 1 {
		return "", ErrState
	}
	if query.Get("code") == "" {
		return "", ErrDeclined
	}
	return query.Get("code"), nil
}
