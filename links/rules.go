package links

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/internal/rest"
)

// The characters besides digits and letters that WeChat takes.
const (
	inQuery       = "!#$&'()*+,/:;=?@-._~%"
	inSchemeQuery = inQuery + "`"
	inScene       = "!#$&'()*+,/:;=?@-._~" // no %: percent-encoded text is not possible
)

// The longest texts, in characters.
const (
	longestQuery      = 1024
	longestPlainQuery = 512
	longestAppended   = 256
	longestPath       = 1024
	longestSquarePath = 128
	longestScene      = 64
	longestCodeScene  = 32
)

// checkText applies a rule for length and characters.
func checkText(field, text string, limit int, others string) error {
	if err := checkUTF8(field, text); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return fieldErrorf(field, "%d characters, limit %d", n, limit)
	}
	for _, r := range text {
		if !isAlphanumeric(r) && !strings.ContainsRune(others, r) {
			return fieldErrorf(field, "character %q is not allowed", r)
		}
	}
	return nil
}

// checkUTF8 is for what goes into an address here. The texts of a request are looked after by [wechat.Client.Call], but a
// rule that comes first would speak of a character that is none.
func checkUTF8(field, text string) error {
	if !utf8.ValidString(text) {
		return fieldErrorf(field, rest.NotUTF8)
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// checkPage is for a page that takes its query elsewhere.
func checkPage(page string) error {
	if strings.ContainsRune(page, '?') {
		return fieldErrorf("Page", "carries a query, which has a field of its own")
	}
	return nil
}

// checkRelative is for a page in which WeChat does not find its way with a leading slash.
func checkRelative(page string) error {
	if strings.HasPrefix(page, "/") {
		return fieldErrorf("Page", "begins with /")
	}
	return nil
}

// relative drops the leading slash of a page. Schemes and URL Links work with and without.
func relative(page string) string { return strings.TrimPrefix(page, "/") }

const (
	day           = 24 * time.Hour
	longestExpiry = 30 * day
	// soonestExpiry is what WeChat asks for; a time just beyond it still fails now and then.
	soonestExpiry = time.Minute
)

// wireExpiry says when a link ends. WeChat has dropped is_expire from its table, but takes an absent one
// for malformed now and then.
type wireExpiry struct {
	Expires bool  `json:"is_expire"`
	Type    int   `json:"expire_type"`
	At      int64 `json:"expire_time,omitempty"`
	Days    int64 `json:"expire_interval,omitempty"`
}

// The values of expire_type.
const (
	atMoment = iota
	afterDays
)

func newExpiry(at time.Time, lifetime time.Duration) wireExpiry {
	if at.IsZero() {
		return wireExpiry{Expires: true, Type: afterDays, Days: int64(lifetime / day)}
	}
	return wireExpiry{Expires: true, Type: atMoment, At: at.Unix()}
}

func checkExpiry(at time.Time, lifetime time.Duration) error {
	switch {
	case at.IsZero() && lifetime == 0:
		return fieldErrorf("Lifetime", "zero, and so is ExpiresAt")
	case !at.IsZero() && lifetime != 0:
		return fieldErrorf("Lifetime", "set, and so is ExpiresAt")
	case at.IsZero() && (lifetime < day || lifetime > longestExpiry || lifetime%day != 0):
		return fieldErrorf("Lifetime", "%v, must be 1 to 30 whole days of 24 hours", lifetime)
	case at.IsZero():
		return nil
	}
	switch ahead := time.Until(at); {
	case ahead < soonestExpiry:
		return fieldErrorf("ExpiresAt", "less than a minute ahead")
	case ahead > longestExpiry:
		return fieldErrorf("ExpiresAt", "more than 30 days ahead")
	}
	return nil
}
