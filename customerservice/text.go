package customerservice

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// PageLink is a link in a [Text]. Its String goes into the text:
//
//	customerservice.Text{Content: "Your order is on its way: " + customerservice.PageLink{
//		Label: "details", AppID: "wx…", Path: "pages/order?id=7", URL: "https://shop.example.com/order/7",
//	}.String()}
//
// With an AppID it opens a Mini Program (跳转小程序的文字链): for an official account one that is linked to it, for a
// Mini Program itself. Without one it opens URL.
type PageLink struct {
	Label string // what the user taps
	AppID string
	Page  string // page of the Mini Program, with a query if wanted
	URL   string // for clients that cannot open Mini Programs
}

// attribute keeps a value inside its quotation marks; percent-encoding means the same to a URL.
var attribute = strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E")

// label keeps a text from being read as a tag. WeChat documents no way to escape one, so look-alikes stand in.
var label = strings.NewReplacer("<", "＜", ">", "＞")

// String returns the link as WeChat reads it.
func (l PageLink) String() string {
	var b strings.Builder
	b.WriteString(`<a href="` + attribute.Replace(l.URL) + `"`)
	if l.AppID != "" {
		b.WriteString(` data-miniprogram-appid="` + attribute.Replace(l.AppID) + `"`)
		b.WriteString(` data-miniprogram-path="` + attribute.Replace(l.Page) + `"`)
	}
	b.WriteString(">" + label.Replace(l.Label) + "</a>")
	return b.String()
}

// SplitText cuts a text into parts of at most limit bytes that can be sent one after the other; a limit of 0
// or less means [TextLimit]. Together the parts are the text again, but for parts of nothing but white space,
// which are left out. It cuts after a line's end or a space where there is one in the second half of a part,
// never inside a character or what looks like one (an emoji of several, a letter with its accents), and never
// inside a link: a link that is longer than the limit becomes a part of its own that is too long.
//
// Each part counts against the messages that WeChat allows, see the package comment.
func SplitText(text string, limit int) []string {
	if limit <= 0 {
		limit = TextLimit
	}
	var parts []string
	for text != "" {
		end := len(text)
		if end > limit {
			end = cut(text, limit)
		}
		if part := text[:end]; strings.TrimSpace(part) != "" {
			parts = append(parts, part)
		}
		text = text[end:]
	}
	return parts
}

// cut returns where the first part of a text ends that is longer than limit.
func cut(text string, limit int) int {
	last, space, line := 0, 0, 0
	for at := 0; at < len(text); {
		end := unitEnd(text, at)
		if end > limit {
			break
		}
		switch text[end-1] {
		case '\n':
			line = end
		case ' ', '\t':
			space = end
		}
		at, last = end, end
	}
	switch {
	case line > limit/2:
		return line
	case space > limit/2:
		return space
	case last > 0:
		return last
	case linkEnd(text) > 0:
		return linkEnd(text)
	}
	return runeCut(text, limit)
}

// unitEnd returns the end of what must stay together from at on.
func unitEnd(text string, at int) int {
	if end := linkEnd(text[at:]); end > 0 {
		return at + end
	}
	return at + clusterEnd(text[at:])
}

// longestLink bounds the search for a link's end, so that a text full of beginnings is cut quickly. A longer
// link cannot be sent anyway.
const longestLink = 2 * TextLimit

// linkEnd returns the length of the link that the text starts with, 0 if it does not.
func linkEnd(text string) int {
	const closing = "</a>"
	text = text[:min(len(text), longestLink)]
	if len(text) < 3 || text[0] != '<' || text[1]|0x20 != 'a' || text[2] != ' ' {
		return 0
	}
	for at := 3; ; at += 2 {
		next := strings.Index(text[at:], closing[:2])
		if next < 0 || at+next+len(closing) > len(text) {
			return 0
		}
		at += next
		if strings.EqualFold(text[at:at+len(closing)], closing) {
			return at + len(closing)
		}
	}
}

const (
	joiner        = '\u200d' // makes one emoji of two
	firstSkinTone = '\U0001f3fb'
	lastSkinTone  = '\U0001f3ff'
)

// clusterEnd returns the length of the first character as a reader sees it.
func clusterEnd(text string) int {
	last, end := utf8.DecodeRuneInString(text)
	flag := isFlagHalf(last)
	for end < len(text) {
		next, size := utf8.DecodeRuneInString(text[end:])
		switch {
		case last == joiner, last == '\r' && next == '\n', extends(next):
		case flag && isFlagHalf(next):
			flag = false
		default:
			return end
		}
		last = next
		end += size
	}
	return end
}

// extends reports whether r belongs to the character before.
func extends(r rune) bool {
	return r == joiner || r >= firstSkinTone && r <= lastSkinTone || unicode.In(r, unicode.Mn, unicode.Me)
}

// isFlagHalf reports whether r is a regional indicator, two of which make a flag.
func isFlagHalf(r rune) bool { return r >= '\U0001f1e6' && r <= '\U0001f1ff' }

// runeCut returns the end of the last rune that fits, of the first one if none does.
func runeCut(text string, limit int) int {
	_, end := utf8.DecodeRuneInString(text)
	for end < len(text) {
		_, size := utf8.DecodeRuneInString(text[end:])
		if end+size > limit {
			break
		}
		end += size
	}
	return end
}
