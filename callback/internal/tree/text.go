package tree

import (
	"strings"
	"unicode/utf8"
)

// clean drops the characters that XML forbids and replaces invalid UTF-8, the same for both encodings.
// Text that needs neither, which is nearly all, is returned as it is.
func clean(s string) string {
	for i := range len(s) {
		if b := s[i]; b >= utf8.RuneSelf {
			return cleanUnicode(s)
		} else if b < ' ' && !isTextControl(b) {
			return strings.Map(dropForbidden, s)
		}
	}
	return s
}

func cleanUnicode(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, string(utf8.RuneError))
	}
	for _, r := range s {
		if dropForbidden(r) < 0 {
			return strings.Map(dropForbidden, s)
		}
	}
	return s
}

func isTextControl(b byte) bool { return b == '\t' || b == '\n' || b == '\r' }

// dropForbidden returns -1 for what is no character of XML 1.0.
func dropForbidden(r rune) rune {
	switch {
	case r < ' ' && !isTextControl(byte(r)), r == 0xFFFE, r == 0xFFFF:
		return -1
	}
	return r
}

// Clean returns s as it would come out of a document: valid UTF-8 without the characters that XML forbids.
func Clean(s string) string { return clean(s) }
