package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/wechatkit/wechat/errcode"
)

// state is how grave a finding is.
type state string

const (
	good    state = "ok"
	note    state = "note" // worth to know, nothing is wrong
	warning state = "warning"
	failure state = "failure"
	skipped state = "skipped"
)

var stateNames = map[state]text{
	good: {"ok", "正常"}, note: {"note", "提示"}, warning: {"WARN", "警告"}, failure: {"FAIL", "错误"}, skipped: {"skip", "跳过"},
}

// The checks of doctor, in the order in which they are made.
const (
	checkSettings  = "settings"
	checkReach     = "connection"
	checkClock     = "clock"
	checkSecret    = "secret"
	checkIP        = "allow-list"
	checkQuota     = "quota"
	checkCallback  = "callback"
	checkTemplates = "templates"
)

var checkNames = map[string]text{
	checkSettings: {"settings", "设置"}, checkReach: {"connection", "连接"}, checkClock: {"clock", "时钟"},
	checkSecret: {"secret", "密钥"}, checkIP: {"allow-list", "IP 白名单"}, checkQuota: {"quota", "额度"},
	checkCallback: {"callback", "消息推送"}, checkTemplates: {"templates", "模板"},
}

// finding is what a check has found. Its texts hold no secret.
type finding struct {
	check  string
	state  state
	what   text
	do     text
	facts  []text // lines below it
	code   errcode.Code
	failed error
}

func found(check string, s state, what, do text) finding {
	return finding{check: check, state: s, what: what, do: do}
}

// foundError is the finding of a call that failed.
func foundError(check string, s state, err error) finding {
	a := explain(err)
	f := finding{check: check, state: s, what: a.what, do: a.do, failed: err}
	var refused *errcode.Error
	if errors.As(err, &refused) {
		f.code = refused.Code
	}
	return f
}

// findingJSON is a finding for machines.
type findingJSON struct {
	Check   string   `json:"check"`
	State   state    `json:"state"`
	Message string   `json:"message"`
	Advice  string   `json:"advice,omitempty"`
	Errcode int64    `json:"errcode,omitempty"`
	RID     string   `json:"rid,omitempty"`
	Facts   []string `json:"facts,omitempty"`
}

func (f *finding) json(l language) findingJSON {
	out := findingJSON{Check: f.check, State: f.state, Message: l.of(f.what), Advice: l.of(f.do), Errcode: int64(f.code)}
	var refused *errcode.Error
	if errors.As(f.failed, &refused) {
		out.RID = refused.RID
	}
	for _, fact := range f.facts {
		out.Facts = append(out.Facts, l.of(fact))
	}
	return out
}

// write prints the finding with what to do below it.
func (f *finding) write(w io.Writer, l language) {
	const indent = "                    "
	fmt.Fprintf(w, "  %s  %s  %s\n", padded(l.of(stateNames[f.state]), 4), padded(l.of(checkNames[f.check]), 10), l.of(f.what))
	if do := l.of(f.do); do != "" {
		fmt.Fprintf(w, "%s→ %s\n", indent, do)
	}
	for _, fact := range f.facts {
		fmt.Fprintf(w, "%s%s\n", indent, l.of(fact))
	}
}
