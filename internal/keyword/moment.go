package keyword

import "strings"

// checkMoments allows a date, a clock time or both, or two of these joined by "~". Which of the two comes
// with a date does not matter: templates use date ranges under "time" keys and clock times at the right of
// a date.
func checkMoments(value string, _ int) string {
	if strings.Contains(value, fullWidthTilde) {
		return `full-width "～", write "~"`
	}
	from, to, isRange := strings.Cut(value, "~")
	if isMoment(from) && (!isRange || isMoment(to)) {
		return ""
	}
	return `not a date or time such as "2026-11-20", "2026年11月20日 09:30" or "09:30~10:00"`
}

const fullWidthTilde = "～"

func fitMoments(value string, _ int) string { return strings.ReplaceAll(value, fullWidthTilde, "~") }

// isMoment looks for the clock around the first colon, for nothing need stand between a date and a time.
func isMoment(s string) bool {
	s = strings.Trim(s, " ")
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return isDate(s)
	}
	for hour := min(colon, 2); hour > 0; hour-- {
		date := strings.TrimRight(s[:colon-hour], " ")
		if isClock(s[colon-hour:]) && (date == "" || isDate(date)) {
			return true
		}
	}
	return false
}

// isDate allows year, month and day, or two of them, with 年月日 behind the numbers or one of "-/." between
// them. The calendar is WeChat's business.
func isDate(s string) bool {
	numbers := 0
	for most := 4; s != "" && numbers < 3; most = 2 {
		n := leadingDigits(s, most)
		unit := dateUnit(s[n:])
		atEnd := numbers > 0 && len(s) == n
		joinsNothing := unit == 1 && len(s) == n+unit
		if n == 0 || unit == 0 && !atEnd || joinsNothing {
			return false
		}
		numbers++
		s = s[n+unit:]
	}
	return s == "" && numbers > 1
}

// leadingDigits counts the digits that s starts with, up to most.
func leadingDigits(s string, most int) int {
	n := 0
	for n < most && n < len(s) && isDigit(rune(s[n])) {
		n++
	}
	return n
}

// dateUnit returns the length in bytes of what may follow a number of a date.
func dateUnit(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == '-' || s[0] == '/' || s[0] == '.':
		return 1
	case strings.HasPrefix(s, "年"), strings.HasPrefix(s, "月"), strings.HasPrefix(s, "日"):
		return len("年")
	}
	return 0
}

// isClock allows H:MM and H:MM:SS of 24 hours. It lets a fraction of a second pass, which some systems
// print, because nobody knows whether WeChat minds.
func isClock(s string) bool {
	hour := leadingDigits(s, 2)
	if hour == 0 || hour == 2 && s[:hour] > "24" {
		return false
	}
	s, ok := cutSixty(s[hour:])
	if !ok || s == "" {
		return ok
	}
	if s, ok = cutSixty(s); !ok {
		return false
	}
	_, s = cutDecimals(s)
	return s == ""
}

// cutSixty cuts a colon and two digits below 60.
func cutSixty(s string) (rest string, ok bool) {
	if !strings.HasPrefix(s, ":") || leadingDigits(s[1:], 2) != 2 || s[1] > '5' {
		return s, false
	}
	return s[3:], true
}
