package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// The words for the numbered types, by number. They are what JSON holds.
var (
	kindNames   = []string{MiniProgram: "mini program", ServiceAccount: "service account", Website: "website", ThirdParty: "third-party platform"}
	typeNames   = []string{OneTime: "one-time", LongTerm: "long-term", Followers: "followers"}
	modeNames   = []string{Plaintext: "plaintext", Compatible: "compatible", Secure: "secure"}
	formatNames = []string{XML: "xml", JSON: "json"}
	shapeNames  = []string{
		ShapeReal: "real", ShapeArray: "array", ShapeWrapped: "wrapped", ShapeWrappedArray: "wrapped-array", ShapeBare: "bare",
		ShapeBareArray: "bare-array", ShapeForeign: "foreign", ShapeForeignBare: "foreign-bare",
	}
)

func nameOf[T ~uint8](v T, names []string, what string) string {
	if int(v) < len(names) && names[v] != "" {
		return names[v]
	}
	return "unknown " + what
}

func parseName[T ~uint8](text []byte, v *T, names []string, what string) error {
	if len(text) == 0 {
		*v = 0
		return nil
	}
	i := slices.Index(names, string(text))
	if i < 0 {
		known := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" })
		return fmt.Errorf("unknown %s %q, want %s", what, text, strings.Join(known, ", "))
	}
	*v = T(i)
	return nil
}

// text is the name for JSON: nothing for zero.
func text[T ~uint8](v T, name string) ([]byte, error) {
	if v == 0 {
		return nil, nil
	}
	return []byte(name), nil
}

// String returns the kind in words, such as "mini program".
func (k Kind) String() string { return nameOf(k, kindNames, "kind") }

// MarshalText writes the kind as String does, and the zero Kind as "".
func (k Kind) MarshalText() ([]byte, error) { return text(k, k.String()) }

// UnmarshalText reads what MarshalText writes.
func (k *Kind) UnmarshalText(b []byte) error { return parseName(b, k, kindNames, "kind") }

// String returns the type in words: "one-time", "long-term" or "followers".
func (t TemplateType) String() string { return nameOf(t, typeNames, "template type") }

// ParseTemplateType is the type with the name that String returns; "" is 0, which stands for the default.
//
// There is no UnmarshalText, for in WeChat's own JSON the type is a number.
func ParseTemplateType(name string) (TemplateType, error) {
	var t TemplateType
	err := parseName([]byte(name), &t, typeNames, "template type")
	return t, err
}

// String returns the mode in words: "plaintext", "compatible" or "secure".
func (m Mode) String() string { return nameOf(m, modeNames, "mode") }

// MarshalText writes the mode as String does, and the zero Mode as "".
func (m Mode) MarshalText() ([]byte, error) { return text(m, m.String()) }

// UnmarshalText reads what MarshalText writes.
func (m *Mode) UnmarshalText(b []byte) error { return parseName(b, m, modeNames, "mode") }

// String returns "xml" or "json".
func (f Format) String() string { return nameOf(f, formatNames, "format") }

// MarshalText writes the format as String does, and the zero Format as "".
func (f Format) MarshalText() ([]byte, error) { return text(f, f.String()) }

// UnmarshalText reads what MarshalText writes.
func (f *Format) UnmarshalText(b []byte) error { return parseName(b, f, formatNames, "format") }

// String returns the shape in words, such as "wrapped-array".
func (s EventShape) String() string { return nameOf(s, shapeNames, "shape") }

// MarshalText writes the shape as String does, and the zero EventShape as "".
func (s EventShape) MarshalText() ([]byte, error) { return text(s, s.String()) }

// UnmarshalText reads what MarshalText writes.
func (s *EventShape) UnmarshalText(b []byte) error { return parseName(b, s, shapeNames, "shape") }
