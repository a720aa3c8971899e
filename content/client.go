package content

import (
	"errors"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Client makes the calls of this package for one Mini Program. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c.
func New(c *wechat.Client) *Client { return &Client{core: c} }

// Scene is where users meet the content.
type Scene int

// The scenes.
const (
	Profile   Scene = 1 // what users tell of themselves
	Comment   Scene = 2
	Forum     Scene = 3
	SocialLog Scene = 4
)

// ErrUserAway is the error of a check for a user who has not been in the Mini Program within the last two hours. Only the
// user can help it, by opening the Mini Program on a phone; the same check succeeds then. WeChat's code for it is 61010,
// [errcode.AuthorizationCodeExpired], which errors.Is finds as well, and so the class [errcode.UserUnreachable].
var ErrUserAway = errors.New("the user has not been in the Mini Program within the last two hours")

// explain adds the meaning to WeChat's "code is expired".
func explain(err error) error {
	if errors.Is(err, errcode.AuthorizationCodeExpired) {
		return fmt.Errorf("%w: %w", err, ErrUserAway)
	}
	return err
}

// checkOrigin is for what all checks have.
func checkOrigin(openID string, scene Scene) error {
	switch {
	case openID == "":
		return fieldErrorf("OpenID", "empty")
	case scene < Profile || scene > SocialLog:
		return fieldErrorf("Scene", "%d, must be 1 to 4", scene)
	}
	return nil
}

// fieldErrorf returns the finding of a local check.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "content", Field: field, Reason: fmt.Sprintf(format, args...)}
}
