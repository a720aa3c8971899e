package customerservice

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/file"
)

const (
	longestNickname = 16      // characters
	largestAvatar   = 5 << 20 // bytes
)

type agentRequest struct {
	Account    string `json:"kf_account" field:"account"`
	Nickname   string `json:"nickname,omitempty" field:"nickname"`
	Invite     string `json:"invite_wx,omitempty" field:"weChatID"`
	BusinessID string `json:"business_id,omitempty" field:"businessID"`
}

// AddAgent adds an agent account (添加客服账号), for Mini Programs and official accounts, which have up to 100. account
// is "prefix@WeChat id of the account": the prefix up to 10 letters, digits and underscores, the rest up to
// 30; an official account must have a WeChat id (微信号). nickname has up to 16 characters.
//
// Errors: [errcode.InvalidAgentNickname], [errcode.InvalidAgentAccount], [errcode.TooManyAgents],
// [errcode.AgentExists], [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_addkfaccount
//
//wechat:endpoint POST /customservice/kfaccount/add
//wechat:account mini-program official-account
func (c *Client) AddAgent(ctx context.Context, account, nickname string) error {
	if err := c.checkNickname(account, nickname); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.AddAgent", Method: http.MethodPost, Path: "/customservice/kfaccount/add",
		In: agentRequest{Account: account, Nickname: nickname, BusinessID: c.businessID},
	})
}

// UpdateAgent gives an agent another nickname (修改客服账号), for official accounts.
//
// Errors: [errcode.InvalidAgent], [errcode.InvalidAgentNickname], [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_updatekfaccount
//
//wechat:endpoint POST /customservice/kfaccount/update
//wechat:account official-account
func (c *Client) UpdateAgent(ctx context.Context, account, nickname string) error {
	if err := c.checkNickname(account, nickname); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.UpdateAgent", Method: http.MethodPost, Path: "/customservice/kfaccount/update",
		In: agentRequest{Account: account, Nickname: nickname}, Effect: wechat.Idempotent,
	})
}

func (c *Client) checkNickname(account, nickname string) error {
	err := c.needTexts("account", account, "nickname", nickname)
	if err == nil && c.core.Checks() {
		if n := utf8.RuneCountInString(nickname); n > longestNickname {
			err = fieldError("nickname", fmt.Sprintf("%d characters, limit %d", n, longestNickname))
		}
	}
	return err
}

// InviteAgent asks a WeChat user to work as an agent (邀请绑定客服账号), for official accounts. weChatID is the
// user's WeChat id (微信号). The account can be used once the user has agreed in WeChat; see
// [Agent.InviteStatus].
//
// Errors: [errcode.AlreadyAgent], [errcode.AlreadyInvited], [errcode.InvalidWeChatID], [errcode.AgentOfTooMany],
// [errcode.InvitationPending], [errcode.AgentAlreadyBound], [errcode.InvalidAgent].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_invitekfworker
//
//wechat:endpoint POST /customservice/kfaccount/inviteworker
//wechat:account official-account
func (c *Client) InviteAgent(ctx context.Context, account, weChatID string) error {
	if err := c.needTexts("account", account, "weChatID", weChatID); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.InviteAgent", Method: http.MethodPost, Path: "/customservice/kfaccount/inviteworker",
		In: agentRequest{Account: account, Invite: weChatID},
	})
}

// DeleteAgent removes an agent account (删除客服账号), for Mini Programs and official accounts.
//
// Errors: [errcode.InvalidAgent], [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_delkfaccount
//
//wechat:endpoint POST /customservice/kfaccount/del
//wechat:account mini-program official-account
func (c *Client) DeleteAgent(ctx context.Context, account string) error {
	if err := c.needTexts("account", account); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.DeleteAgent", Method: http.MethodPost, Path: "/customservice/kfaccount/del",
		In: agentRequest{Account: account, BusinessID: c.businessID},
	})
}

// Avatar is a picture of an agent. Content is needed.
type Avatar struct {
	Name string // may be empty: what WeChat is told is cleaned up or made up anyway
	// Content is read from its current position to its end, in place and again for a repetition if it is an
	// open file, a bytes.Reader or anything else with a Seek. It must not be used before the call returns.
	Content io.Reader
	// Size in bytes lets a reader without Seek be passed on as it comes; without it such a reader is kept in
	// memory.
	Size int64
}

// SetAvatar gives an agent a picture (上传客服头像), for official accounts: up to 5 MiB; an older page asks for a
// JPEG of 640 x 640 pixels.
//
// Errors: [errcode.InvalidFileType], [errcode.InvalidImageSize], [errcode.InvalidAgent]. A picture that cannot
// be read ends the call with the reader's error.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_uploadkfheadimg
//
//wechat:endpoint POST /customservice/kfaccount/uploadheadimg
//wechat:account official-account
func (c *Client) SetAvatar(ctx context.Context, account string, a *Avatar) error {
	if err := c.needTexts("account", account); err != nil {
		return err
	}
	if a == nil {
		return fieldError("Avatar", "nil")
	}
	src := file.Source{
		Op: "customerservice", Name: a.Name, Ext: ".jpg", Content: a.Content, Size: a.Size,
		Limit: largestAvatar, NoCheck: !c.core.Checks(),
	}
	up, err := src.Upload()
	if err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.SetAvatar", Method: http.MethodPost, Path: "/customservice/kfaccount/uploadheadimg",
		Query: query("kf_account", account), Upload: up, Effect: wechat.Idempotent,
	})
}
