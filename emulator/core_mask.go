package emulator

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// What is recorded is shown with one rule: what stands behind the name of a secret reads "***", however the two are
// written, and so does what stands before the "@" of an address.

const masked = "***"

// plainNames mean a secret wherever they stand.
var plainNames = nameSet("access_token", "component_access_token", "authorizer_access_token", "cloudbase_access_token",
	"user_access_token", "secret", "appsecret", "app_secret", "client_secret", "component_appsecret", "component_secret",
	"refresh_token", "authorizer_refresh_token", "component_refresh_token", "session_key", "js_code",
	"component_verify_ticket", "pre_auth_code", "authorization_code", "msg_signature", "encrypt_key", "encoding_aes_key",
	"jsapi_ticket", "password")

// commonNames may also be words of a text or parameters of a page, so where a document is well-formed they count as
// the names of its fields only.
var commonNames = nameSet("code", "ticket", "signature", "iv", "token")

func nameSet(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		set[strings.ReplaceAll(n, "_", "")] = true
	}
	return set
}

// maskQuery keeps the order of the parameters.
func maskQuery(raw string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	for i, p := range parts {
		name, _, ok := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); ok && (err != nil || isSecret(plain)) {
			parts[i] = name + "=" + masked
		}
	}
	return hide(strings.Join(parts, "&"))
}

func isSecret(name string) bool {
	word, end := wordAt(name, 0)
	return end == len(name) && (plainNames[word] || commonNames[word])
}

// hide masks a text of any form: a query, a form, JSON, XML, a multipart body, an address, or none of these. The mark of
// a body that is shown in part stays.
func hide(s string) string {
	s, isCut := strings.CutSuffix(s, cutMark)
	s = hideUserInfo(hideValues(s))
	if isCut {
		s += cutMark
	}
	return s
}

func hideValues(s string) string {
	m := masking{text: s, kind: textKindOf(s)}
	var out strings.Builder
	last := 0
	for i := 0; i < len(s); {
		word, end := wordAt(s, i)
		if end == i {
			i += step(s[i:])
			continue
		}
		at := i
		i = end
		if !plainNames[word] && !commonNames[word] {
			continue
		}
		if v, ok := m.valueOf(at, end, plainNames[word]); ok {
			out.WriteString(s[last:v.from])
			out.WriteString(v.shown)
			last, i = v.to, v.to
		}
	}
	if last == 0 {
		return s
	}
	out.WriteString(s[last:])
	return out.String()
}

func textKindOf(s string) textKind {
	switch {
	case strings.HasPrefix(strings.TrimSpace(s), "<"):
		return xmlText
	case json.Valid([]byte(s)):
		return jsonText
	}
	return anyText
}

// step passes over what is no name: the letter behind a backslash is none either, nor are the digits of an escape.
func step(s string) int {
	if _, size := escapeAt(s); size > 0 {
		return size
	}
	if s[0] == '\\' && len(s) > 1 {
		return 2
	}
	return 1
}

// wordAt reads a name, in lower case and without what joins its parts, also where its letters are escaped as in an address
// or in JSON.
func wordAt(s string, start int) (word string, end int) {
	var out []byte
	end = start
	for end < len(s) {
		b, size := letterAt(s[end:])
		if size == 0 {
			break
		}
		if b != '_' && b != '-' {
			out = append(out, b)
		}
		end += size
	}
	return string(out), end
}

// letterAt reads one character of a name; its size is 0 if there is none.
func letterAt(s string) (letter byte, size int) {
	letter, size = s[0], 1
	if code, n := escapeAt(s); n > 0 {
		letter, size = code, n
	}
	switch {
	case letter >= 'A' && letter <= 'Z':
		letter += 'a' - 'A'
	case letter >= 'a' && letter <= 'z', letter >= '0' && letter <= '9', letter == '_', letter == '-':
	default:
		return 0, 0
	}
	return letter, size
}

// escapeAt reads an escaped character of ASCII, such as %5F or \u005f.
func escapeAt(s string) (code byte, size int) {
	var digits string
	switch {
	case len(s) >= 3 && s[0] == '%':
		digits, size = s[1:3], 3
	case len(s) >= 6 && s[0] == '\\' && s[1] == 'u':
		digits, size = s[2:6], 6
	default:
		return 0, 0
	}
	n, err := strconv.ParseUint(digits, 16, 7)
	if err != nil {
		return 0, 0
	}
	return byte(n), size
}

var (
	addressUser = regexp.MustCompile(`(:(?:\\?/){2})[^/?#\s"'<>\\]+@`)
	escapedUser = regexp.MustCompile(`(?i)(%3A(?:%2F){2})(?:[^%/?#&\s"'<>]|%[014-9A-F][0-9A-F]|%2[0-24-9A-E]|%3[0-9A-E])+%40`)
)

// hideUserInfo masks the name and the password of addresses.
func hideUserInfo(s string) string {
	s = addressUser.ReplaceAllString(s, "${1}"+masked+"@")
	return escapedUser.ReplaceAllString(s, "${1}"+masked+"%40")
}

// mask hides what is secret in a call.
func (c *Call) mask() {
	c.Path, c.Query = hide(c.Path), maskQuery(c.Query)
	c.Request, c.Response = hide(c.Request), hide(c.Response)
}

func maskedCalls(calls []Call) []Call {
	for i := range calls {
		calls[i].mask()
	}
	return calls
}
