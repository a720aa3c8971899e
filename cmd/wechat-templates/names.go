package main

import (
	"go/token"
	"strconv"
	"strings"
	"unicode"
)

// names hands out identifiers, each once.
type names map[string]bool

// take returns name, or name with a number if it is in use.
func (n names) take(name string) string {
	unique := name
	for i := 2; n[unique]; i++ {
		unique = name + "_" + strconv.Itoa(i)
	}
	n[unique] = true
	return unique
}

// exported makes an exported identifier out of text: letters and digits are kept, Chinese ones too, and what
// stands between starts a new word. prefix goes before what cannot start one.
func exported(text, prefix string) string {
	var b strings.Builder
	start := true
	for _, r := range text {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			start = true
			continue
		case start:
			r = unicode.ToUpper(r)
			start = false
		}
		b.WriteRune(r)
	}
	name := b.String()
	if !token.IsExported(name) || !token.IsIdentifier(name) {
		return prefix + name
	}
	return name
}

// shortID is the part of an id that tells two templates of the same name apart.
func shortID(id string) string {
	const length = 8
	clean := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, id)
	return clean[:min(len(clean), length)]
}

func isPackageName(s string) bool { return token.IsIdentifier(s) && s != "_" }
