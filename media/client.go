package media

import "github.com/wechatkit/wechat"

// Client makes the calls of this package for one account. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c.
func New(c *wechat.Client) *Client { return &Client{core: c} }
