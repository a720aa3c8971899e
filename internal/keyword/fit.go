package keyword

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis marks a text that was cut. It is ASCII because every text type allows that.
const ellipsis = "..."

// roomForEllipsis is the shortest limit at which a mark of three characters is worth its room.
const roomForEllipsis = 10

func fitText(value string, limit int) string {
	value = strings.TrimSpace(strings.Map(printable, value))
	if utf8.RuneCountInString(value) <= limit {
		return value
	}
	if limit < roomForEllipsis {
		return cut(value, limit)
	}
	return cut(value, limit-len(ellipsis)) + ellipsis
}

// fitName leaves a name with digits as it is: without them it would be another's.
func fitName(value string, limit int) string {
	if strings.ContainsAny(value, digits) {
		return value
	}
	if strings.ContainsFunc(value, isHan) {
		limit /= 2
	}
	return fitText(value, limit)
}

// fitPhrase shortens Chinese. Anything else in the value is the caller's mistake and stays visible.
func fitPhrase(value string, limit int) string {
	if strings.ContainsFunc(value, func(r rune) bool { return !isHan(r) }) {
		return value
	}
	return cut(value, limit)
}

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// cut keeps the first n characters. A joiner at the end, which bound an emoji to what is gone, goes too.
func cut(value string, n int) string {
	for i := range value {
		if n == 0 {
			return strings.TrimRight(value[:i], " \u200d")
		}
		n--
	}
	return value
}
