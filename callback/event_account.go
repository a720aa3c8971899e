package callback

import (
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// The events about the verification of an official account (微信认证). What an account may send hangs on it. They come from
// an account of WeChat's: FromUserName of the Header is no user. Where a third-party platform has the permission set
// for managing the account (账号管理), they go to the platform's URL only. Whether a mini program gets them is not
// documented. The events about the fee and the agency (wx_verify_pay_succ, wx_verify_dispatch) are not documented either, and
// come as [Unknown].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/Accreditation.html

// QualificationVerified tells that an account's qualification has passed (资质认证成功, "qualification_verify_success"): from
// now on it may make the calls of a verified account. It comes before [NamingVerified].
type QualificationVerified struct {
	Header
	ExpiresAt time.Time // when the verification ends
}

func (e *QualificationVerified) decode(n tree.Node) { e.ExpiresAt = seconds(n, "ExpiredTime") }

// QualificationRefused tells that an account's qualification was refused (资质认证失败, "qualification_verify_fail").
type QualificationRefused struct {
	Header
	FailedAt time.Time
	Reason   string
}

func (e *QualificationRefused) decode(n tree.Node) {
	e.FailedAt, e.Reason = seconds(n, "FailTime"), text(n, "FailReason")
}

// NamingVerified tells that an account's name has passed (名称认证成功, "naming_verify_success"): users see it as verified.
type NamingVerified struct {
	Header
	ExpiresAt time.Time // when the verification ends
}

func (e *NamingVerified) decode(n tree.Node) { e.ExpiresAt = seconds(n, "ExpiredTime") }

// NamingRefused tells that an account's name was refused (名称认证失败, "naming_verify_fail"). Users do not see it as
// verified, but what it may send stays as it is.
type NamingRefused struct {
	Header
	FailedAt time.Time
	Reason   string
}

func (e *NamingRefused) decode(n tree.Node) {
	e.FailedAt, e.Reason = seconds(n, "FailTime"), text(n, "FailReason")
}

// RenewalDue reminds of the annual review (年审通知, "annual_renew"): without it the verification ends at ExpiresAt.
type RenewalDue struct {
	Header
	ExpiresAt time.Time
}

func (e *RenewalDue) decode(n tree.Node) { e.ExpiresAt = seconds(n, "ExpiredTime") }

// VerificationExpired tells that an account's verification has ended (认证过期失效通知, "verify_expired"). Template
// messages, customer service messages, QR codes with a scene and tags need one: their calls then give 48001. WeChat does
// not say how long after the end.
type VerificationExpired struct {
	Header
	ExpiredAt time.Time
}

func (e *VerificationExpired) decode(n tree.Node) { e.ExpiredAt = seconds(n, "ExpiredTime") }
