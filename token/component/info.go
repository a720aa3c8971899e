package component

import (
	"context"
	"iter"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/token"
)

// Account is what the platform may know of an account.
type Account struct {
	Authorization Authorization

	NickName     string
	HeadImageURL string
	UserName     string // original id, such as "gh_0123456789ab"
	Alias        string // WeChat id; may be empty
	QRCodeURL    string
	Principal    string // the company or person behind it
	Signature    string // its description
	// ServiceType is 0 for a subscription account, 1 for one upgraded from an old account, 2 for a service account;
	// Mini Programs have 0 as well, see MiniProgram.
	ServiceType int
	VerifyType  int // -1 not verified, 0 verified by WeChat; further values exist
	// Status is 1 normal, 14 deregistered, 16 banned, 18 warned, 19 frozen.
	Status      int
	MiniProgram *MiniProgram // nil for an official account
}

// MiniProgram is what only Mini Programs have.
type MiniProgram struct {
	RequestDomains  []string // which the program may call, with their scheme
	UploadDomains   []string
	DownloadDomains []string
	SocketDomains   []string
	Categories      []Category
	VisitStatus     int
}

// Category is a field in which a Mini Program works, such as 工具 and 备忘录.
type Category struct{ First, Second string }

type kind struct {
	ID lenient.Int64 `json:"id"`
}

type accountInfo struct {
	NickName    lenient.String `json:"nick_name"`
	HeadImage   lenient.String `json:"head_img"`
	ServiceType kind           `json:"service_type_info"`
	VerifyType  kind           `json:"verify_type_info"`
	UserName    lenient.String `json:"user_name"`
	Alias       lenient.String `json:"alias"`
	QRCode      lenient.String `json:"qrcode_url"`
	Principal   lenient.String `json:"principal_name"`
	Signature   lenient.String `json:"signature"`
	Status      lenient.Int64  `json:"account_status"`
	MiniProgram *struct {
		Network struct {
			Request  lenient.List[string] `json:"RequestDomain"`
			Socket   lenient.List[string] `json:"WsRequestDomain"`
			Upload   lenient.List[string] `json:"UploadDomain"`
			Download lenient.List[string] `json:"DownloadDomain"`
		} `json:"network"`
		Categories lenient.List[struct {
			First  lenient.String `json:"first"`
			Second lenient.String `json:"second"`
		}] `json:"categories"`
		VisitStatus lenient.Int64 `json:"visit_status"`
	} `json:"MiniProgramInfo"`
}

func (i *accountInfo) account(auth *Authorization) *Account {
	a := &Account{
		Authorization: *auth,
		NickName:      string(i.NickName), HeadImageURL: string(i.HeadImage), UserName: string(i.UserName),
		Alias: string(i.Alias), QRCodeURL: string(i.QRCode), Principal: string(i.Principal),
		Signature: string(i.Signature), ServiceType: int(i.ServiceType.ID), VerifyType: int(i.VerifyType.ID),
		Status: int(i.Status),
	}
	if m := i.MiniProgram; m != nil {
		a.MiniProgram = &MiniProgram{
			RequestDomains: m.Network.Request, UploadDomains: m.Network.Upload,
			DownloadDomains: m.Network.Download, SocketDomains: m.Network.Socket, VisitStatus: int(m.VisitStatus),
		}
		for _, c := range m.Categories {
			a.MiniProgram.Categories = append(a.MiniProgram.Categories, Category{string(c.First), string(c.Second)})
		}
	}
	return a
}

// Account fetches what is known of an account that authorised the platform (获取授权方的账号基本信息).
//
// Errors: [errcode.AuthorizationCancelled].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerinfo.html
//
//wechat:endpoint POST /cgi-bin/component/api_get_authorizer_info
//wechat:account component
func (c *Component) Account(ctx context.Context, appID string) (*Account, error) {
	in := struct {
		platformID

		Authorizer string `json:"authorizer_appid"`
	}{platformID{c.AppID()}, appID}
	var out struct {
		Info accountInfo       `json:"authorizer_info"`
		Auth authorizationInfo `json:"authorization_info"`
	}
	err := c.call(ctx, "component.Account", "/cgi-bin/component/api_get_authorizer_info", wechat.ReadOnly,
		in, &out, "authorizer_info")
	if err != nil {
		return nil, err
	}
	return out.Info.account(out.Auth.authorization()), nil
}

// Authorizer is one account in the list of those that authorised the platform.
type Authorizer struct {
	AppID        string
	RefreshToken token.Secret
	AuthTime     time.Time // when it authorised the platform
}

// AuthorizerPage is a page of that list.
type AuthorizerPage struct {
	Total       int
	Authorizers []Authorizer
}

// largestPage is the most that WeChat gives at once.
const largestPage = 500

// AuthorizersPage fetches a page of the list of accounts that authorised the platform (拉取所有已授权的账号信息), with
// their refresh tokens: count of them, at most 500, from offset, which begins at 0.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerlist.html
//
//wechat:endpoint POST /cgi-bin/component/api_get_authorizer_list
//wechat:account component
func (c *Component) AuthorizersPage(ctx context.Context, offset, count int) (*AuthorizerPage, error) {
	const op = "component.Authorizers"
	switch {
	case offset < 0:
		return nil, &errcode.FieldError{Op: op, Field: "offset", Reason: "negative"}
	case count < 1 || count > largestPage:
		return nil, &errcode.FieldError{Op: op, Field: "count", Reason: "must be 1 to 500"}
	}
	in := struct {
		platformID

		Offset int `json:"offset"`
		Count  int `json:"count"`
	}{platformID{c.AppID()}, offset, count}
	var out struct {
		Total lenient.Int64 `json:"total_count"`
		List  lenient.List[struct {
			AppID    lenient.String `json:"authorizer_appid"`
			Refresh  lenient.String `json:"refresh_token"`
			AuthTime lenient.Int64  `json:"auth_time"`
		}] `json:"list"`
	}
	if err := c.call(ctx, op, "/cgi-bin/component/api_get_authorizer_list", wechat.ReadOnly, in, &out); err != nil {
		return nil, err
	}
	page := &AuthorizerPage{Total: int(out.Total)}
	for _, a := range out.List {
		page.Authorizers = append(page.Authorizers, Authorizer{string(a.AppID), token.Secret(a.Refresh), a.AuthTime.Time()})
	}
	return page, nil
}

// Authorizers goes through the whole list, page by page. It ends after an error.
func (c *Component) Authorizers(ctx context.Context) iter.Seq2[*Authorizer, error] {
	return func(yield func(*Authorizer, error) bool) {
		for offset := 0; ; {
			page, err := c.AuthorizersPage(ctx, offset, largestPage)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Authorizers {
				if !yield(&page.Authorizers[i], nil) {
					return
				}
			}
			offset += len(page.Authorizers)
			if len(page.Authorizers) == 0 || offset >= page.Total {
				return
			}
		}
	}
}
