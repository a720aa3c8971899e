package main

import (
	"fmt"
	"strings"
)

// language is what the command speaks.
type language bool

const (
	english language = false
	chinese language = true
)

// text is said in both languages.
type text struct{ en, zh string }

// same is a text that is the same in both.
func same(s string) text { return text{s, s} }

// textf puts the same values into both.
func textf(en, zh string, args ...any) text {
	return text{fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)}
}

func (l language) of(t text) string {
	if l == chinese {
		return t.zh
	}
	return t.en
}

// languageOf is what -lang says, or else the locale. It looks before the flags are parsed, because their descriptions are in
// that language too.
func languageOf(args []string, getenv func(string) string) language {
	for i, arg := range args {
		name, value, ok := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name != "lang" || !strings.HasPrefix(arg, "-") {
			continue
		}
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		return language(isChinese(value))
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return language(isChinese(value))
		}
	}
	return english
}

// withoutLang drops -lang before the command.
func withoutLang(args []string) []string {
	switch {
	case len(args) > 1 && (args[0] == "-lang" || args[0] == "--lang"):
		return args[2:]
	case len(args) > 0 && (strings.HasPrefix(args[0], "-lang=") || strings.HasPrefix(args[0], "--lang=")):
		return args[1:]
	}
	return args
}

func isChinese(locale string) bool { return strings.HasPrefix(strings.ToLower(locale), "zh") }

// width is how many columns a terminal gives a string: two for a Chinese character.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x2e80 {
			n++
		}
	}
	return n
}

func padded(s string, columns int) string { return s + strings.Repeat(" ", max(0, columns-width(s))) }
