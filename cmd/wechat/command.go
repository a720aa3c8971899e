package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// command is one of the program's.
type command struct {
	name     string
	args     text // in the usage line
	about    text // a line
	details  text // more, may be empty
	examples []string
	flags    func(f flags, o *options)
	run      func(j *job, ctx context.Context) error
	// asks says that it asks before it acts.
	asks bool
}

// commands are set in init: help is of the commands, and looks at the list of them.
var commands []*command

func init() {
	commands = []*command{
		&doctorCommand, &sendSubscribeCommand, &sendTemplateCommand, &sendTextCommand, &userCommand, &tokenCommand, &quotaCommand,
		&ridCommand,
	}
}

// find returns the command that the arguments begin with, and the rest of them; "help send text" is "send text -help".
func find(args []string) (c *command, rest []string) {
	if len(args) > 0 && args[0] == "help" {
		if c, rest = find(args[1:]); c != nil {
			return c, append([]string{"-help"}, rest...)
		}
		return nil, nil
	}
	for _, c := range commands {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return c, args[len(words):]
		}
	}
	return nil, nil
}

func writeOverview(w io.Writer, l language) {
	fmt.Fprintln(w, l.of(text{
		"wechat looks after a WeChat account: a Mini Program or a service account.",
		"wechat 用来检查和试用一个微信账号（小程序或服务号）。",
	}))
	fmt.Fprintf(w, "\n%s\n\n", l.of(text{"Usage: wechat COMMAND [flags] [arguments]", "用法：wechat 命令 [选项] [参数]"}))
	for _, c := range commands {
		fmt.Fprintf(w, "  %s%s\n", padded(c.name, 16), l.of(c.about))
	}
	fmt.Fprintf(w, "\n%s\n", l.of(text{"wechat help COMMAND shows its flags and examples. Try it without an account:",
		"wechat help 命令 显示选项和示例。没有账号也能试："}))
	fmt.Fprint(w, `
  go run github.com/wechatkit/wechat/cmd/wechat-emulator@latest   # prints the variables to export
  wechat doctor
`)
}

// flags defines flags with descriptions in the language of the user.
type flags struct {
	*flag.FlagSet

	lang language
}

func (f flags) text(p *string, name string, usage text) { f.StringVar(p, name, "", f.lang.of(usage)) }

func (f flags) bool(p *bool, name string, usage text) { f.BoolVar(p, name, false, f.lang.of(usage)) }

// options are the values of all flags.
type options struct {
	json, yes bool

	account, appID, secretFile, baseURL string // who

	to, template, page, state, url, mini, id string // a message

	callback string // doctor
	code     string // user
	clear    bool   // quota
	bodies   bool   // rid
}

// job is one command that was asked for.
type job struct {
	*program
	options

	lang   language
	args   []string // without the flags
	secret string   // from the file
}

func (j *job) flags(c *command) flags {
	f := flags{flag.NewFlagSet("wechat "+c.name, flag.ContinueOnError), j.lang}
	f.SetOutput(j.stderr)
	f.Usage = func() {}
	var lang string
	f.text(&lang, "lang", text{"`language`: en or zh", "`语言`：en 或 zh"})
	f.bool(&j.json, "json", text{"write JSON", "输出 JSON"})
	f.text(&j.account, "account", text{
		"`kind` of the account: mini (WECHAT_…) or service (WECHAT_SERVICE_…)", "账号`类型`：mini（WECHAT_…）或 service（WECHAT_SERVICE_…）",
	})
	f.text(&j.appID, "appid", text{"`AppID`, in place of the variable's", "`AppID`，代替环境变量"})
	f.text(&j.secretFile, "secret-file", text{"`file` that holds the AppSecret, in place of the variable's", "存放 AppSecret 的`文件`，代替环境变量"})
	f.text(&j.baseURL, "base-url", text{
		"`address` in place of WECHAT_BASE_URL or WeChat's API", "`地址`，代替 WECHAT_BASE_URL 或微信接口地址",
	})
	if c.asks {
		f.bool(&j.yes, "yes", text{"do not ask before", "执行前不询问"})
	}
	if c.flags != nil {
		c.flags(f, &j.options)
	}
	return f
}

// parse reads flags and arguments, in any order; after -- all are arguments.
func (j *job) parse(c *command, args []string) error {
	f := j.flags(c)
	for {
		switch err := f.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			f.SetOutput(j.stdout)
			c.usage(f)
			return errHelp
		case err != nil: // which package flag has printed
			fmt.Fprintf(j.stderr, "%s wechat help %s\n", j.lang.of(text{"See", "参见"}), c.name)
			return errShown
		}
		rest := f.Args()
		if len(rest) == 0 {
			break
		}
		if consumed := len(args) - len(rest); consumed > 0 && args[consumed-1] == "--" {
			j.args = append(j.args, rest...)
			break
		}
		j.args, args = append(j.args, rest[0]), rest[1:]
	}
	if _, ok := kinds[j.account]; !ok && j.account != "" {
		return usagef("-account: %q is neither mini nor service", "-account：%q 既不是 mini 也不是 service", j.account)
	}
	return j.readSecret()
}

// usage is what -help prints.
func (c *command) usage(f flags) {
	w := f.Output()
	fmt.Fprintf(w, "%s\n\n", f.lang.of(c.about))
	fmt.Fprintf(w, "%swechat %s [%s] %s\n", f.lang.of(text{"Usage: ", "用法："}), c.name,
		f.lang.of(text{"flags", "选项"}), f.lang.of(c.args))
	if details := f.lang.of(c.details); details != "" {
		fmt.Fprintf(w, "\n%s\n", details)
	}
	fmt.Fprintf(w, "\n%s\n\n", f.lang.of(text{"Examples:", "示例："}))
	for _, example := range c.examples {
		fmt.Fprintf(w, "  %s\n", example)
	}
	fmt.Fprintf(w, "\n%s\n\n", f.lang.of(text{"Flags:", "选项："}))
	f.PrintDefaults()
}

func usagef(en, zh string, args ...any) error { return usageError{textf(en, zh, args...)} }
