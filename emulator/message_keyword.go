package emulator

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rules of the keyword types. WeChat publishes them in words only; where the words leave room, the
// expressions here take it.
var (
	dateText   = `(?:\d{4}年\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月|\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2})`
	clockText  = `(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?`
	momentText = `(?:` + dateText + `(?: ?` + clockText + `)?|` + clockText + `)`

	momentsForm = regexp.MustCompile(`^` + momentText + `(?: ?~ ?` + momentText + `)?$`)
	numberForm  = regexp.MustCompile(`^\d+(?:\.\d+)?$`)
	letterForm  = regexp.MustCompile(`^[A-Za-z]{1,32}$`)
	plainForm   = regexp.MustCompile(`^[^\p{Han}\p{Cc}]{1,32}$`)
	amountForm  = regexp.MustCompile(`^\p{Sc}?\d{1,10}(?:\.\d+)?元?$`)
	phoneForm   = regexp.MustCompile(`^[0-9+\-*#() ]{1,17}$`)
	carForm     = regexp.MustCompile(`^[\p{Han}A-Za-z0-9][A-Za-z0-9]{0,6}[\p{Han}A-Za-z0-9]?$`)
	phraseForm  = regexp.MustCompile(`^\p{Han}{1,5}$`)
	keyForm     = regexp.MustCompile(`^([a-z_]+?)_?\d+$`)
)

var keywordRules = map[string]func(string) bool{
	"thing":            func(v string) bool { return textUpTo(v, 20) },
	"short_thing":      func(v string) bool { return textUpTo(v, 5) },
	"const":            func(v string) bool { return textUpTo(v, 20) },
	"number":           func(v string) bool { return len(v) <= 32 && numberForm.MatchString(v) },
	"letter":           letterForm.MatchString,
	"symbol":           isSymbols,
	"character_string": plainForm.MatchString,
	"time":             momentsForm.MatchString,
	"date":             momentsForm.MatchString,
	"amount":           amountForm.MatchString,
	"phone_number":     phoneForm.MatchString,
	"car_number":       carForm.MatchString,
	"name":             isName,
	"phrase":           phraseForm.MatchString,
}

// keywordType is the type that a key names: "thing" of "thing1".
func keywordType(key string) string {
	if m := keyForm.FindStringSubmatch(key); m != nil {
		return m[1]
	}
	return ""
}

// allows checks one value against the rule of its key. Types that nobody has described pass.
func (t *template) allows(key, value string) bool {
	if list, ok := t.Enums[key]; ok {
		return slices.Contains(list, value)
	}
	rule := keywordRules[keywordType(key)]
	return rule == nil || rule(value)
}

func textUpTo(v string, limit int) bool {
	return utf8.RuneCountInString(v) <= limit && !strings.ContainsFunc(v, unicode.IsControl)
}

func isSymbols(v string) bool {
	plain := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsControl(r) }
	return utf8.RuneCountInString(v) <= 5 && !strings.ContainsFunc(v, plain)
}

// isName allows 10 characters with a Chinese one among them, else 20. Digits are none of what the rule lists, which are
// Chinese characters, letters and symbols; default nicknames have them and are refused.
func isName(v string) bool {
	if strings.ContainsFunc(v, unicode.IsDigit) {
		return false
	}
	if strings.ContainsFunc(v, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return textUpTo(v, 10)
	}
	return textUpTo(v, 20)
}
