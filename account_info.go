package wechat

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// AccountType is what an account is. Others than the constants are possible.
type AccountType int

// The types.
const (
	AccountSubscription AccountType = 1 // 订阅号
	AccountService      AccountType = 2 // 服务号
	AccountMiniProgram  AccountType = 3 // 小程序
)

// AccountInfo is what WeChat tells of an account.
type AccountInfo struct {
	AppID        string
	Type         AccountType
	Nickname     string // what users see
	Owner        string // the company, organisation or person it belongs to (主体)
	Verification Verification
}

// Verification is the state of an account's verification (微信认证).
type Verification struct {
	// Qualified says that the account may make the calls of a verified one.
	Qualified bool
	// Named says that users see the account as verified. Without it the rights are the same.
	Named bool
	// ReviewDue says that the annual review is to be done, from ReviewFrom until ReviewUntil. If it is not, the
	// verification expires then. The times are zero where WeChat does not tell them.
	ReviewDue               bool
	ReviewFrom, ReviewUntil time.Time
}

// Info tells what an account is and whether it is verified (获取基本信息), for a third-party platform that has permission set
// 3 of an official account or 30 of a Mini Program. What happens to the verification later comes as events, such as
// callback.VerificationExpired.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/basic-info-management/api_getaccountbasicinfo
//
//wechat:endpoint POST /cgi-bin/account/getaccountbasicinfo
//wechat:account mini-program official-account
func (a *Account) Info(ctx context.Context) (*AccountInfo, error) {
	var answer struct {
		AppID        lenient.String `json:"appid"`
		Type         lenient.Int64  `json:"account_type"`
		Nickname     lenient.String `json:"nickname"`
		Owner        lenient.String `json:"principal_name"`
		Verification struct {
			Qualified lenient.Bool  `json:"qualification_verify"`
			Named     lenient.Bool  `json:"naming_verify"`
			Review    lenient.Bool  `json:"annual_review"`
			From      lenient.Int64 `json:"annual_review_begin_time"`
			Until     lenient.Int64 `json:"annual_review_end_time"`
		} `json:"wx_verify_info"`
	}
	err := a.core.Call(ctx, Call{
		Op: "wechat.Info", Method: http.MethodPost, Path: "/cgi-bin/account/getaccountbasicinfo",
		In: struct{}{}, Out: rest.Needs(&answer, "wx_verify_info"), Effect: ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	v := answer.Verification
	return &AccountInfo{
		AppID: string(answer.AppID), Type: AccountType(answer.Type), Nickname: string(answer.Nickname), Owner: string(answer.Owner),
		Verification: Verification{
			Qualified: bool(v.Qualified), Named: bool(v.Named), ReviewDue: bool(v.Review),
			ReviewFrom: v.From.Time(), ReviewUntil: v.Until.Time(),
		},
	}, nil
}
