package emulator

import (
	"strings"
	"time"
)

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
	if !a.unverified {
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
// event. reason goes with the events of a refusal. A verification ends a year after it passed; a renewal is due 30 days
// from now. Only [QualificationPassed] and [VerificationExpired] change what the account may do.
func (a *App) Verify(event VerificationEvent, reason string) {
	a.s.act(func() {
		a.s.mustBe("Verify", a, ServiceAccount)
		now := a.s.world.clock.now()
		rest := fields{{"ExpiredTime", now.Add(verificationLasts).Unix()}}
		switch event {
		case QualificationPassed:
			a.unverified = false
		case NamingPassed:
		case QualificationRefused, NamingRefused:
			rest = fields{{"FailTime", now.Unix()}, {"FailReason", reason}}
		case RenewalDue:
			rest = fields{{"ExpiredTime", now.Add(renewalNotice).Unix()}}
		case VerificationExpired:
			a.unverified = true
			rest = fields{{"ExpiredTime", now.Unix()}}
		default:
			a.s.misuse("Verify: no event %q", event)
		}
		a.pushFromPlatform(string(event), rest...)
	})
}

// pushFromPlatform pushes an event that comes from an account of the platform's, and is about no user.
func (a *App) pushFromPlatform(event string, rest ...field) {
	head := a.s.world.head(a, a.s.world.ids.named("platform", a.AppID), "event")
	a.s.push(a, nil, event, false, append(append(head, field{"Event", event}), rest...))
}
