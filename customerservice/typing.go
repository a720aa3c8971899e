package customerservice

import (
	"context"
	"net/http"

	"github.com/wechatkit/wechat"
)

const (
	typingPath         = "/cgi-bin/message/custom/typing"
	businessTypingPath = "/cgi-bin/message/custom/business/typing"
)

type typingRequest struct {
	ToUser     string `json:"touser" field:"toUser"`
	Command    string `json:"command"`
	BusinessID string `json:"businessid,omitempty" field:"businessID"`
}

// Typing shows the user that somebody is typing (客服输入状态), for Mini Programs and official accounts. It shows
// for 15 seconds or until the next message, and needs the same right as a message.
//
// WeChat's page for Mini Programs names the path with /business/, which in practice asks for a sub-merchant;
// the other one works for both kinds of accounts. So the first is used after [Client.ForBusiness] only, and
// [Client.WithTypingPath] replaces either.
//
// Errors: [errcode.NoRecentExchange] without a message in either direction in the last 30 seconds,
// [errcode.AlreadyTyping] while it shows, [errcode.ReplyWindowClosed]; [errcode.MissingParameter] for the
// wrong path.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_typing
//
//wechat:endpoint POST /cgi-bin/message/custom/typing
//wechat:account mini-program official-account
//wechat:endpoint POST /cgi-bin/message/custom/business/typing
//wechat:account mini-program
func (c *Client) Typing(ctx context.Context, toUser string) error {
	return c.typing(ctx, "customerservice.Typing", toUser, "Typing", wechat.NonIdempotent)
}

// CancelTyping ends what [Client.Typing] started (取消输入状态), on the same path and with the same errors.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_typing
//
//wechat:endpoint POST /cgi-bin/message/custom/typing
//wechat:account mini-program official-account
//wechat:endpoint POST /cgi-bin/message/custom/business/typing
//wechat:account mini-program
func (c *Client) CancelTyping(ctx context.Context, toUser string) error {
	return c.typing(ctx, "customerservice.CancelTyping", toUser, "CancelTyping", wechat.Idempotent)
}

func (c *Client) typing(ctx context.Context, op, toUser, command string, effect wechat.Effect) error {
	if err := c.needTexts("toUser", toUser); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodPost, Path: c.path(c.typingPath, businessTypingPath, typingPath),
		In: typingRequest{toUser, command, c.businessID}, Effect: effect,
	})
}
