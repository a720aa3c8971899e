package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// writeJSON prints one object.
func (j *job) writeJSON(v any) {
	e := json.NewEncoder(j.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		fmt.Fprintln(j.stderr, "wechat:", err)
	}
}

// errorJSON is an error for machines.
func (j *job) errorJSON(err error) any {
	out := struct {
		Message string `json:"message"`
		Advice  string `json:"advice,omitempty"`
		Errcode int64  `json:"errcode,omitempty"`
		Class   string `json:"class,omitempty"`
		RID     string `json:"rid,omitempty"`
		Retry   string `json:"retry,omitempty"`
		Unknown bool   `json:"outcome_unknown,omitempty"`
	}{Unknown: errors.Is(err, wechat.ErrOutcomeUnknown)}
	a := explain(err)
	out.Message, out.Advice = j.lang.of(a.what), j.lang.of(a.do)
	var refused *errcode.Error
	if errors.As(err, &refused) {
		out.Errcode, out.Class, out.RID, out.Retry = int64(refused.Code), refused.Class.String(), refused.RID, refused.Retry().String()
	}
	return out
}

// line is one thing to know, for people and for machines.
type line struct {
	key   string // in JSON
	name  text
	value any
}

// print writes the lines, those of people without the ones that have no value.
func (j *job) print(lines ...line) {
	if j.json {
		out := map[string]any{}
		for _, l := range lines {
			out[l.key] = l.value
		}
		j.writeJSON(out)
		return
	}
	for _, l := range lines {
		if value := fmt.Sprint(l.value); value != "" {
			fmt.Fprintf(j.stdout, "%s%s\n", padded(j.lang.of(l.name), 16), value)
		}
	}
}

// confirm asks whether to do what was shown. No answer is a no, and so is Ctrl-C.
func (j *job) confirm(ctx context.Context, question text) error {
	if j.yes {
		return nil
	}
	fmt.Fprintf(j.stderr, "%s [y/N] ", j.lang.of(question))
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(j.stdin).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	answer := ""
	select {
	case answer = <-answers:
	case <-ctx.Done():
	}
	fmt.Fprintln(j.stderr)
	if ctx.Err() == nil && slices.Contains([]string{"y", "yes", "是", "好"}, answer) {
		return nil
	}
	return errDeclined
}

// pairs reads "thing1=Fire insurance".
func pairs(args []string) (map[string]string, error) {
	data := map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || key == "" {
			return nil, usagef("%q is not of the form KEY=VALUE", "%q 不是 关键词=值 的形式", arg)
		}
		if _, twice := data[key]; twice {
			return nil, usagef("%s is there twice", "%s 出现了两次", key)
		}
		data[key] = value
	}
	return data, nil
}
