package emulator

import (
	"net/http"
	"strings"
	"time"
)

var verificationRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/account/getaccountbasicinfo", token: appToken, handle: getAccountInfo},
}

// verification is the state of an account's verification. The zero value is that of a verified account.
type verification struct {
	Expired     bool      `json:"expired,omitempty"`
	Unnamed     bool      `json:"unnamed,omitempty"` // its name was refused
	ReviewFrom  time.Time `json:"reviewFrom,omitzero"`
	ReviewUntil time.Time `json:"reviewUntil,omitzero"` // zero if no review is due
}

// VerificationEvent is what happens to the verification of a service account (微信认证).
type VerificationEvent string

// The events, by WeChat's names.
const (
	QualificationPassed  VerificationEvent = "qualification_verify_success" // the calls of a verified account work
	QualificationRefused VerificationEvent = "qualification_verify_fail"
	NamingPassed         VerificationEvent = "naming_verify_success"
	NamingRefused        VerificationEvent = "naming_verify_fail" // takes no right away
	RenewalDue           VerificationEvent = "annual_renew"
	VerificationExpired  VerificationEvent = "verify_expired" // the calls of a verified account answer 48001
)

const (
	verificationLasts = 365 * 24 * time.Hour
	renewalNotice     = 30 * 24 * time.Hour // how long before the end the account is reminded
)

// verifiedPaths begin the paths of calls that a service account may make only while it is verified.
var verifiedPaths = []string{
	"/cgi-bin/message/template/", "/cgi-bin/template/", "/cgi-bin/message/custom/", "/cgi-bin/message/subscribe/bizsend",
	"/cgi-bin/qrcode/create", "/cgi-bin/tags/", "/cgi-bin/user/tag/",
}

// lacksVerification reports whether the account may not make a call for lack of a verification.
func (a *App) lacksVerification(path string) bool {
	if !a.access.Verification.Expired {
		return false
	}
	for _, begin := range verifiedPaths {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}

// Verify lets something happen to the verification of a service account, which is verified at first, and pushes the
// event. reason goes with the events of a refusal. A verification lasts for a year; a renewal is due within 30 days. Only
// [QualificationPassed] and [VerificationExpired] change what the account may do, and they come by verbs alone: no
// verification runs out by itself.
func (a *App) Verify(event VerificationEvent, reason string) {
	a.s.act(func() {
		a.s.mustBe("Verify", a, ServiceAccount)
		a.pushFromPlatform(string(event), a.verify(event, reason)...)
	})
}

// verify changes the state and returns what the event says of it.
func (a *App) verify(event VerificationEvent, reason string) fields {
	now, v := a.s.world.clock.now(), &a.access.Verification
	expires := now.Add(verificationLasts)
	switch event {
	case QualificationPassed:
		*v = verification{Unnamed: true} // the name is looked at afterwards
	case NamingPassed:
		v.Unnamed = false
	case QualificationRefused:
		return refusal(now, reason)
	case NamingRefused:
		v.Unnamed = true
		return refusal(now, reason)
	case RenewalDue:
		expires = now.Add(renewalNotice)
		v.ReviewFrom, v.ReviewUntil = now, expires
	case VerificationExpired:
		expires = now
		*v = verification{Expired: true, Unnamed: true}
	default:
		a.s.misuse("Verify: no event %q", event)
	}
	return fields{{"ExpiredTime", expires.Unix()}}
}

func refusal(now time.Time, reason string) fields {
	return fields{{"FailTime", now.Unix()}, {"FailReason", reason}}
}

type verifyInfo struct {
	Qualified   bool  `json:"qualification_verify"`
	Named       bool  `json:"naming_verify"`
	Review      *bool `json:"annual_review,omitempty"` // these only while it is qualified
	ReviewFrom  int64 `json:"annual_review_begin_time,omitempty"`
	ReviewUntil int64 `json:"annual_review_end_time,omitempty"`
}

// info tells the times of a review only while one is due.
func (v *verification) info() verifyInfo {
	out := verifyInfo{Qualified: !v.Expired, Named: !v.Unnamed}
	if v.Expired {
		return out
	}
	due := !v.ReviewUntil.IsZero()
	out.Review = &due
	if due {
		out.ReviewFrom, out.ReviewUntil = v.ReviewFrom.Unix(), v.ReviewUntil.Unix()
	}
	return out
}

func getAccountInfo(c *call) reply {
	accountType := 2
	if c.app.Kind == MiniProgram {
		accountType = 3
	}
	return c.data(struct {
		envelope

		AppID        string     `json:"appid"`
		Type         int        `json:"account_type"`
		OwnerType    int        `json:"principal_type"`
		Owner        string     `json:"principal_name"`
		RealName     int        `json:"realname_status"`
		Nickname     string     `json:"nickname"`
		Verification verifyInfo `json:"wx_verify_info"`
	}{success, c.app.AppID, accountType, 1, "Demo Ltd", 1, c.app.Name, c.app.access.Verification.info()})
}
