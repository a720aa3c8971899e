package customerservice

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// WeComBinding says which company serves a Mini Program's users by WeCom customer service (微信客服).
type WeComBinding struct {
	CorpID string // of the company in WeCom (企业微信); "" if the Mini Program is not bound
	Entity string // the Mini Program's owner
	Since  time.Time
}

// WeComBinding tells whether a Mini Program is bound to WeCom customer service (查询绑定情况). Once it is, users'
// messages go there and no longer to this API.
//
// WeChat answers 10130030 to a Mini Program that a person owns.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-work/api_getkfworkbound
//
//wechat:endpoint GET /customservice/work/get
//wechat:account mini-program
func (c *Client) WeComBinding(ctx context.Context) (*WeComBinding, error) {
	var answer struct {
		CorpID lenient.String `json:"corpid"`
		Entity lenient.String `json:"entityName"`
		Since  lenient.Int64  `json:"bindTime"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.WeComBinding", Method: http.MethodGet, Path: "/customservice/work/get",
		Out: rest.NeedsAny(&answer, "errcode", "corpid"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &WeComBinding{CorpID: string(answer.CorpID), Entity: string(answer.Entity), Since: answer.Since.Time()}, nil
}

// BindWeCom binds a Mini Program to WeCom customer service (绑定微信客服). The company must be the Mini Program's
// owner.
//
// WeChat answers 10130600 or 10130601 to a wrong corpID, 10130602 to another owner's, 10130603 where the Mini
// Program is bound already.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-work/api_bindkfwork
//
//wechat:endpoint POST /customservice/work/bind
//wechat:account mini-program
func (c *Client) BindWeCom(ctx context.Context, corpID string) error {
	return c.weCom(ctx, "customerservice.BindWeCom", "/customservice/work/bind", corpID)
}

// UnbindWeCom ends the binding of a Mini Program to WeCom customer service (解除绑定微信客服).
//
// WeChat answers 10130604 where there is none, else as to [Client.BindWeCom].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-work/api_unbindkfwork
//
//wechat:endpoint POST /customservice/work/unbind
//wechat:account mini-program
func (c *Client) UnbindWeCom(ctx context.Context, corpID string) error {
	return c.weCom(ctx, "customerservice.UnbindWeCom", "/customservice/work/unbind", corpID)
}

func (c *Client) weCom(ctx context.Context, op, path, corpID string) error {
	if err := c.needTexts("corpID", corpID); err != nil {
		return err
	}
	in := struct {
		CorpID string `json:"corpid" field:"corpID"`
	}{corpID}
	return c.core.Call(ctx, wechat.Call{Op: op, Method: http.MethodPost, Path: path, In: in})
}
