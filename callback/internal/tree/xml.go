package tree

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	cdataStart = "<![CDATA["
	cdataEnd   = "]]>"
)

func (p *parser) xmlDocument() error {
	if err := p.xmlMisc(); err != nil {
		return err
	}
	if _, err := p.xmlElement(none, none, 1); err != nil {
		return err
	}
	if err := p.xmlMisc(); err != nil {
		return err
	}
	if p.pos != len(p.s) {
		return ErrSyntax
	}
	return nil
}

// xmlMisc passes over spaces, comments and processing instructions around the root.
func (p *parser) xmlMisc() error {
	for {
		p.skipSpace()
		rest := p.s[p.pos:]
		if !strings.HasPrefix(rest, "<?") && !strings.HasPrefix(rest, "<!") {
			return nil
		}
		if err := p.xmlSkipMarkup(); err != nil {
			return err
		}
	}
}

// xmlSkipMarkup passes over one comment or processing instruction. All other markup with "<!" declares
// something, and nothing is allowed to.
func (p *parser) xmlSkipMarkup() error {
	rest := p.s[p.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return p.skipPast("-->", len("<!--"))
	case strings.HasPrefix(rest, "<?"):
		return p.skipPast("?>", len("<?"))
	}
	return ErrDTD
}

func (p *parser) skipPast(end string, from int) error {
	i := strings.Index(p.s[p.pos+from:], end)
	if i < 0 {
		return ErrSyntax
	}
	p.pos += from + i + len(end)
	return nil
}

// xmlElement reads one element, its children included, and returns its index.
func (p *parser) xmlElement(parent, prev int32, depth int) (int32, error) {
	if depth > MaxDepth {
		return none, ErrTooDeep
	}
	name, empty, err := p.xmlStartTag()
	if err != nil {
		return none, err
	}
	self, err := p.add(parent, prev, clean(name))
	if err != nil || empty {
		return self, err
	}
	return self, p.xmlContent(self, name, depth)
}

// xmlStartTag reads "<name …>" and tells whether it ended in "/>". Attributes mean nothing here.
func (p *parser) xmlStartTag() (name string, empty bool, err error) {
	if p.pos >= len(p.s) || p.s[p.pos] != '<' {
		return "", false, ErrSyntax
	}
	start := p.pos + 1
	end := start
	for end < len(p.s) && isNameByte(p.s[end]) {
		end++
	}
	if end == start {
		return "", false, ErrSyntax
	}
	name = p.s[start:end]
	var quote byte
	for i := end; i < len(p.s); i++ {
		switch b := p.s[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '<':
			return "", false, ErrSyntax
		case b == '>':
			p.pos = i + 1
			return name, i > end && p.s[i-1] == '/', nil
		}
	}
	return "", false, ErrSyntax
}

func isNameByte(b byte) bool {
	return b > ' ' && b != '<' && b != '>' && b != '/' && b != '=' && b != '"' && b != '\'' && b != '&' && b != '!' && b != '?'
}

// xmlContent reads up to and including the end tag of element self.
func (p *parser) xmlContent(self int32, name string, depth int) error {
	var text pieces
	last := int32(none)
	for {
		i := strings.IndexByte(p.s[p.pos:], '<')
		if i < 0 {
			return ErrSyntax
		}
		if i > 0 {
			text.addPlain(p.s[p.pos : p.pos+i])
			p.pos += i
		}
		rest := p.s[p.pos:]
		var err error
		switch {
		case strings.HasPrefix(rest, cdataStart):
			err = p.xmlCDATA(&text)
		case strings.HasPrefix(rest, "</"):
			if last == none {
				p.doc.nodes[self].text = text.join()
			}
			return p.xmlEndTag(name)
		case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
			err = p.xmlSkipMarkup()
		default:
			last, err = p.xmlElement(self, last, depth+1)
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) xmlCDATA(text *pieces) error {
	start := p.pos + len(cdataStart)
	i := strings.Index(p.s[start:], cdataEnd)
	if i < 0 {
		return ErrSyntax
	}
	text.addCDATA(p.s[start : start+i])
	p.pos = start + i + len(cdataEnd)
	return nil
}

func (p *parser) xmlEndTag(name string) error {
	rest := p.s[p.pos+len("</"):]
	if !strings.HasPrefix(rest, name) {
		return ErrSyntax
	}
	p.pos += len("</") + len(name)
	p.skipSpace()
	if p.pos >= len(p.s) || p.s[p.pos] != '>' {
		return ErrSyntax
	}
	p.pos++
	return nil
}

// pieces gathers the text of one element, which most often is a single piece and then costs nothing.
// Blanks outside of CDATA do not count once there is CDATA: they are somebody's indentation.
type pieces struct {
	first string
	more  []byte // first and all behind it, once there is more than one piece
	cdata bool
}

func (t *pieces) addPlain(s string) {
	if t.cdata && trimStart(s) == "" {
		return
	}
	t.add(clean(unescape(s)))
}

func (t *pieces) addCDATA(s string) {
	if !t.cdata && t.more == nil && trimStart(t.first) == "" {
		t.first = ""
	}
	t.cdata = true
	t.add(clean(s))
}

func (t *pieces) add(s string) {
	switch {
	case t.more != nil:
		t.more = append(t.more, s...)
	case t.first == "":
		t.first = s
	case s != "":
		t.more = append([]byte(t.first), s...)
	}
}

func (t *pieces) join() string {
	if t.more != nil {
		return string(t.more)
	}
	return t.first
}

// unescape replaces the five named and the numeric character references. Any other "&" stays as it is: no
// entity can be declared, so there is nothing it could mean.
func unescape(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for amp >= 0 {
		b.WriteString(s[:amp])
		s = s[amp:]
		text, size := reference(s)
		b.WriteString(text)
		s = s[size:]
		amp = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

// maxReference is the length of the longest reference worth looking at, such as "&#x0010FFFF;".
const maxReference = 12

// reference reads the reference that s begins with: its text, and how many bytes it takes.
func reference(s string) (text string, size int) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], ';')
	if end < 0 {
		return "&", 1
	}
	switch name := s[1:end]; name {
	case "lt":
		return "<", end + 1
	case "gt":
		return ">", end + 1
	case "amp":
		return "&", end + 1
	case "quot":
		return `"`, end + 1
	case "apos":
		return "'", end + 1
	default:
		r, ok := numericReference(name)
		if !ok {
			return "&", 1
		}
		return string(r), end + 1
	}
}

func numericReference(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, false
	}
	if n > utf8.MaxRune {
		return utf8.RuneError, true
	}
	return rune(n), true
}
