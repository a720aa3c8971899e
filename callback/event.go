package callback

import (
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// eventTypes maps Event, in lower case, to types.
var eventTypes = map[string]func() Push{
	"subscribe":   fresh[Follow](),
	"unsubscribe": fresh[Unfollow](),
	"scan":        fresh[Scan](),
	"location":    fresh[LocationReport](),

	"click":              fresh[MenuClick](),
	"view":               fresh[MenuView](),
	"view_miniprogram":   fresh[MenuMiniProgram](),
	"scancode_push":      fresh[MenuScan](),
	"scancode_waitmsg":   fresh[MenuScan](),
	"pic_sysphoto":       fresh[MenuPictures](),
	"pic_photo_or_album": fresh[MenuPictures](),
	"pic_weixin":         fresh[MenuPictures](),
	"location_select":    fresh[MenuLocation](),

	"templatesendjobfinish": fresh[TemplateSent](),
	"masssendjobfinish":     fresh[MassSent](),
	"publishjobfinish":      fresh[Published](),

	"user_enter_tempsession": fresh[SessionEntered](),
	"kf_create_session":      fresh[SessionCreated](),
	"kf_close_session":       fresh[SessionClosed](),
	"kf_switch_session":      fresh[SessionSwitched](),

	"subscribe_msg_popup_event":  fresh[SubscribePopup](),
	"subscribe_msg_change_event": fresh[SubscribeChange](),
	"subscribe_msg_sent_event":   fresh[SubscribeSent](),

	"notify_service_msg_send_result": fresh[CardFailed](),

	"user_info_modified":              fresh[UserInfoModified](),
	"user_authorization_revoke":       fresh[AuthorizationRevoked](),
	"user_authorization_cancellation": fresh[AuthorizationCancelled](),

	"qualification_verify_success": fresh[QualificationVerified](),
	"qualification_verify_fail":    fresh[QualificationRefused](),
	"naming_verify_success":        fresh[NamingVerified](),
	"naming_verify_fail":           fresh[NamingRefused](),
	"annual_renew":                 fresh[RenewalDue](),
	"verify_expired":               fresh[VerificationExpired](),

	"wxa_media_check":       fresh[MediaChecked](),
	"wxa_comment_bad_score": fresh[BadReview](),
	"wxa_punish_event":      fresh[Punished](),
	"debug_demo":            fresh[DebugDemo](),
}

// Follow is the event of a user who follows the account (关注事件, "subscribe").
//
// It carries no UnionID; look it up with the OpenID in FromUserName.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
type Follow struct {
	Header
	// EventKey is "qrscene_" and the scene, if the user came by a QR code with a scene, else "" as a rule.
	EventKey string
	// Scene is the scene of the QR code, "" if there was none. A number scene comes as decimal text. The scene
	// names the picture, not the person: whoever gets the picture can scan it.
	Scene string
	// Ticket names the QR code, "" if there was none.
	Ticket string
}

func (e *Follow) decode(n tree.Node) {
	e.EventKey = text(n, "EventKey")
	if scene, ok := strings.CutPrefix(e.EventKey, "qrscene_"); ok {
		e.Scene = scene
	}
	e.Ticket = text(n, "Ticket")
}

// Unfollow is the event of a user who leaves the account (取消关注事件, "unsubscribe"). The user's personal data is
// to be deleted.
type Unfollow struct{ Header }

func (e *Unfollow) decode(tree.Node) {}

// Scan is the event of a follower who scans a QR code with a scene (扫描带参数二维码事件, "SCAN"). Who does not follow
// yet and does so after the scan comes as [Follow].
type Scan struct {
	Header
	// Scene is the scene of the QR code, which here comes without a prefix.
	Scene  string
	Ticket string
}

func (e *Scan) decode(n tree.Node) {
	e.Scene = text(n, "EventKey")
	e.Ticket = text(n, "Ticket")
}

// LocationReport is the place of the user, reported by the phone on entering the chat or every five seconds (上报地理位置
// 事件, "LOCATION").
type LocationReport struct {
	Header
	Latitude, Longitude float64 // degrees
	Precision           float64 // as WeChat gives it, without a unit
}

func (e *LocationReport) decode(n tree.Node) {
	e.Latitude = decimal(n, "Latitude")
	e.Longitude = decimal(n, "Longitude")
	e.Precision = decimal(n, "Precision")
}

// DebugDemo is what the test tool of WeChat's console sends ("debug_demo").
type DebugDemo struct {
	Header
	Text string
}

func (e *DebugDemo) decode(n tree.Node) { e.Text = text(n, "debug_str") }
