package callback

import "github.com/wechatkit/wechat/callback/internal/tree"

// The events that concern the data of a mini program's users. Some laws demand that they are acted on.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/security.authorized_user_information_changes.html

// AffectedUser is whom such an event is about. FromUserName of the Header is an account of WeChat's, not the user.
type AffectedUser struct {
	OpenID    string
	UserAppID string // the app the OpenID belongs to
	// RevokeInfo lists what the user withdrew, as WeChat writes it: 1 plate number, 2 address, 3 invoice,
	// 4 Bluetooth, 5 microphone, 6 nickname and picture, 7 camera, 8 phone number, 12 steps, 13 location,
	// 14 chosen media, 15 chosen file, 16 e-mail, 18 chosen location, 19 typed nickname, 20 picture component.
	RevokeInfo string
	// PluginID and OpenPID are set if the user gave the data to a plug-in.
	PluginID, OpenPID string
}

func (u *AffectedUser) decode(n tree.Node) {
	u.OpenID = text(n, "OpenID")
	u.UserAppID = text(n, "AppID")
	u.RevokeInfo = text(n, "RevokeInfo")
	u.PluginID = text(n, "PluginID")
	u.OpenPID = text(n, "OpenPID")
}

func (u *AffectedUser) hollow() bool { return u.OpenID == "" && u.OpenPID == "" }

// UserInfoModified tells that WeChat's moderation changed a user's profile (用户资料变更, "user_info_modified").
type UserInfoModified struct {
	Header
	AffectedUser
}

func (e *UserInfoModified) decode(n tree.Node) { e.AffectedUser.decode(n) }

// AuthorizationRevoked tells that a user withdrew consent (用户撤回, "user_authorization_revoke"): the data is to be
// deleted.
type AuthorizationRevoked struct {
	Header
	AffectedUser
}

func (e *AuthorizationRevoked) decode(n tree.Node) { e.AffectedUser.decode(n) }

// AuthorizationCancelled tells that a user closed the account (用户完成注销, "user_authorization_cancellation"): all data is
// to be deleted.
type AuthorizationCancelled struct {
	Header
	AffectedUser
}

func (e *AuthorizationCancelled) decode(n tree.Node) { e.AffectedUser.decode(n) }
