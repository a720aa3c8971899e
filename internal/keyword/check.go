package keyword

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wechatkit/wechat/internal/rest"
)

// The checks count characters as runes. How WeChat counts an emoji of several code points is not
// documented.

// checkAny is for values that have no rule here but that of all texts.
func checkAny(value string, _ int) string {
	if !utf8.ValidString(value) {
		return rest.NotUTF8
	}
	return ""
}

// isBroken tells a byte that begins no character from U+FFFD itself.
func isBroken(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size == 1
}

// checkText allows everything but control characters.
func checkText(value string, limit int) string {
	n := 0
	for i, r := range value {
		switch {
		case unicode.IsControl(r):
			return fmt.Sprintf("character %d is the control character %U", n+1, r)
		case r == utf8.RuneError && isBroken(value[i:]):
			return rest.NotUTF8
		}
		n++
	}
	return tooMany(n, limit, "characters")
}

func checkNumber(value string, limit int) string {
	whole, rest := cutDigits(value)
	decimals, rest := cutDecimals(rest)
	if whole == 0 || rest != "" {
		return `not a number such as "12" or "12.5"`
	}
	return tooMany(whole+decimals, limit, "digits")
}

func checkLetters(value string, limit int) string {
	return checkEach(value, limit, isLatin, "not a letter A-Z or a-z")
}

func checkSymbols(value string, limit int) string {
	return checkEach(value, limit, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsControl(r)
	}, "not a symbol")
}

func checkNoHan(value string, limit int) string {
	return checkEach(value, limit, func(r rune) bool {
		return !isHan(r) && !unicode.IsControl(r)
	}, "Chinese or a control character")
}

// checkPhone allows every symbol: WeChat's words do not say which.
func checkPhone(value string, limit int) string {
	return checkEach(value, limit, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsControl(r)
	}, "neither a digit nor a symbol")
}

func checkPhrase(value string, limit int) string {
	return checkEach(value, limit, isHan, "not Chinese")
}

// checkAmount lets the currency symbol be missing, for the samples of WeChat's own templates do.
func checkAmount(value string, _ int) string {
	const most = 10
	if r, size := utf8.DecodeRuneInString(value); unicode.Is(unicode.Sc, r) {
		value = value[size:]
	}
	whole, rest := cutDigits(value)
	_, rest = cutDecimals(rest)
	if whole == 0 || rest != "" && rest != "元" {
		return `not an amount such as "¥19.90" or "19.90元"`
	}
	return tooMany(whole, most, "digits before the point")
}

func checkCar(value string, limit int) string {
	n := utf8.RuneCountInString(value)
	i := 0
	for _, r := range value {
		i++
		atEnd := i == 1 || i == n
		if !isLatin(r) && !isDigit(r) && !(atEnd && isHan(r)) {
			return fmt.Sprintf("character %d is not allowed there", i)
		}
	}
	return tooMany(n, limit, "characters")
}

// checkName refuses digits, which WeChat's words leave out and its answers forbid: "user25", and the 用户 with six
// digits that WeChat gives to who has chosen no nickname, are 47003.
func checkName(value string, limit int) string {
	if i := strings.IndexAny(value, digits); i >= 0 {
		return fmt.Sprintf("character %d is a digit, a name has none", utf8.RuneCountInString(value[:i])+1)
	}
	if strings.ContainsFunc(value, isHan) {
		limit /= 2
	}
	return checkText(value, limit)
}

const digits = "0123456789"

// checkEach applies allowed to each character.
func checkEach(value string, limit int, allowed func(rune) bool, otherwise string) string {
	n := 0
	for i, r := range value {
		n++
		switch {
		case r == utf8.RuneError && isBroken(value[i:]):
			return rest.NotUTF8
		case !allowed(r):
			return fmt.Sprintf("character %d is %s", n, otherwise)
		}
	}
	return tooMany(n, limit, "characters")
}

func tooMany(n, limit int, of string) string {
	if n <= limit {
		return ""
	}
	return fmt.Sprintf("%d %s, limit %d", n, of, limit)
}

// cutDigits returns the number of digits that s starts with and what follows.
func cutDigits(s string) (n int, rest string) {
	for n < len(s) && isDigit(rune(s[n])) {
		n++
	}
	return n, s[n:]
}

// cutDecimals cuts a point and the digits after it. A point without digits stays.
func cutDecimals(s string) (n int, rest string) {
	if !strings.HasPrefix(s, ".") {
		return 0, s
	}
	n, rest = cutDigits(s[1:])
	if n == 0 {
		return 0, s
	}
	return n, rest
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
func isLatin(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

// isHan looks at the common characters before the table.
func isHan(r rune) bool {
	switch {
	case r < 0x2e80:
		return false
	case r >= 0x4e00 && r <= 0x9fff:
		return true
	}
	return unicode.Is(unicode.Han, r)
}
