package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"go/format"
	"slices"
	"strings"
	texttemplate "text/template"
	"unicode"
)

//go:embed code.tmpl
var code string

var layout = texttemplate.Must(texttemplate.New("code").Parse(code))

// file is what the layout is filled with. All texts in it are single lines.
type file struct {
	Package string
	Kind    *kind
	Structs []structure
}

type structure struct {
	Name   string
	ID     string
	Title  string
	Note   string
	Fields []field
	Hidden bool // keywords were left out
}

type field struct {
	Name    string
	Key     string
	Type    string
	Comment string
	Values  []constant // of an enumerated type
}

type constant struct {
	Name  string
	Value string
}

// generate returns the source of the package, formatted. The same templates make the same source, in
// whatever order they come.
func generate(pkg string, k *kind, templates []source) ([]byte, error) {
	f := file{Package: pkg, Kind: k}
	taken := names{}
	for _, t := range named(templates) {
		// Templates of service cards have no keywords, and no message either.
		if s := newStructure(t, k, taken); len(s.Fields) > 0 {
			f.Structs = append(f.Structs, s)
		}
	}
	var out bytes.Buffer
	if err := layout.Execute(&out, f); err != nil {
		return nil, err
	}
	source, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the code that was written is not Go: %w", err)
	}
	return source, nil
}

type namedSource struct {
	source

	name string
}

// named orders the templates by title and id and names their structs. The names of some do not depend on
// templates with other titles.
func named(templates []source) []namedSource {
	titles := map[string]int{}
	list := make([]namedSource, len(templates))
	for i, t := range templates {
		list[i] = namedSource{t, exported(t.Title, "T")}
		titles[list[i].name]++
	}
	for i := range list {
		if t := &list[i]; titles[t.name] > 1 {
			t.name += "_" + shortID(t.ID)
		}
	}
	slices.SortFunc(list, func(a, b namedSource) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

func newStructure(t namedSource, k *kind, taken names) structure {
	s := structure{Name: taken.take(t.name), ID: t.ID, Title: oneLine(t.Title), Note: t.Note}
	methods := names{"TemplateID": true, "Data": true, "Message": true}
	for _, w := range t.Keywords {
		if slices.Contains(k.Hidden, w.Key) {
			s.Hidden = true
			continue
		}
		f := field{Name: methods.take(exported(w.Key, "K")), Key: w.Key, Type: "string", Comment: comment(w)}
		if len(w.Values) > 0 {
			f.Type = taken.take(s.Name + f.Name)
			for _, v := range w.Values {
				f.Values = append(f.Values, constant{taken.take(f.Type + exported(v, "")), v})
			}
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

// comment says what a field is for: its name in the template, its rule and the sample value.
func comment(k sourceKeyword) string {
	var parts []string
	if k.Rule != "" {
		parts = append(parts, k.Rule)
	}
	if k.Example != "" {
		parts = append(parts, fmt.Sprintf("such as %q", oneLine(k.Example)))
	}
	text := strings.Join(parts, ", ")
	switch {
	case k.Name == "":
		return text
	case text == "":
		return oneLine(k.Name)
	}
	return oneLine(k.Name) + ": " + text
}

// oneLine keeps what WeChat sends from ending a comment.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, s))
}
