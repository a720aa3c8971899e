package template

import (
	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Client makes the calls of this package for one service account. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c, which must be a verified service account's.
func New(c *wechat.Client) *Client { return &Client{core: c} }

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "template", Field: field, Reason: reason}
}
