package customerservice

import (
	"context"
	"errors"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// ErrNotReset is the error of [Client.ResetQuota] where WeChat gave no errcode but did not grant the message
// either.
var ErrNotReset = errors.New("customerservice: WeChat did not grant a message")

// ResetQuota allows one message more to a user who left a bad review of a Mini Program's shop (差评后重置客服消息下发配额).
// commentID comes with the event wxa_comment_bad_score. It works once for a review.
//
// Errors have no names here: 10000 the review is not bad or had its message, -10403 it is another account's,
// -10001 and -10003 the id is wrong, -10007 the account may not make this call, -10008 WeChat is in trouble.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/transaction-guarantee/comment/api_resetapikfquota
//
//wechat:endpoint POST /wxaapi/comment/apikfquota/reset
//wechat:account mini-program
func (c *Client) ResetQuota(ctx context.Context, commentID string) error {
	if err := c.needTexts("commentID", commentID); err != nil {
		return err
	}
	in := struct {
		CommentID string `json:"commentId" field:"commentID"`
	}{commentID}
	var answer struct {
		Success *lenient.Bool `json:"success"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.ResetQuota", Method: http.MethodPost, Path: "/wxaapi/comment/apikfquota/reset",
		In: in, Out: rest.NeedsAny(&answer, "errcode", "success"),
	})
	if err == nil && answer.Success != nil && !*answer.Success {
		return ErrNotReset
	}
	return err
}
