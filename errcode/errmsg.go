package errcode

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The parts of an errmsg that a program can use. Its wording changes from year to year, so nothing but
// these marks is relied upon, and the code alone decides what an answer means.
var (
	// "... rid: 61725984-6126f6f9-040f19c4" ends nearly every errmsg today.
	ridMark = regexp.MustCompile(`[\s,;]*\brid:\s*([\w-]*)`)
	// "... hint: [jotvMa01143580]" did until 2020, and some calls still send it, with or without a rid.
	hintMark = regexp.MustCompile(`[\s,;]*\bhints?:\s*\[([^\]]*)\]?`)

	// "argument invalid! data.thing1.value is empty" from the Mini Program's send (with empty misspelt at
	// times), "thing1.DATA is invalid" from the service account's.
	namedField = regexp.MustCompile(`\bdata\.(\w+)|\b(\w+)\.DATA\b`)

	// "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist" from the token calls, "access
	// clientip is not registered requestIP: 203.0.113.7" from third-party platforms.
	addressLike = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,}(?:\.\d+){0,3}`)
)

// maxMessage is many times the longest errmsg seen. The rest of a longer one is not WeChat's.
const maxMessage = 512

// splitRID takes the request id off an errmsg. An old hint serves the same purpose where there is no rid.
func splitRID(errmsg string) (message, rid string) {
	message, rid = cutMark(oneLine(errmsg), ridMark)
	message, hint := cutMark(message, hintMark)
	if rid == "" {
		rid = hint
	}
	return strings.TrimSpace(message), rid
}

// cutMark removes the last match of mark, for only that one is WeChat's for sure, and returns what it holds.
func cutMark(s string, mark *regexp.Regexp) (rest, held string) {
	all := mark.FindAllStringSubmatchIndex(s, -1)
	if len(all) == 0 {
		return s, ""
	}
	m := all[len(all)-1]
	return s[:m[0]] + s[m[1]:], strings.TrimSpace(s[m[2]:m[3]])
}

// oneLine makes an errmsg fit to be printed: valid UTF-8, no control characters, bounded.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxMessage)], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

func fieldIn(code Code, message string) string {
	if code != InvalidTemplateData {
		return ""
	}
	m := namedField.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}
