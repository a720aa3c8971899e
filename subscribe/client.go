package subscribe

import "github.com/wechatkit/wechat"

// Client makes the calls of this package for one Mini Program. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c, which must be a Mini Program's.
func New(c *wechat.Client) *Client { return &Client{core: c} }
