package component

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/token"
)

// Ticket is a component_verify_ticket as WeChat pushes it every ten minutes.
type Ticket struct {
	ComponentAppID string // AppId of the push
	Ticket         token.Secret
	CreateTime     time.Time // of the push; zero is now
}

// ticketLife is how long a ticket is good for.
const ticketLife = 12 * time.Hour

// KeepTicket takes in a verify ticket (验证票据). Call it for each push and answer the push with success only
// where the error is nil: WeChat then pushes again. A ticket that comes late does not replace a newer one, and
// one of another platform, which has the same URL for its pushes, is refused with an [errcode.FieldError].
//
// Where the Store fails this process works with the ticket all the same.
func (c *Component) KeepTicket(ctx context.Context, t Ticket) error {
	const op = "component.KeepTicket"
	switch {
	case t.ComponentAppID != c.AppID():
		return &errcode.FieldError{Op: op, Field: "ComponentAppID", Reason: "another platform's"}
	case t.Ticket == "":
		return &errcode.FieldError{Op: op, Field: "Ticket", Reason: "empty"}
	case secret.IsMask(t.Ticket):
		return &errcode.FieldError{Op: op, Field: "Ticket", Reason: secret.Masked}
	}
	if t.CreateTime.IsZero() {
		t.CreateTime = time.Now()
	}
	kept := token.Token{Value: t.Ticket, Issued: t.CreateTime, Expiry: t.CreateTime.Add(ticketLife)}
	c.in().mu.Lock()
	if kept.Issued.After(c.in().ticket.Issued) {
		c.in().ticket = kept
	}
	c.in().mu.Unlock()
	if err := c.save(ctx, c.key("ticket"), kept, ""); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// ErrNoTicket is why there is no component_access_token before the first verify ticket has come. WeChat pushes
// one every ten minutes; see [Component.StartTickets] where it does not.
var ErrNoTicket = errors.New("component: no verify ticket has come yet")

// newestTicket is the stored ticket, or the one of this process where that is newer or the store fails.
func (c *Component) newestTicket(ctx context.Context) (token.Secret, error) {
	stored, err := c.load(ctx, c.key("ticket"))
	c.in().mu.Lock()
	own := c.in().ticket
	c.in().mu.Unlock()
	if own.Issued.After(stored.Issued) && time.Until(own.Expiry) > 0 {
		stored = own
	}
	switch {
	case stored.Value != "":
		return stored.Value, nil
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrNoTicket, err)
	}
	return "", ErrNoTicket
}

// StartTickets asks WeChat to push verify tickets (启动票据推送服务), which it does not do by itself for a new
// platform. The first comes within ten minutes.
//
// Errors: [errcode.InvalidAppID], [errcode.InvalidAppSecret], [errcode.ComponentIPNotAllowed].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_startpushticket.html
//
//wechat:endpoint POST /cgi-bin/component/api_start_push_ticket
//wechat:account component
func (c *Component) StartTickets(ctx context.Context) error {
	in := struct {
		AppID  string `json:"component_appid"`
		Secret string `json:"component_secret"`
	}{c.AppID(), c.in().client.AppSecret().Reveal()}
	return c.in().core.Call(ctx, wechat.Call{
		Op: "component.StartTickets", Method: http.MethodPost, Path: "/cgi-bin/component/api_start_push_ticket",
		In: in, Auth: wechat.AuthNone, Effect: wechat.Idempotent, Private: hidden,
	})
}

// ownFetcher fetches the component_access_token.
type ownFetcher Component

// Fetch trades the verify ticket for a token. It cannot be forced.
func (f *ownFetcher) Fetch(ctx context.Context, _ bool) (token.Token, error) {
	c := (*Component)(f)
	ticket, err := c.newestTicket(ctx)
	if err != nil {
		return token.Token{}, err
	}
	in := struct {
		AppID  string `json:"component_appid"`
		Secret string `json:"component_appsecret"`
		Ticket string `json:"component_verify_ticket"`
	}{c.AppID(), c.in().client.AppSecret().Reveal(), ticket.Reveal()}
	var out struct {
		Token     lenient.String `json:"component_access_token"`
		ExpiresIn lenient.Int64  `json:"expires_in"`
	}
	start := time.Now()
	err = c.fetch(ctx, "component.Token", "/cgi-bin/component/api_component_token", wechat.AuthNone,
		in, &out, "component_access_token")
	if err != nil {
		return token.Token{}, err
	}
	return token.Token{
		Value: token.Secret(out.Token), Issued: start, Expiry: until(start, int64(out.ExpiresIn)),
	}, nil
}
