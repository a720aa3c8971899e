package main

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
)

// kind is what an account is.
type kind struct {
	flag   string // value of -account
	prefix string // of its variables
	name   text
	title  text // the name at the beginning of a line
	pushes callback.Kind
	quotas []string // of endpoints that are worth a look
}

const (
	subscribePath = "/cgi-bin/message/subscribe/send"
	notifyPath    = "/cgi-bin/message/subscribe/bizsend"
	templatePath  = "/cgi-bin/message/template/send"
	textPath      = "/cgi-bin/message/custom/send"
)

var (
	mini = &kind{
		flag: "mini", prefix: "WECHAT_", name: text{"Mini Program", "小程序"}, title: text{"Mini Program", "小程序"},
		pushes: callback.MiniProgram, quotas: []string{subscribePath, textPath},
	}
	service = &kind{
		flag: "service", prefix: "WECHAT_SERVICE_", name: text{"service account", "服务号"}, title: text{"Service account", "服务号"},
		pushes: callback.OfficialAccount, quotas: []string{templatePath, notifyPath, textPath},
	}
	kinds = map[string]*kind{mini.flag: mini, service.flag: service}
)

// account is one that the command was told to use.
type account struct {
	*kind

	env    func(string) string // the variables, with the flags over them
	appID  string
	base   string
	client *wechat.Client
	wire   *wire
}

// settings are the variables of a kind of account, with the flags over them.
func (j *job) settings(k *kind) func(string) string {
	flags := map[string]string{
		k.prefix + "APPID": j.appID, k.prefix + "APPSECRET": j.secret, "WECHAT_BASE_URL": j.baseURL,
		k.prefix + "TEMPLATE": j.template, k.prefix + "OPENID": j.to, k.prefix + "CALLBACK_URL": j.callback,
	}
	return func(name string) string { return cmp.Or(flags[name], j.getenv(name)) }
}

// readSecret takes the AppSecret out of its file.
func (j *job) readSecret() error {
	if j.secretFile == "" {
		return nil
	}
	data, err := os.ReadFile(j.secretFile)
	if err != nil {
		var path *fs.PathError // has the name, which is the AppSecret itself where the flag was misunderstood
		if errors.As(err, &path) {
			err = path.Err
		}
		return usagef("-secret-file: a file that can be read is needed: %v", "-secret-file：需要一个可读取的文件：%v", err)
	}
	j.secret = strings.TrimSpace(string(data))
	if j.secret == "" {
		return usagef("-secret-file: %s is empty", "-secret-file：%s 是空的", j.secretFile)
	}
	return nil
}

// kindOr is what -account says, or else the kind that a command is for.
func (j *job) kindOr(other *kind) *kind { return cmp.Or(kinds[j.account], other) }

// anyKind is what -account says, or else the kind that there are variables of.
func (j *job) anyKind() *kind {
	if j.getenv("WECHAT_APPID") == "" && j.appID == "" && j.getenv("WECHAT_SERVICE_APPID") != "" {
		return j.kindOr(service)
	}
	return j.kindOr(mini)
}

// open makes the client of an account.
func (j *job) open(k *kind) (*account, error) {
	a := &account{kind: k, env: j.settings(k), wire: &wire{next: j.transport, now: j.now}}
	cfg, address, err := wechat.ConfigFromEnv(a.env, k.prefix)
	if err != nil {
		return nil, err
	}
	a.appID, a.base = cfg.AppID, cmp.Or(a.env("WECHAT_BASE_URL"), wechat.BaseURL)
	a.client, err = wechat.New(cfg, address, wechat.WithHTTPClient(&http.Client{Transport: a.wire}))
	if err != nil {
		return nil, usageError{same(strings.TrimPrefix(err.Error(), "wechat: "))}
	}
	return a, nil
}

// wire sends the requests and compares the clock of the other side with this machine's.
type wire struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex // guards the rest
	known bool       // an answer had a Date
	skew  time.Duration
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := w.now()
	answer, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got := w.now()
	if theirs, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.known, w.skew = true, skewOf(sent, got, theirs)
	}
	return answer, nil
}

// ahead is how far this machine's clock is ahead of the other side's, by its newest answer, if that has said.
func (w *wire) ahead() (skew time.Duration, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.skew, w.known
}

// skewOf is how far this machine is ahead of a clock that said theirs, cut to the second, somewhere between sent and got.
// What these leave open counts as no difference.
func skewOf(sent, got, theirs time.Time) time.Duration {
	switch latest := theirs.Add(time.Second); {
	case sent.After(latest):
		return sent.Sub(latest).Round(time.Second)
	case got.Before(theirs):
		return got.Sub(theirs).Round(time.Second)
	}
	return 0
}
