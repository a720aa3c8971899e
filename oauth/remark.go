package oauth

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wechatkit/wechat"
)

const remarkLimit = 30 // bytes

// SetRemark sets a service account's note about a follower (设置用户备注名), which only the account sees. An empty
// remark clears it. It has up to 30 bytes, which are ten Chinese characters; a longer one gives
// [errcode.InvalidRemark]. Ten thousand calls a day by default.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_updateremark
//
//wechat:endpoint POST /cgi-bin/user/info/updateremark
//wechat:account service-account
func (c *Client) SetRemark(ctx context.Context, openID, remark string) error {
	if err := needTexts(c.core, "openID", openID); err != nil {
		return err
	}
	if c.core.Checks() && len(remark) > remarkLimit {
		return fieldError("remark", fmt.Sprintf("%d bytes, limit %d", len(remark), remarkLimit))
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "oauth.SetRemark", Method: http.MethodPost, Path: "/cgi-bin/user/info/updateremark",
		In: struct {
			OpenID string `json:"openid" field:"openID"`
			Remark string `json:"remark" field:"remark"`
		}{openID, remark},
		Effect: wechat.Idempotent,
	})
}
