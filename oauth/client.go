package oauth

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/secret"
)

// Client makes the calls of this package for one account: those of login for a Mini Program, those about
// followers, tags and the blacklist for a service account. It is safe for concurrent use.
//
// Authorisation in web pages has a client of its own, see [Web].
type Client struct {
	core      *wechat.Client
	component *Component // nil: the account acts for itself
}

// New returns a Client that calls through c.
func New(c *wechat.Client) *Client { return &Client{core: c} }

// NewForComponent returns a Client of a third-party platform that acts for the account of c. c needs no
// AppSecret; its token source gives the account's authorizer_access_token.
func NewForComponent(c *wechat.Client, p *Component) *Client { return &Client{core: c, component: p} }

// Format keeps every verb of fmt from walking into the platform's token source.
func (c Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "oauth.Client("+c.core.AppID()+")")
}

// checkSecret finds a secret that was stored as it prints.
func checkSecret(field string, s wechat.Secret) error {
	if secret.IsMask(s) {
		return fieldError(field, secret.Masked)
	}
	return nil
}

// needTexts finds the first empty value. It takes the names of fields and their values in turn.
func needTexts(core *wechat.Client, pairs ...string) error {
	if !core.Checks() {
		return nil
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return fieldError(pairs[i], "empty")
		}
	}
	return nil
}

// checkList finds the first OpenID of a list that is empty or not UTF-8, before the first part of the list is sent.
func checkList(core *wechat.Client, openIDs []string) error {
	for i, id := range openIDs {
		switch {
		case !utf8.ValidString(id):
			return fieldError(fmt.Sprintf("openIDs[%d]", i), rest.NotUTF8)
		case id == "" && core.Checks():
			return fieldError(fmt.Sprintf("openIDs[%d]", i), "empty")
		}
	}
	return nil
}

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "oauth", Field: field, Reason: reason}
}
