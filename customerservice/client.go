package customerservice

import (
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Client makes the calls of this package for one account. It is safe for concurrent use.
type Client struct {
	core       *wechat.Client
	businessID string
	sendPath   string // "" follows the rule of Send
	typingPath string // "" follows the rule of Typing
}

// New returns a Client that calls through c.
func New(c *wechat.Client) *Client { return &Client{core: c} }

// ForBusiness returns a Client that acts for one sub-merchant (客服子商户) of a Mini Program: [Client.Send],
// [Client.Typing] and [Client.CancelTyping] take the paths of sub-merchants, and the calls about agents that Mini Programs
// have name it. Pushes from its chats carry the id. "" is the account itself.
//
// Errors of all these calls: [errcode.BusinessNotFound]; of those about agents also [errcode.InvalidParameters], for a
// sub-merchant that was made without [NewBusiness.ToCommon].
func (c *Client) ForBusiness(businessID string) *Client {
	derived := *c
	derived.businessID = businessID
	return &derived
}

// WithTypingPath returns a Client that uses path for [Client.Typing] and [Client.CancelTyping] in place of the
// one that the rule there picks: WeChat's pages and its servers do not agree on it. "" goes back to the rule.
func (c *Client) WithTypingPath(path string) *Client {
	derived := *c
	derived.typingPath = path
	return &derived
}

// WithSendPath returns a Client that uses path for [Client.Send] in place of the one that the rule there picks. "" goes
// back to the rule.
func (c *Client) WithSendPath(path string) *Client {
	derived := *c
	derived.sendPath = path
	return &derived
}

// path is the one that was set, or else that of sub-merchants where the client acts for one.
func (c *Client) path(set, business, plain string) string {
	switch {
	case set != "":
		return set
	case c.businessID != "":
		return business
	}
	return plain
}

// query makes a query of pairs of key and value.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// query makes a query that names the sub-merchant too, if there is one.
func (c *Client) query(pairs ...string) url.Values {
	q := query(pairs...)
	if c.businessID != "" {
		q.Set("business_id", c.businessID)
	}
	return q
}

// needTexts finds values that a call cannot do without and that are empty. It takes pairs of name and value.
func (c *Client) needTexts(pairs ...string) error {
	if !c.core.Checks() {
		return nil
	}
	return firstEmpty(pairs...)
}

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "customerservice", Field: field, Reason: reason}
}
