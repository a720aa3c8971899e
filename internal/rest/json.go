package rest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Appender is a request body that writes its own JSON. The message types use it: a send is the hot call,
// and the reflection of encoding/json costs more than the rest of the pipeline together.
type Appender interface {
	AppendJSON(dst []byte) []byte
}

// Encode returns v as the JSON that WeChat takes: UTF-8 without \u escapes, for several endpoints store
// such an escape as six letters or refuse it (40033, 47002). Control characters, which JSON can only
// carry escaped, are dropped except for line ends and tab. A text that is not UTF-8 is a [*TextError], also in a
// json.RawMessage.
func Encode(v any) ([]byte, error) {
	body, err := encode(v)
	if err == nil {
		err = checkText(v, body)
	}
	if err != nil {
		return nil, err
	}
	return body, nil
}

func encode(v any) ([]byte, error) {
	if a, ok := v.(Appender); ok {
		scratch := buffers.Get().(*bytes.Buffer)
		defer release(scratch)
		return bytes.Clone(a.AppendJSON(scratch.AvailableBuffer())), nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return rawUTF8(bytes.TrimRight(buf.Bytes(), "\n")), nil
}

// rawUTF8 replaces the \uXXXX escapes of valid JSON by the characters themselves and drops what is left of
// control characters, in place: a character is never longer than its escape.
func rawUTF8(data []byte) []byte {
	if !bytes.ContainsAny(data, "\\\x7f") {
		return data
	}
	out := data[:0]
	for i := 0; i < len(data); {
		switch {
		case data[i] == 0x7f:
			i++
		case data[i] != '\\':
			out = append(out, data[i])
			i++
		case data[i+1] == 'u':
			r, size := unescape(data[i:])
			out = appendRune(out, r)
			i += size
		case data[i+1] == 'b' || data[i+1] == 'f':
			i += 2
		default:
			out = append(out, data[i], data[i+1])
			i += 2
		}
	}
	return out
}

func appendRune(dst []byte, r rune) []byte {
	switch {
	case r < 0x20 || r == '"' || r == '\\':
		return appendEscaped(dst, byte(r))
	case r == 0x7f:
		return dst
	}
	return utf8.AppendRune(dst, r)
}

// unescape reads one \uXXXX, or two that make a surrogate pair.
func unescape(data []byte) (r rune, size int) {
	hi := hex4(data[2:6])
	if hi < 0xd800 || hi > 0xdbff || len(data) < 12 || data[6] != '\\' || data[7] != 'u' {
		return hi, 6
	}
	lo := hex4(data[8:12])
	if lo < 0xdc00 || lo > 0xdfff {
		return utf8.RuneError, 6
	}
	return (hi-0xd800)<<10 + (lo - 0xdc00) + 0x10000, 12
}

func hex4(b []byte) rune {
	n, err := strconv.ParseUint(string(b), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// AppendString appends s as a JSON string by the rules of [Encode], which then refuses what is not UTF-8; here it becomes
// U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			if b >= 0x20 && b != '"' && b != '\\' && b != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = appendEscaped(dst, b)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			start = i + 1
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return dst
}

// Object writes one JSON object. Its methods leave out what is empty, as WeChat wants it.
type Object struct {
	dst   []byte
	comma bool
}

// NewObject opens an object at the end of dst.
func NewObject(dst []byte) Object { return Object{dst: append(dst, '{')} }

// Close closes the object and returns the whole buffer.
func (o *Object) Close() []byte { return append(o.dst, '}') }

// Key appends a key; the caller appends the value with [Object.Value].
func (o *Object) Key(key string) *Object {
	if o.comma {
		o.dst = append(o.dst, ',')
	}
	o.comma = true
	o.dst = append(AppendString(o.dst, key), ':')
	return o
}

// Value appends the value of the last key: add gets the buffer and returns it longer.
func (o *Object) Value(add func([]byte) []byte) { o.dst = add(o.dst) }

// String appends key and value.
func (o *Object) String(key, value string) {
	o.Key(key)
	o.dst = AppendString(o.dst, value)
}

// Optional appends key and value unless the value is empty.
func (o *Object) Optional(key, value string) {
	if value != "" {
		o.String(key, value)
	}
}

// Int appends key and number.
func (o *Object) Int(key string, value int64) {
	o.Key(key)
	o.dst = strconv.AppendInt(o.dst, value, 10)
}

// Open opens an object as the value of key; Shut closes it again.
func (o *Object) Open(key string) {
	o.Key(key)
	o.dst = append(o.dst, '{')
	o.comma = false
}

// Shut closes what Open opened.
func (o *Object) Shut() {
	o.dst = append(o.dst, '}')
	o.comma = true
}

// Field returns the raw value of a top-level key of a valid JSON object, or nil. Where a key stands
// twice the first one counts. It reads the few fields of a send's answer without decoding the whole.
func Field(data []byte, key string) []byte {
	depth, i := 0, 0
	for i < len(data) {
		switch data[i] {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case '"':
			end := stringEnd(data, i)
			if depth == 1 && string(data[i+1:max(i+1, end-1)]) == key {
				if value := valueAfterColon(data[end:]); value != nil {
					return value
				}
			}
			i = end
		default:
			i++
		}
	}
	return nil
}

// stringEnd returns the index after the closing quote of the string that starts at i.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// valueAfterColon returns the value that follows a key, or nil where the string was a value itself.
func valueAfterColon(data []byte) []byte {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 || data[0] != ':' {
		return nil
	}
	data = bytes.TrimLeft(data[1:], " \t\r\n")
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return bytes.TrimRight(data[:i], " \t\r\n")
			}
			depth--
		case ',':
			if depth == 0 {
				return bytes.TrimRight(data[:i], " \t\r\n")
			}
		}
	}
	return data
}
