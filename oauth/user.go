package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// User is what WeChat tells a service account about a user. Names, pictures, sex and places of users it has
// not told since 2021, so that its parameter lang, the language of the places, is not sent. Of somebody who does
// not follow, only OpenID, Follows and perhaps UnionID are set.
type User struct {
	OpenID string // the user in this service account
	// UnionID is the user in all accounts of the Open Platform account. It is empty unless the service
	// account is bound to one.
	UnionID    string
	Follows    bool      // whether the user follows the account (subscribe)
	FollowedAt time.Time // of the last follow (subscribe_time)
	FollowedBy FollowScene
	QRScene    string // text in the QR code that led to the follow (qr_scene_str)
	QRSceneID  int64  // number in it, in place of the text (qr_scene)
	Remark     string // the account's note about the user, see [Client.SetRemark]
	TagIDs     []int  // the account's tags on the user
	Language   string // such as "zh_CN"; WeChat says it no longer tells
}

// FollowScene is how a user came to follow the account (subscribe_scene). WeChat adds values without
// notice.
type FollowScene string

// The known ways to follow.
const (
	FollowBySearch        FollowScene = "ADD_SCENE_SEARCH"
	FollowByMigration     FollowScene = "ADD_SCENE_ACCOUNT_MIGRATION"
	FollowByProfileCard   FollowScene = "ADD_SCENE_PROFILE_CARD"
	FollowByQRCode        FollowScene = "ADD_SCENE_QR_CODE"
	FollowByProfileLink   FollowScene = "ADD_SCENE_PROFILE_LINK" // the account's name in an article
	FollowByProfileItem   FollowScene = "ADD_SCENE_PROFILE_ITEM" // the menu of an article
	FollowByPayment       FollowScene = "ADD_SCENE_PAID"
	FollowByAdvertisement FollowScene = "ADD_SCENE_WECHAT_ADVERTISEMENT"
	FollowByReprint       FollowScene = "ADD_SCENE_REPRINT"
	FollowByLivestream    FollowScene = "ADD_SCENE_LIVESTREAM"
	FollowByChannels      FollowScene = "ADD_SCENE_CHANNELS" // Channels (视频号)
	FollowByMiniProgram   FollowScene = "ADD_SCENE_WXA"
	FollowByOther         FollowScene = "ADD_SCENE_OTHERS"
)

// User tells about one user of a service account: the UnionID, and whether the user follows
// (获取用户基本信息).
//
// [errcode.InvalidOpenID] means that the OpenID is of another account; [errcode.APIUnauthorized] that the
// account is not verified. Five million calls a day.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
//
//wechat:endpoint GET /cgi-bin/user/info
//wechat:account service-account
func (c *Client) User(ctx context.Context, openID string) (*User, error) {
	if err := needTexts(c.core, "openID", openID); err != nil {
		return nil, err
	}
	var out wireUser
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.User", Method: http.MethodGet, Path: "/cgi-bin/user/info",
		Query:  url.Values{"openid": {openID}},
		Out:    rest.Needs(&out, "openid"),
		Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return out.user(), nil
}

// usersPerCall is how many users one call of Users asks for.
const usersPerCall = 100

// Users tells about many users of a service account (批量获取用户基本信息), as [Client.User] does about one. It
// makes one call for each hundred OpenIDs, one after the other.
//
// The result is in the order of openIDs; somebody whom WeChat leaves out of its answer is left out of it
// too. One OpenID of another account fails the call of its hundred with [errcode.InvalidOpenID]. On an error
// the users of the calls before it are returned with it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo.html
//
//wechat:endpoint POST /cgi-bin/user/info/batchget
//wechat:account service-account
func (c *Client) Users(ctx context.Context, openIDs []string) ([]*User, error) {
	if err := checkList(c.core, openIDs); err != nil {
		return nil, err
	}
	users := make([]*User, 0, len(openIDs))
	for chunk := range slices.Chunk(openIDs, usersPerCall) {
		found, err := c.usersOnce(ctx, chunk)
		if err != nil {
			return users, err
		}
		users = append(users, found...)
	}
	return users, nil
}

type wireOpenID struct {
	OpenID string `json:"openid" field:"openID"`
}

func (c *Client) usersOnce(ctx context.Context, openIDs []string) ([]*User, error) {
	var in struct {
		List []wireOpenID `json:"user_list"`
	}
	for _, id := range openIDs {
		in.List = append(in.List, wireOpenID{id})
	}
	var out struct {
		List lenient.List[wireUser] `json:"user_info_list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.Users", Method: http.MethodPost, Path: "/cgi-bin/user/info/batchget",
		In: in, Out: rest.Needs(&out, "user_info_list"),
		Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return inOrder(openIDs, out.List), nil
}

// inOrder sorts an answer by what was asked; that WeChat keeps the order is not documented.
func inOrder(openIDs []string, list []wireUser) []*User {
	byID := make(map[string]*User, len(list))
	for i := range list {
		u := list[i].user()
		byID[u.OpenID] = u
	}
	users := make([]*User, 0, len(openIDs))
	for _, id := range openIDs {
		if u := byID[id]; u != nil {
			users = append(users, u)
		}
	}
	return users
}

type wireUser struct {
	Subscribe lenient.Bool                `json:"subscribe"`
	OpenID    lenient.String              `json:"openid"`
	UnionID   lenient.String              `json:"unionid"`
	Time      lenient.Int64               `json:"subscribe_time"`
	Scene     lenient.String              `json:"subscribe_scene"`
	QRSceneID lenient.Int64               `json:"qr_scene"`
	QRScene   lenient.String              `json:"qr_scene_str"`
	Remark    lenient.String              `json:"remark"`
	TagIDs    lenient.List[lenient.Int64] `json:"tagid_list"`
	Language  lenient.String              `json:"language"`
}

func (w *wireUser) user() *User {
	return &User{
		OpenID: string(w.OpenID), UnionID: string(w.UnionID), Follows: bool(w.Subscribe),
		FollowedAt: w.Time.Time(), FollowedBy: FollowScene(w.Scene),
		QRScene: string(w.QRScene), QRSceneID: int64(w.QRSceneID),
		Remark: string(w.Remark), TagIDs: toInts(w.TagIDs), Language: string(w.Language),
	}
}

func toInts(list []lenient.Int64) []int {
	if len(list) == 0 {
		return nil
	}
	ints := make([]int, len(list))
	for i, n := range list {
		ints[i] = int(n)
	}
	return ints
}
