package subscribe

import (
	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Client makes the calls of this package for one account. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c. Each method says which kind of account it serves.
func New(c *wechat.Client) *Client { return &Client{core: c} }

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "subscribe", Field: field, Reason: reason}
}
