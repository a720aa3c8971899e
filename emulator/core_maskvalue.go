package emulator

import (
	"regexp"
	"strings"
)

// masking looks for the values that belong to names in one text.
type masking struct {
	text string
	kind textKind
}

// textKind is how far a text can be trusted to be what it looks like.
type textKind uint8

const (
	anyText  textKind = iota // a query, a form, something broken: a name counts wherever it stands
	jsonText                 // common names are fields only
	xmlText                  // common names are elements and attributes only
)

// value is what is shown in place of a part of the text.
type value struct {
	from, to int
	shown    string
}

// valueOf finds the value that belongs to the name from start to end.
func (m *masking) valueOf(start, end int, plain bool) (value, bool) {
	if tag := m.tagStart(start); tag >= 0 && (plain || m.kind != jsonText) {
		return m.element(tag, end)
	}
	if m.kind == anyText {
		if v, ok := m.part(start, end); ok {
			return v, true
		}
	}
	if plain || m.kind != jsonText {
		if v, ok := m.pair(start, end); ok {
			return v, true
		}
	}
	return m.assigned(start, end, plain)
}

// tagStart returns where the name of a start tag begins, with its prefix, or -1.
func (m *masking) tagStart(start int) int {
	for ; start > 0; start-- {
		b := m.text[start-1]
		if b == '<' {
			return start
		}
		if _, size := letterAt(m.text[start-1:]); size != 1 && b != ':' {
			return -1
		}
	}
	return -1
}

const (
	sectionStart = "<![CDATA["
	sectionEnd   = "]]>"
)

// element is all that is in an element, or in the section in it. Without an end tag that is the rest of the text.
func (m *masking) element(tag, end int) (value, bool) {
	closing := strings.IndexByte(m.text[end:], '>')
	if closing < 0 || strings.HasSuffix(m.text[end:end+closing], "/") {
		return m.attributes(end)
	}
	from, to := end+closing+1, len(m.text)
	if i := strings.Index(m.text[from:], "</"+m.text[tag:end]); i >= 0 {
		to = from + i
	}
	inner := m.text[from:to]
	if strings.TrimSpace(inner) == "" {
		return value{}, false
	}
	if i := strings.Index(inner, sectionStart); i >= 0 && strings.TrimSpace(inner[:i]) == "" {
		from += i + len(sectionStart)
		if i := strings.LastIndex(m.text[from:to], sectionEnd); i >= 0 && strings.TrimSpace(m.text[from+i+len(sectionEnd):to]) == "" {
			to = from + i
		}
	}
	return value{from, to, masked}, true
}

// attributes is the rest of a tag that has no content.
func (m *masking) attributes(end int) (value, bool) {
	to := len(m.text)
	if i := strings.IndexByte(m.text[end:], '>'); i >= 0 {
		to = end + i
	}
	if strings.Trim(m.text[end:to], "/ \t\r\n") == "" {
		return value{}, false
	}
	return value{end, to, " " + masked}, true
}

var (
	partName = regexp.MustCompile(`(?i)name\s*=\s*["']?$`)
	partHead = regexp.MustCompile(`^["']?[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n`)
	partLine = regexp.MustCompile(`^["']?[^\n]*\r?\n`)
	partEnd  = regexp.MustCompile(`\r?\n--`)
)

// part is the content of a part of a multipart body: what is behind the head that names it, or, if the empty line is
// missing, behind the line.
func (m *masking) part(start, end int) (value, bool) {
	const near = 16
	if !partName.MatchString(m.text[max(0, start-near):start]) {
		return value{}, false
	}
	head := partHead.FindString(m.text[end:])
	if head == "" || partEnd.MatchString(head) {
		head = partLine.FindString(m.text[end:])
	}
	if head == "" {
		return value{}, false
	}
	from, to := end+len(head), len(m.text)
	if at := partEnd.FindStringIndex(m.text[from:]); at != nil {
		to = from + at[0]
	}
	return value{from, to, masked}, true
}

var (
	pairName  = regexp.MustCompile(`(?i)(?:name|key)["'\\]*\s*[:=]\s*["'\\]+$`)
	pairValue = regexp.MustCompile(`(?i)^["'\\]*[\s,;]*["'\\]*value(["'\\]*\s*[:=])`)
)

// pair is the value of a pair whose name is a value itself: name="secret" value="…".
func (m *masking) pair(start, end int) (value, bool) {
	const near = 16
	if !pairName.MatchString(m.text[max(0, start-near):start]) {
		return value{}, false
	}
	at := pairValue.FindStringSubmatchIndex(m.text[end:])
	if at == nil {
		return value{}, false
	}
	return m.behind(end+at[2], true)
}

var (
	signBehind  = regexp.MustCompile(`^((?:["'\x60\\]|%22|%27|%5[cC]|&quot;)*)(?:\s|\+|%20)*(=>|[:=]|%3[aAdD])(?:\s|\+|%20)*`)
	quoteBehind = regexp.MustCompile(`^(\\*["']|\x60|%22|%27|(?:%5[cC])+%22|&quot;)`)
	jsonLiteral = regexp.MustCompile(`^(?:-?[0-9][0-9.eE+-]*|true|false|null)\s*(?:[,}\]\s]|$)`)
)

// assigned is what stands behind a name and a colon or an equals sign.
func (m *masking) assigned(start, end int, plain bool) (value, bool) {
	at := signBehind.FindStringSubmatch(m.text[end:])
	if at == nil {
		return value{}, false
	}
	quotes, sign := at[1], at[2]
	if m.kind != anyText && !m.isField(start, quotes, sign) && (!plain || quotes == "" && sign == ":") {
		return value{}, false // a word of a text
	}
	return m.behind(end+len(quotes), quotes != "")
}

// isField tells whether a name is one of the document's own: a field of JSON or an attribute.
func (m *masking) isField(start int, quotes, sign string) bool {
	before := m.text[:start]
	if m.kind == jsonText {
		return quotes == `"` && sign == ":" && strings.HasSuffix(before, `"`)
	}
	tag := strings.LastIndexByte(before, '<')
	return quotes == "" && sign == "=" && tag > strings.LastIndexByte(before, '>') && !strings.HasPrefix(before[tag:], "<!")
}

// behind is the value behind a sign that begins at from.
func (m *masking) behind(from int, quoted bool) (value, bool) {
	at := signBehind.FindStringSubmatchIndex(m.text[from:])
	if at == nil {
		return value{}, false
	}
	sign := m.text[from+at[4] : from+at[5]]
	from += at[1]
	rest := m.text[from:]
	if open := quoteBehind.FindString(rest); open != "" {
		inner := from + len(open)
		if n := closing(m.text[inner:], open); n >= 0 {
			return value{inner, inner + n, masked}, true
		}
		return value{inner, len(m.text), masked + open}, true
	}
	if rest != "" && (rest[0] == '{' || rest[0] == '[') {
		return value{from, from + balanced(rest), `"` + masked + `"`}, true
	}
	if quoted && strings.HasSuffix(sign, ":") && jsonLiteral.MatchString(rest) {
		return value{}, false
	}
	n := bare(rest, sign)
	return value{from, from + n, masked}, n > 0
}

// closing returns where the text ends that an opening quote began, -1 if it does not. The same number of backslashes
// stands before the quote that closes it.
func closing(s, open string) int {
	quote := strings.TrimLeft(open, `\`)
	if len(quote) > 1 { // written in another way
		return strings.Index(s, open)
	}
	level := len(open) - len(quote)
	slashes := 0
	for i := range len(s) {
		switch {
		case s[i] == '\\':
			slashes++
			continue
		case s[i] == quote[0] && slashes%(2*(level+1)) == level:
			return i - level
		}
		slashes = 0
	}
	return -1
}

// balanced returns the length of an object or a list, which is the rest of the text where it does not end.
func balanced(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// bare returns the length of a value without quotes.
func bare(s, sign string) int {
	ends := "&\"'<\r\n\t "
	if strings.HasSuffix(sign, ":") {
		ends = "&\"'<\r\n,}]"
	}
	n := strings.IndexAny(s, ends)
	if n < 0 {
		n = len(s)
	}
	if strings.HasPrefix(sign, "%") {
		for _, end := range []string{"%26", "%22", "%2C", "%7D"} {
			if i := strings.Index(strings.ToUpper(s[:n]), end); i >= 0 {
				n = i
			}
		}
	}
	return n
}
