package tree

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (p *parser) jsonDocument() error {
	root, err := p.add(none, none, "")
	if err != nil {
		return err
	}
	if err := p.jsonObject(root, 1); err != nil {
		return err
	}
	p.skipSpace()
	if p.pos != len(p.s) {
		return ErrSyntax
	}
	return nil
}

// jsonObject reads "{…}" into the children of self.
func (p *parser) jsonObject(self int32, depth int) error {
	if depth > MaxDepth {
		return ErrTooDeep
	}
	p.pos++ // the brace
	if p.accept('}') {
		return nil
	}
	last := int32(none)
	for {
		p.skipSpace()
		name, err := p.jsonString()
		if err != nil {
			return err
		}
		if !p.accept(':') {
			return ErrSyntax
		}
		if last, err = p.jsonValue(self, last, name, depth); err != nil {
			return err
		}
		if p.accept('}') {
			return nil
		}
		if !p.accept(',') {
			return ErrSyntax
		}
	}
}

// jsonValue adds the value as a child of parent behind last, or, for an array, one child for each item.
// It returns the newest child.
func (p *parser) jsonValue(parent, last int32, name string, depth int) (int32, error) {
	p.skipSpace()
	if p.pos >= len(p.s) {
		return none, ErrSyntax
	}
	if p.s[p.pos] == '[' {
		return p.jsonArray(parent, last, name, depth+1)
	}
	self, err := p.add(parent, last, name)
	if err != nil {
		return none, err
	}
	switch p.s[p.pos] {
	case '{':
		return self, p.jsonObject(self, depth+1)
	case '"':
		p.doc.nodes[self].text, err = p.jsonString()
	default:
		p.doc.nodes[self].text, err = p.jsonLiteral()
	}
	return self, err
}

func (p *parser) jsonArray(parent, last int32, name string, depth int) (int32, error) {
	if depth > MaxDepth {
		return none, ErrTooDeep
	}
	p.pos++ // the bracket
	if p.accept(']') {
		return last, nil
	}
	for {
		var err error
		if last, err = p.jsonValue(parent, last, name, depth); err != nil {
			return none, err
		}
		if p.accept(']') {
			return last, nil
		}
		if !p.accept(',') {
			return none, ErrSyntax
		}
	}
}

// accept passes over b, and the space before it, if it comes next.
func (p *parser) accept(b byte) bool {
	p.skipSpace()
	if p.pos < len(p.s) && p.s[p.pos] == b {
		p.pos++
		return true
	}
	return false
}

// jsonLiteral reads a number as it is written, so that no digit of an id is lost, or true, false, null.
func (p *parser) jsonLiteral() (string, error) {
	start := p.pos
	for p.pos < len(p.s) && isLiteralByte(p.s[p.pos]) {
		p.pos++
	}
	switch text := p.s[start:p.pos]; text {
	case "true", "false":
		return text, nil
	case "null":
		return "", nil
	default:
		if _, err := strconv.ParseFloat(text, 64); err != nil && !isRange(err) || !startsNumber(text) {
			return "", ErrSyntax
		}
		return text, nil
	}
}

func isLiteralByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b == '+' || b == '-' || b == '.' || b == 'E'
}

// startsNumber rules out what strconv takes beyond JSON, such as "inf" and ".5".
func startsNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && s[0] >= '0' && s[0] <= '9' && !strings.ContainsAny(s, "xp")
}

func isRange(err error) bool {
	return errors.Is(err, strconv.ErrRange)
}

// jsonString reads a string. Bare control characters are no error here: nicknames bring them along.
func (p *parser) jsonString() (string, error) {
	if p.pos >= len(p.s) || p.s[p.pos] != '"' {
		return "", ErrSyntax
	}
	start := p.pos + 1
	escaped := false
	for i := start; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			p.pos = i + 1
			text := p.s[start:i]
			if !escaped {
				return clean(text), nil
			}
			return unquote(text)
		}
	}
	return "", ErrSyntax
}

// simpleEscapes maps the letter of an escape to what it stands for.
var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unquote resolves the escapes of s.
func unquote(s string) (string, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		letter := s[i+1] // jsonString never ends a text on a lone backslash
		if letter == 'u' {
			r, size, ok := unicodeEscape(s[i:])
			if !ok {
				return "", ErrSyntax
			}
			out = utf8.AppendRune(out, r)
			i += size
			continue
		}
		b := simpleEscapes[letter]
		if b == 0 {
			return "", ErrSyntax
		}
		out = append(out, b)
		i += 2
	}
	return clean(string(out)), nil
}

// unicodeEscape reads "\uXXXX", or two of them that form a pair.
func unicodeEscape(s string) (r rune, size int, ok bool) {
	const single, double = len(`\uXXXX`), len(`\uXXXX\uXXXX`)
	first, ok := hex4(s)
	if !ok {
		return 0, 0, false
	}
	if !utf16.IsSurrogate(first) {
		return first, single, true
	}
	if second, ok := hex4(s[single:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, double, true
		}
	}
	return utf8.RuneError, single, true
}

func hex4(s string) (rune, bool) {
	if len(s) < len(`\uXXXX`) || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, b := range []byte(s[2:6]) {
		d, ok := hexDigit(b)
		if !ok {
			return 0, false
		}
		r = r<<4 | d
	}
	return r, true
}

func hexDigit(b byte) (rune, bool) {
	switch {
	case b >= '0' && b <= '9':
		return rune(b - '0'), true
	case b >= 'a' && b <= 'f':
		return rune(b-'a') + 10, true
	case b >= 'A' && b <= 'F':
		return rune(b-'A') + 10, true
	}
	return 0, false
}
