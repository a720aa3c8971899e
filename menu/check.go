package menu

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// The limits of a menu.
const (
	mostButtons    = 3
	mostSubButtons = 5
)

// longestName is in bytes, by level. Older pages say 40 for the second one.
var longestName = [...]int{firstLevel: 16, lastLevel: 60}

// fieldErrorf returns the finding of a local check.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "menu", Field: field, Reason: fmt.Sprintf(format, args...)}
}

// check finds what WeChat refuses. Without rules it finds what cannot be sent.
func (m Menu) check(field string, rules bool) error {
	if n := len(m); rules && (n == 0 || n > mostButtons) {
		return fieldErrorf(field, "%d buttons, want 1 to %d", n, mostButtons)
	}
	return m.checkButtons(field, firstLevel, rules)
}

func (m Menu) checkButtons(field string, level int, rules bool) error {
	for i, b := range m {
		if err := checkButton(fmt.Sprintf("%s[%d]", field, i), b, level, rules); err != nil {
			return err
		}
	}
	return nil
}

func checkButton(field string, b Button, level int, rules bool) error {
	if isNil(b) {
		return fieldErrorf(field, "nil")
	}
	d := b.describe()
	if d.raw != nil {
		if _, ok := d.raw.fields(); !ok {
			return fieldErrorf(field, "no JSON object")
		}
		return nil
	}
	if err := d.checkTexts(field); err != nil {
		return err
	}
	if rules {
		if err := d.check(field, level); err != nil {
			return err
		}
	}
	return d.submenu.checkButtons(field+".Buttons", level+1, rules)
}

// checkTexts finds what JSON has no form for.
func (d *description) checkTexts(field string) error {
	for _, p := range append(d.parts, part{field: "Name", value: d.name}) {
		if !utf8.ValidString(p.value) {
			return fieldErrorf(field+"."+p.field, rest.NotUTF8)
		}
	}
	return nil
}

// check applies the rules for one button.
func (d *description) check(field string, level int) error {
	if err := checkText(field+".Name", d.name, longestName[level]); err != nil {
		return err
	}
	switch n := len(d.submenu); {
	case d.console:
		return fieldErrorf(field, "a button of type %q is made in the console only", d.kind)
	case d.kind == "" && level == lastLevel:
		return fieldErrorf(field, "a sub-menu in a sub-menu")
	case d.kind == "" && (n == 0 || n > mostSubButtons):
		return fieldErrorf(field+".Buttons", "%d buttons, want 1 to %d", n, mostSubButtons)
	}
	for _, p := range d.parts {
		if err := checkText(field+"."+p.field, p.value, p.limit); err != nil {
			return err
		}
		if p.key == "appid" && strings.HasPrefix(p.value, "gh_") {
			return fieldErrorf(field+"."+p.field, "an original ID (gh_…), want an AppID")
		}
	}
	return nil
}

// checkText takes a limit of 0 for none.
func checkText(field, text string, limit int) error {
	switch n := len(text); {
	case n == 0:
		return fieldErrorf(field, "empty")
	case limit > 0 && n > limit:
		return fieldErrorf(field, "%d bytes, limit %d", n, limit)
	}
	return nil
}

// check finds what WeChat refuses in a rule.
func (r *Rule) check() error {
	if *r == (Rule{}) {
		return fieldErrorf("Rule", "empty")
	}
	for _, private := range r.private() {
		if private.value != "" {
			return fieldErrorf("Rule."+private.field, "WeChat takes no private data of users since 2021")
		}
	}
	return nil
}
