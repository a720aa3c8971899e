package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat/internal/keyword"
)

// Fit returns a copy of data whose values are changed as little as makes them keep the rules of their
// types, for those who would rather send a shortened message than none.
//
// Texts (thing, short_thing, character_string, name, phrase) are cut on the border of a character, with
// "..." at the end where there is room and the rule allows it; line breaks and other control characters in
// them become spaces. A full-width "～" between two times becomes "~". Numbers, amounts, phone and car
// numbers and constants stay as they are, for shortened they would say something else; so do values that
// break their rule in another way, and Send reports those. The keys of the old industry library have no
// rule, see [Losses].
func Fit(data Data) Data { return keyword.Fit(data) }

// Loss is a part of a message that WeChat takes and does not show.
type Loss struct {
	Key    string // the keyword, such as "first"
	Reason string // such as "head line, WeChat drops it"
}

// String returns key and reason.
func (l Loss) String() string { return l.Key + ": " + l.Reason }

// Losses tells what of data WeChat will drop without saying so, by key in the order of the alphabet. It is
// for a test of each message, or a warning in the log; Send does not look at it, since WeChat takes the
// message. The package comment has the rules.
func Losses(data Data) []Loss {
	var list []Loss
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if reason := lossOf(keyword.Of(key), data[key]); reason != "" {
			list = append(list, Loss{Key: key, Reason: reason})
		}
	}
	return list
}

// shown is how many characters are left of a line.
const shown = 20

func lossOf(t keyword.Type, value string) (reason string) {
	switch {
	case value == "":
		return ""
	case t == "first":
		return "head line, WeChat drops it"
	case t == "remark":
		return "tail, WeChat drops it"
	case strings.ContainsFunc(value, isEmoji):
		return "emoji, WeChat drops them"
	case t != "keyword":
		return "" // what breaks the rule of a type is refused
	case strings.ContainsAny(value, "\r\n"):
		return "line break, WeChat drops it"
	}
	if n := utf8.RuneCountInString(value); n > shown {
		return fmt.Sprintf("%d characters, WeChat shows %d", n, shown)
	}
	return ""
}

// isEmoji knows the blocks of pictures. Which characters WeChat takes for emoji is not documented.
func isEmoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r == '\ufe0f'
}
