package oauth

import (
	"context"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// RiskScene is what a user is about to do when WeChat is asked for the risk.
type RiskScene int

// The scenes.
const (
	RiskRegistration RiskScene = 0 // opens an account
	RiskMarketing    RiskScene = 1 // takes part in a campaign
	RiskContent      RiskScene = 2 // publishes content
)

// RiskQuery asks about one user. OpenID and ClientIP are needed.
type RiskQuery struct {
	OpenID       string
	Scene        RiskScene
	ClientIP     string // address that the user comes from
	MobileNo     string
	EmailAddress string
	ExtendedInfo string
	IsTest       bool // a test call
}

// Risk is WeChat's judgement of a user.
type Risk struct {
	Rank      int   // 0 to 4, the riskiest
	RequestID int64 // WeChat's id of this query (unoin_id)
}

// RiskRank returns how risky WeChat considers a user of a Mini Program (获取用户安全等级). The account must have
// applied for it, and its calls are limited.
//
// [errcode.AccountNotPermitted] means that the OpenID is of another app, [errcode.AuthorizationCodeExpired] that
// the user has not been in the Mini Program within the last two hours. [errcode.RiskRankUnavailable] and
// [errcode.RiskRankTooFrequent] pass; [errcode.RiskRanksUsedUp] lasts until more were applied for.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/safety-control-capability/api_getuserriskrank.html
//
//wechat:endpoint POST /wxa/getuserriskrank
//wechat:account mini-program
func (c *Client) RiskRank(ctx context.Context, q *RiskQuery) (*Risk, error) {
	if q == nil {
		return nil, fieldError("RiskQuery", "nil")
	}
	if err := needTexts(c.core, "OpenID", q.OpenID, "ClientIP", q.ClientIP); err != nil {
		return nil, err
	}
	var out struct {
		Rank      lenient.Int64 `json:"risk_rank"`
		RequestID lenient.Int64 `json:"unoin_id"` // WeChat's spelling
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.RiskRank", Method: http.MethodPost, Path: "/wxa/getuserriskrank",
		In: wireRiskQuery{
			AppID: c.core.AppID(), OpenID: q.OpenID, Scene: q.Scene, ClientIP: q.ClientIP,
			MobileNo: q.MobileNo, EmailAddress: q.EmailAddress, ExtendedInfo: q.ExtendedInfo, IsTest: q.IsTest,
		},
		Out: rest.Needs(&out, "risk_rank"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &Risk{Rank: int(out.Rank), RequestID: int64(out.RequestID)}, nil
}

type wireRiskQuery struct {
	AppID        string    `json:"appid"`
	OpenID       string    `json:"openid"`
	Scene        RiskScene `json:"scene"`
	MobileNo     string    `json:"mobile_no,omitempty"`
	ClientIP     string    `json:"client_ip"`
	EmailAddress string    `json:"email_address,omitempty"`
	ExtendedInfo string    `json:"extended_info,omitempty"`
	IsTest       bool      `json:"is_test,omitempty"`
}
