// Package lenient reads the JSON that WeChat really sends: numbers as strings and strings as numbers,
// an object where a list of one was meant, byte order marks, bare control characters.
//
// The types are for wire structs only. Exported structs hold plain int64, string, time.Time and slices.
package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unmarshal decodes data into v. It drops a byte order mark and, only if the JSON cannot be read
// otherwise, blanks the bare control characters that some nicknames bring along. What does not fit is a [Mismatch].
func Unmarshal(data []byte, v any) error { return declared(unmarshal(data, v), v) }

func unmarshal(data []byte, v any) error {
	data = TrimBOM(data)
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	cleaned, changed := BlankControls(data)
	if !changed {
		return err
	}
	return json.Unmarshal(cleaned, v)
}

// TrimBOM drops a UTF-8 byte order mark and the white space around the document.
func TrimBOM(data []byte) []byte {
	data = bytes.TrimSpace(data)
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return bytes.TrimSpace(data[3:])
	}
	return data
}

// BlankControls replaces control characters that JSON does not allow by spaces.
// It works on a copy: the caller may want to look at the raw answer afterwards.
func BlankControls(data []byte) (out []byte, changed bool) {
	isControl := func(b byte) bool {
		return b < 0x20 && b != '\n' && b != '\r' && b != '\t' || b == 0x7f
	}
	inString, escaped := false, false
	out = bytes.Clone(data)
	for i, b := range out {
		switch {
		case escaped:
			escaped = false
		case inString && b == '\\':
			escaped = true
		case b == '"':
			inString = !inString
		}
		if isControl(b) || inString && b < 0x20 {
			out[i] = ' '
			changed = true
		}
	}
	return out, changed
}

// Int64 takes a JSON number or a string that holds one. null, "" and false are 0, true is 1.
type Int64 int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Int64) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return fmt.Errorf("lenient: number: %w", err)
	}
	v, err := ParseInt64(text)
	if err != nil {
		return err
	}
	*n = Int64(v)
	return nil
}

// Time reads the number as Unix seconds. 0 is the zero time.
func (n Int64) Time() time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// ParseInt64 reads text as [Int64] does.
func ParseInt64(text string) (int64, error) {
	text = string(bytes.TrimSpace([]byte(text)))
	switch text {
	case "", "null", "false":
		return 0, nil
	case "true":
		return 1, nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return v, nil
	}
	// 1.0 and 1e3 are legal JSON for an integer; a real id never takes this path, for it would lose digits.
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int64(f)) {
		return 0, errors.New("lenient: not a whole number")
	}
	return int64(f), nil
}

// Float64 takes a JSON number or a string that holds one. null and "" are 0.
type Float64 float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Float64) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return fmt.Errorf("lenient: number: %w", err)
	}
	if text = strings.TrimSpace(text); text == "" || text == "null" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return errors.New("lenient: not a number")
	}
	*n = Float64(v)
	return nil
}

// String takes a JSON string, or a number or bool as its text. null is "".
type String string

// UnmarshalJSON implements json.Unmarshaler.
func (s *String) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return fmt.Errorf("lenient: string: %w", err)
	}
	if text == "null" && len(data) > 0 && data[0] != '"' {
		text = ""
	}
	*s = String(text)
	return nil
}

// Bool takes true, false, 0, 1 and their strings.
type Bool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *Bool) UnmarshalJSON(data []byte) error {
	var n Int64
	if err := n.UnmarshalJSON(data); err != nil {
		return err
	}
	*b = n != 0
	return nil
}

// scalar returns the text of a JSON string, number, bool or null.
func scalar(data []byte) (string, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "", nil
	}
	switch data[0] {
	case '{', '[':
		return "", errors.New("a single value was expected")
	case '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return "", err
		}
		return s, nil
	}
	return string(data), nil
}

// List takes a JSON array, or a single value as a list of one. null, "" and {} are the empty list.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case bytes.Equal(data, []byte("null")), bytes.Equal(data, []byte(`""`)), isEmptyObject(data):
		*l = nil
		return nil
	case len(data) > 0 && data[0] == '[':
		var items []T
		if err := json.Unmarshal(data, &items); err != nil {
			return declared(err, &items)
		}
		*l = items
		return nil
	}
	var item T
	if err := json.Unmarshal(data, &item); err != nil {
		return declared(err, &item)
	}
	*l = List[T]{item}
	return nil
}

func isEmptyObject(data []byte) bool {
	return len(data) >= 2 && data[0] == '{' && len(bytes.TrimSpace(data[1:len(data)-1])) == 0
}
