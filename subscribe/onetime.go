package subscribe

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/rest"
)

// OneTimeRequest asks a user of an official account for one message, on a page of WeChat's.
type OneTimeRequest struct {
	// Scene is a number of yours from 0 to 10000, which comes back with the answer and goes into the
	// message. Several permissions of a user for the same scene allow one message only; use another scene
	// for each that you need at the same time.
	Scene      int
	TemplateID string // the account's subscription template, shown in the console among its API permissions
	// RedirectURL is the page that takes the answer, see [ParseOneTime]. Its domain must be a business
	// domain (业务域名) of the account.
	RedirectURL string
	// Reserved comes back with the answer: up to 128 of a-z, A-Z and 0-9. Take [NewReserved] and keep it in
	// the user's session, for nothing else tells a true answer from a forged one.
	Reserved string
}

const (
	highestScene    = 10000
	longestReserved = 128
)

// NewReserved returns a random value for [OneTimeRequest], 26 letters and digits. It serves one request.
func NewReserved() string { return rand.Text() }

// OneTimeURL returns the address of the page on which a user permits one message (一次性订阅消息). The user
// opens it inside WeChat, by a link or a redirect. It serves verified official accounts, and the user need
// not follow. No request is made; a wrong field is an [errcode.FieldError].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/message/One-time_subscription_info.html
func (c *Client) OneTimeURL(r *OneTimeRequest) (string, error) {
	if err := r.check(c.core.Checks()); err != nil {
		return "", err
	}
	// The order is the documented one; url.Values would sort, and some of WeChat's pages mind.
	address := "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm" +
		"&appid=" + url.QueryEscape(c.core.AppID()) +
		"&scene=" + strconv.Itoa(r.Scene) +
		"&template_id=" + url.QueryEscape(r.TemplateID) +
		"&redirect_url=" + url.QueryEscape(r.RedirectURL)
	if r.Reserved != "" {
		address += "&reserved=" + url.QueryEscape(r.Reserved)
	}
	return address + "#wechat_redirect", nil
}

func (r *OneTimeRequest) check(rules bool) error {
	switch {
	case r == nil:
		return fieldError("OneTimeRequest", "nil")
	case !utf8.ValidString(r.TemplateID):
		return fieldError("TemplateID", rest.NotUTF8)
	case !utf8.ValidString(r.RedirectURL):
		return fieldError("RedirectURL", rest.NotUTF8)
	case !utf8.ValidString(r.Reserved):
		return fieldError("Reserved", rest.NotUTF8)
	case !rules:
		return nil
	case r.TemplateID == "":
		return fieldError("TemplateID", "empty")
	case len(r.Reserved) > longestReserved:
		return fieldError("Reserved", fmt.Sprintf("%d characters, limit %d", len(r.Reserved), longestReserved))
	case strings.ContainsFunc(r.Reserved, func(r rune) bool { return !isAlphanumeric(r) }):
		return fieldError("Reserved", "has a character other than a-z, A-Z and 0-9")
	}
	if err := checkScene(r.Scene); err != nil {
		return err
	}
	to, err := url.Parse(r.RedirectURL)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return fieldError("RedirectURL", "not an absolute http or https address")
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func checkScene(scene int) error {
	if scene < 0 || scene > highestScene {
		return fieldError("Scene", fmt.Sprintf("%d, allowed are 0 to %d", scene, highestScene))
	}
	return nil
}

// OneTimeAnswer is what a user answered on the page of [Client.OneTimeURL].
type OneTimeAnswer struct {
	// OpenID of the user in the official account, empty unless the user confirmed. WeChat does not sign
	// the answer: it is good for the message that the user permitted, and no proof of who is there.
	OpenID     string
	TemplateID string
	Scene      int
	Action     string // "confirm" or "cancel"
}

// Confirmed reports whether the user permitted the message.
func (a *OneTimeAnswer) Confirmed() bool { return a.Action == "confirm" && a.OpenID != "" }

// ErrReserved is the error of [ParseOneTime] for a redirect that does not carry the expected value.
var ErrReserved = errors.New("subscribe: reserved is not the one expected")

// ParseOneTime reads the query of the redirect that follows [Client.OneTimeURL]. reserved is what the
// request carried, from the user's session; it is compared in constant time, and a redirect with another
// one, or an empty one on either side, is [ErrReserved]. Drop the value from the session after use.
func ParseOneTime(query url.Values, reserved string) (*OneTimeAnswer, error) {
	got := query.Get("reserved")
	if reserved == "" || subtle.ConstantTimeCompare([]byte(got), []byte(reserved)) != 1 {
		return nil, ErrReserved
	}
	scene, err := strconv.Atoi(query.Get("scene"))
	if err != nil {
		return nil, errors.New("subscribe: redirect: scene is not a number")
	}
	return &OneTimeAnswer{
		OpenID: query.Get("openid"), TemplateID: query.Get("template_id"),
		Scene: scene, Action: query.Get("action"),
	}, nil
}

// OneTimeMessage is the message that a user permitted. ToUser, TemplateID, Title and Content are needed.
type OneTimeMessage struct {
	ToUser      string       // OpenID of the answer
	TemplateID  string       // of the answer
	Scene       int          // of the answer
	Title       string       // up to 15 characters
	Content     string       // up to 200 characters
	Color       string       // of Content, such as "#FF0000"; "" for the default
	URL         string       // web page that the message opens; it needs an ICP registration
	MiniProgram *MiniProgram // Mini Program that it opens instead of URL; nil for none
}

// SendOneTime sends the one message that a user permitted (通过API推送订阅模板消息). It serves verified official
// accounts. Followers get it in the account's chat, others among their service notifications.
//
// Errors: [errcode.UserRefused] where no permission is left, which WeChat's page leaves out; [errcode.InvalidTitleSize].
// WeChat gives the message no id. An error after which it may have been sent matches [wechat.ErrOutcomeUnknown].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe.html
//
//wechat:endpoint POST /cgi-bin/message/template/subscribe
//wechat:account official-account
func (c *Client) SendOneTime(ctx context.Context, m *OneTimeMessage) error {
	if err := m.check(c.core.Checks()); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "subscribe.SendOneTime", Method: http.MethodPost, Path: "/cgi-bin/message/template/subscribe",
		In: (*wireOneTime)(m),
	})
}

// wireOneTime is a OneTimeMessage that writes its own JSON.
type wireOneTime OneTimeMessage

// AppendJSON implements rest.Appender.
func (m *wireOneTime) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("touser", m.ToUser)
	o.String("template_id", m.TemplateID)
	o.Optional("url", m.URL)
	m.MiniProgram.append(&o)
	o.String("scene", strconv.Itoa(m.Scene))
	o.String("title", m.Title)
	o.Open("data")
	o.Open("content")
	o.String("value", m.Content)
	o.Optional("color", m.Color)
	o.Shut()
	o.Shut()
	return o.Close()
}

func (m *OneTimeMessage) check(rules bool) error {
	const longestTitle, longestContent = 15, 200
	switch {
	case m == nil:
		return fieldError("OneTimeMessage", "nil")
	case !rules:
		return nil
	case m.ToUser == "":
		return fieldError("ToUser", "empty")
	case m.TemplateID == "":
		return fieldError("TemplateID", "empty")
	}
	if err := checkScene(m.Scene); err != nil {
		return err
	}
	if err := checkText("Title", m.Title, longestTitle); err != nil {
		return err
	}
	if err := checkText("Content", m.Content, longestContent); err != nil {
		return err
	}
	if mini := m.MiniProgram; mini != nil && (mini.AppID == "") != (mini.Page == "") {
		return fieldError("MiniProgram", "AppID and Page are both needed")
	}
	return nil
}

func checkText(field, text string, limit int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0:
		return fieldError(field, "empty")
	case n > limit:
		return fieldError(field, fmt.Sprintf("%d characters, limit %d", n, limit))
	}
	return nil
}
