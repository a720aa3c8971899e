package links

import (
	"context"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Association asks for the link between a service account and a Mini Program (关联小程序). Only with it may
// template messages, menus and cards of the account open the Mini Program. It gives no common UnionID.
type Association struct {
	AppID       string // of the Mini Program
	NotifyUsers bool   // tell the followers
	ShowProfile bool   // show the Mini Program on the account's page
}

// AssociationState is how far an [Association] has come.
type AssociationState int

// The states.
const (
	Associated            AssociationState = 1
	WaitingForMiniProgram AssociationState = 2 // its administrator has to agree
	AssociationRefused    AssociationState = 3
	WaitingForAccount     AssociationState = 12 // the service account's administrator has to agree
)

// AssociatedMiniProgram is a Mini Program in the list of [Client.Associations].
type AssociatedMiniProgram struct {
	State      AssociationState
	AppID      string
	OriginalID string // gh_…
	Nickname   string
	Selected   bool // shown on the service account's page
	Released   bool // has a published version
}

// Associate asks to link a Mini Program to a service account, for a third-party platform that has permission
// set 33. The administrators of both confirm; [Client.Associations] tells how far it is. A service account
// links ten Mini Programs of its own subject and three others, 13 new ones a month.
//
// Errors: [errcode.InvalidAppID], [errcode.AssociationForbidden]. Of the class [errcode.QuotaExhausted] are
// [errcode.OwnAssociationsUsedUp], [errcode.ForeignAssociationsUsedUp], and 1003 and 1005: the administrator, or the
// phone number of the administrator, is bound to too many accounts. [errcode.AssociationRequested] and
// [errcode.AlreadyAssociated], of the class [errcode.AlreadyDone], are no refusals: ask [Client.Associations].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/officalaccount-management/link-miniprogram/api_linkminiprogram.html
//
//wechat:endpoint POST /cgi-bin/wxopen/wxamplink
//wechat:account service-account
func (c *Client) Associate(ctx context.Context, a *Association) error {
	switch {
	case a == nil:
		return fieldErrorf("Association", "nil")
	case a.AppID == "" && c.core.Checks():
		return fieldErrorf("AppID", "empty")
	}
	in := struct {
		AppID  string `json:"appid"`
		Notify int    `json:"notify_users"`
		Show   int    `json:"show_profile"`
	}{a.AppID, flag(a.NotifyUsers), flag(a.ShowProfile)}
	return c.core.Call(ctx, wechat.Call{
		Op: "links.Associate", Method: http.MethodPost, Path: "/cgi-bin/wxopen/wxamplink",
		In: in, Effect: wechat.Idempotent,
	})
}

// flag is how this endpoint wants a bool.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Dissociate asks to end the link between a service account and a Mini Program (解除已关联的小程序), for a third-party platform
// that has permission set 33. appID is the Mini Program's. The service account's administrator confirms it in a message;
// until then, and if the administrator does not, [Client.Associations] still lists it. Messages and menus of the account
// that lead to the Mini Program are refused afterwards.
//
// Errors: [errcode.InvalidAppID]. WeChat has more numbers for the state of a link: 89011 and 89012, the Mini Program is used
// in its places nearby or in a shop; 89013, it is banned; 89018, the administrator has been asked already.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/officalaccount-management/link-miniprogram/api_unlinkminiprogram.html
//
//wechat:endpoint POST /cgi-bin/wxopen/wxampunlink
//wechat:account service-account
func (c *Client) Dissociate(ctx context.Context, appID string) error {
	if appID == "" && c.core.Checks() {
		return fieldErrorf("appID", "empty")
	}
	in := struct {
		AppID string `json:"appid"`
	}{appID}
	return c.core.Call(ctx, wechat.Call{
		Op: "links.Dissociate", Method: http.MethodPost, Path: "/cgi-bin/wxopen/wxampunlink",
		In: in, Effect: wechat.Idempotent,
	})
}

// Associations lists the Mini Programs that are linked to a service account or about to be, for a third-party
// platform that has permission set 33.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/officalaccount-management/link-miniprogram/api_linkminiprogram.html
//
//wechat:endpoint POST /cgi-bin/wxopen/wxamplinkget
//wechat:account service-account
func (c *Client) Associations(ctx context.Context) ([]*AssociatedMiniProgram, error) {
	type item struct {
		Status   lenient.Int64  `json:"status"`
		AppID    lenient.String `json:"appid"`
		UserName lenient.String `json:"username"`
		Nickname lenient.String `json:"nickname"`
		Selected lenient.Bool   `json:"selected"`
		Released lenient.Bool   `json:"released"`
	}
	var answer struct {
		Open struct {
			Items lenient.List[item] `json:"items"`
		} `json:"wxopens"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "links.Associations", Method: http.MethodPost, Path: "/cgi-bin/wxopen/wxamplinkget",
		In: struct{}{}, Out: rest.Needs(&answer, "wxopens"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	list := make([]*AssociatedMiniProgram, len(answer.Open.Items))
	for i, it := range answer.Open.Items {
		list[i] = &AssociatedMiniProgram{
			State: AssociationState(it.Status), AppID: string(it.AppID), OriginalID: string(it.UserName),
			Nickname: string(it.Nickname), Selected: bool(it.Selected), Released: bool(it.Released),
		}
	}
	return list, nil
}
