package servicecard

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// Client makes the calls of this package for one Mini Program. It is safe for concurrent use; the calls about one code
// belong one after the other.
type Client struct {
	core  *wechat.Client
	steps map[Kind][]Step // by which changes are checked
}

// Option changes a setting of the client that [New] makes.
type Option func(*Client)

// WithSteps replaces the table by which the changes of a kind of cards are checked, or adds that of a kind that has
// none. No steps leave the changes of this kind to WeChat. See [Steps] for what applies without it.
func WithSteps(kind Kind, steps ...Step) Option {
	return func(c *Client) { c.steps[kind] = slices.Clone(steps) }
}

// New returns a Client that calls through c, the client of a Mini Program, or of a third-party platform for one of the
// Mini Programs that gave it permission set 18. Others get [errcode.APIUnauthorized].
func New(c *wechat.Client, opts ...Option) *Client {
	made := &Client{core: c, steps: maps.Clone(knownSteps)}
	for _, opt := range opts {
		if opt != nil {
			opt(made)
		}
	}
	return made
}

// Card names one card. Set, Extend and Get take it.
type Card struct {
	OpenID string // of the user who paid the order, or tapped the button, in this Mini Program
	Kind   Kind
	// Code is the permission (notify_code). For a kind with an order it is the transaction number of WeChat Pay
	// (transaction_id, 28 digits), not the merchant's own (out_trade_no); of a combined payment that of the part order;
	// of a Pay-Score order the service order number. For the others it is the code that the button's event has.
	Code string
}

func (c *Card) check() error {
	switch {
	case c.OpenID == "":
		return fieldErrorf("OpenID", "empty")
	case c.Kind <= 0:
		return fieldErrorf("Kind", "%d, such as %d for the order of goods that are sent", c.Kind, Shopping)
	case c.Code == "":
		return fieldErrorf("Code", "empty")
	}
	return nil
}

// wireCard is what all calls begin with.
type wireCard struct {
	OpenID string `json:"openid"`
	Kind   Kind   `json:"notify_type"`
	Code   string `json:"notify_code"`
}

func (c *Card) wire() wireCard { return wireCard(*c) }

// fieldErrorf returns the finding of a local check.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "servicecard", Field: field, Reason: fmt.Sprintf(format, args...)}
}

// encode writes the JSON that goes into a string of the request. It is written as the request is, without an escape that
// WeChat would store as it stands.
func encode(field string, v any) (string, error) {
	text, err := rest.Encode(v)
	var broken *rest.TextError
	switch {
	case errors.As(err, &broken):
		return "", fieldErrorf(within(field, broken.Field), rest.NotUTF8)
	case err != nil:
		return "", fieldErrorf(field, "has no JSON: %v", err)
	}
	return string(text), nil
}
