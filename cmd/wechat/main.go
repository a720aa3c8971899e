// Command wechat looks after an account from the shell: it says what is wrong with its settings and what to do about it,
// sends a message to try one out, and asks WeChat about users, quotas and requests that failed.
//
//	go install github.com/wechatkit/wechat/cmd/wechat@latest
//	wechat doctor
//	wechat send subscribe -to OPENID -template ID thing1="Fire insurance" date2=2026-12-01
//
// The commands are
//
//	doctor          look for what is wrong with the account
//	send subscribe  send a subscription message (订阅消息)
//	send template   send a template message of a service account (模板消息)
//	send text       send a customer-service text (客服消息)
//	user            what WeChat knows of a user
//	token           the access token: whether there is one and until when
//	quota           how many calls are left today
//	rid             look up a request by the id in its error
//
// "wechat help COMMAND" shows the flags and examples of one.
//
// WECHAT_APPID and WECHAT_APPSECRET name a Mini Program, WECHAT_SERVICE_APPID and WECHAT_SERVICE_APPSECRET a service account,
// WECHAT_BASE_URL another address than WeChat's: the variables that wechat-emulator prints. Flags replace them; there is
// none for the AppSecret itself, which others could read in the list of processes, but one for a file that holds it.
//
// It speaks Chinese where LC_ALL, LC_MESSAGES or LANG does, or where -lang zh says so, else English. -json writes one JSON
// object instead. No secret is ever printed: no AppSecret, token or key. What sends or uses something up asks before, unless
// -yes is given. See docs/command.md.
//
// The exit status is 0 for success, 1 where WeChat refused, nothing was reached or doctor found something wrong, 2 for a wrong
// command line, a missing setting or a message that breaks a rule, 3 where the question was not answered by yes, and 4 where a
// message was perhaps sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{
		getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		transport: http.DefaultTransport, now: time.Now,
	}
	status := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// The exit statuses.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitDeclined = 3
	exitUnknown  = 4
)

// program is what a run has of the world around it.
type program struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	transport      http.RoundTripper
	now            func() time.Time
}

// run is the command up to its exit status.
func (p *program) run(ctx context.Context, args []string) int {
	lang := languageOf(args, p.getenv)
	args = withoutLang(args)
	c, rest := find(args)
	if c == nil {
		return p.overview(args, lang)
	}
	j := &job{program: p, lang: lang}
	err := j.parse(c, rest)
	if err == nil {
		err = c.run(j, ctx)
	}
	return j.end(err)
}

// The ends of a job that need no more words.
var (
	errFound    = errors.New("something is wrong, and was printed")
	errShown    = errors.New("a mistake on the command line, and was printed")
	errHelp     = flag.ErrHelp
	errDeclined = errors.New("declined")
)

// usageError is a mistake on the command line or in the settings.
type usageError struct{ text }

func (e usageError) Error() string { return e.en }

// statusOf is the exit status for an error.
func statusOf(err error) int {
	var usage usageError
	var field *errcode.FieldError
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitOK
	case errors.Is(err, errFound):
		return exitFailed
	case errors.Is(err, errDeclined):
		return exitDeclined
	case errors.Is(err, errShown), errors.As(err, &usage), errors.As(err, &field):
		return exitUsage
	case errors.Is(err, wechat.ErrOutcomeUnknown):
		return exitUnknown
	}
	return exitFailed
}

// end prints an error and returns the exit status.
func (j *job) end(err error) int {
	status := statusOf(err)
	switch {
	case err == nil, errors.Is(err, errHelp), errors.Is(err, errFound), errors.Is(err, errShown):
	case j.json:
		j.writeJSON(map[string]any{"error": j.errorJSON(err)})
	default:
		a := explain(err)
		fmt.Fprintf(j.stderr, "wechat: %s\n", j.lang.of(a.what))
		if do := j.lang.of(a.do); do != "" {
			fmt.Fprintf(j.stderr, "  → %s\n", do)
		}
	}
	return status
}

// unknownCommand names what is no command. What follows, such as the value of a flag that there is not, may be a secret.
func unknownCommand(args []string) text {
	words := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "help" })
	if flag, _, _ := strings.Cut(words[0], "="); strings.HasPrefix(flag, "-") {
		return textf("the command comes first, and %s after it", "命令写在最前面，%s 写在命令之后", flag)
	}
	if len(words) > 1 && words[0] == "send" && !strings.HasPrefix(words[1], "-") {
		words[0] += " " + words[1]
	}
	return textf("unknown command %q", "没有命令 %q", words[0])
}

// overview is what there is to say without a command.
func (p *program) overview(args []string, lang language) int {
	help := !slices.ContainsFunc(args, func(arg string) bool {
		return !slices.Contains([]string{"help", "h"}, strings.TrimLeft(arg, "-"))
	})
	w, status := p.stdout, exitOK
	if !help {
		w, status = p.stderr, exitUsage
		fmt.Fprintf(w, "wechat: %s\n\n", lang.of(unknownCommand(args)))
	}
	writeOverview(w, lang)
	return status
}
