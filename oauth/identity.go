package oauth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Payment names a payment of a user's: TransactionID alone, or MchID and OutTradeNo.
type Payment struct {
	OpenID        string // the user who paid
	TransactionID string // WeChat Pay's id of the order
	MchID         string // the merchant's id
	OutTradeNo    string // the merchant's own id of the order
}

func (p *Payment) check() error {
	switch {
	case p.OpenID == "":
		return fieldError("OpenID", "empty")
	case p.TransactionID != "":
		return nil
	case p.MchID == "":
		return fieldError("MchID", "empty, and so is TransactionID")
	case p.OutTradeNo == "":
		return fieldError("OutTradeNo", "empty, and so is TransactionID")
	}
	return nil
}

func (p *Payment) query() url.Values {
	q := url.Values{"openid": {p.OpenID}}
	if p.TransactionID != "" {
		q.Set("transaction_id", p.TransactionID)
		return q
	}
	q.Set("mch_id", p.MchID)
	q.Set("out_trade_no", p.OutTradeNo)
	return q
}

// PaidUnionID returns the UnionID of a Mini Program's user who has just paid (支付后获取UnionID), without the
// user's consent. It works within five minutes after the payment, for verified Mini Programs.
//
// [errcode.NotBoundToOpenPlatform] means that there is no UnionID at all, [errcode.InvalidOrder] that WeChat
// finds no such payment.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/basic-info/api_getpaidunionid.html
//
//wechat:endpoint GET /wxa/getpaidunionid
//wechat:account mini-program
func (c *Client) PaidUnionID(ctx context.Context, p *Payment) (unionID string, err error) {
	if p == nil {
		return "", fieldError("Payment", "nil")
	}
	if c.core.Checks() {
		if err := p.check(); err != nil {
			return "", err
		}
	}
	var out struct {
		UnionID lenient.String `json:"unionid"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "oauth.PaidUnionID", Method: http.MethodGet, Path: "/wxa/getpaidunionid",
		Query: p.query(), Out: rest.Needs(&out, "unionid"),
		Effect: wechat.ReadOnly,
	})
	return string(out.UnionID), err
}

// PluginOpenPID exchanges a code of wx.pluginLogin for the user's id in a plugin (获取插件用户openpid), which is
// not an OpenID.
//
// The code lives five minutes and works once, so that a request that may have arrived is never repeated.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/basic-info/api_getpluginopenpid.html
//
//wechat:endpoint POST /wxa/getpluginopenpid
//wechat:account mini-program
func (c *Client) PluginOpenPID(ctx context.Context, code string) (openPID string, err error) {
	if err := needTexts(c.core, "code", code); err != nil {
		return "", err
	}
	var out struct {
		OpenPID lenient.String `json:"openpid"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "oauth.PluginOpenPID", Method: http.MethodPost, Path: "/wxa/getpluginopenpid",
		In: struct {
			Code string `json:"code" field:"code"`
		}{code},
		Out: rest.Needs(&out, "openpid"), Effect: wechat.SingleUse, Private: []string{code},
	})
	return string(out.OpenPID), err
}
