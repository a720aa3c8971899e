package rest

import "github.com/wechatkit/wechat/internal/lenient"

// Missing is the error of a [Decoder] for an answer without the field of this name. Many calls leave
// errcode out on success, so that an answer is one only by the field that it brings.
type Missing string

// Error returns "ticket is missing".
func (m Missing) Error() string { return string(m) + " is missing" }

// Needs returns a [Decoder] into out that gives [Missing] where one of the top-level fields is not there,
// null or an empty string.
func Needs(out any, fields ...string) Decoder { return needs{out, fields} }

type needs struct {
	out    any
	fields []string
}

func (n needs) DecodeAnswer(data []byte) error {
	for _, key := range n.fields {
		switch string(Field(data, key)) {
		case "", "null", `""`:
			return Missing(key)
		}
	}
	return lenient.Unmarshal(data, n.out)
}

// NeedsAny returns a [Decoder] into out that gives [Missing] where none of the top-level fields is there.
func NeedsAny(out any, fields ...string) Decoder { return needsAny{out, fields} }

type needsAny struct {
	out    any
	fields []string
}

func (n needsAny) DecodeAnswer(data []byte) error {
	for _, key := range n.fields {
		if Field(data, key) != nil {
			return lenient.Unmarshal(data, n.out)
		}
	}
	return Missing(n.fields[0])
}
