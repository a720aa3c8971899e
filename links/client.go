package links

import (
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Client makes the calls of this package for one account. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c. Whether that must be a Mini Program's or a service account's,
// each call says.
func New(c *wechat.Client) *Client { return &Client{core: c} }

// fieldErrorf returns the finding of a local check.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "links", Field: field, Reason: fmt.Sprintf(format, args...)}
}
