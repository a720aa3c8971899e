package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

var doctorCommand = command{
	name:  "doctor",
	args:  text{"[KEY=VALUE…]", "[关键词=值…]"},
	about: text{"look for what is wrong with the account, and say what to do", "检查账号设置，指出问题和处理办法"},
	details: text{
		`It looks at the settings, the connection, this machine's clock, the AppSecret, the IP allow-list, the calls left today, the
callback and the templates with the rules of their keywords: of each account whose variables are set. It sends no message.

Of the callback it asks WeChat whether it reaches the host. Where its URL is given, and WECHAT_TOKEN (WECHAT_SERVICE_TOKEN) is
set, it makes the check that WeChat's console makes, too, from here. KEY=VALUE are checked against the template.`,
		`检查设置、网络连接、本机时钟、AppSecret、IP 白名单、当日剩余调用次数、消息推送，以及模板和关键词规则；设置了环境变量的账号都会检查。
不会发送任何消息。

消息推送：询问微信能否访问推送地址的主机；如果给出了 URL 并设置了 WECHAT_TOKEN（WECHAT_SERVICE_TOKEN），还会从本机做一次与公众平台
相同的 URL 校验。关键词=值 会按模板规则检查。`,
	},
	examples: []string{
		"wechat doctor",
		"wechat doctor -account service -callback https://example.com/wechat",
		`wechat doctor -template ID thing1="Fire insurance" date2=2026-12-01`,
		"wechat doctor -json -lang zh",
	},
	flags: func(f flags, o *options) {
		f.text(&o.template, "template", text{"`id` of a template that must be there", "必须存在的模板`编号`"})
		f.text(&o.callback, "callback", text{"`URL` of the callback, in place of WECHAT_CALLBACK_URL", "消息推送的 `URL`，代替 WECHAT_CALLBACK_URL"})
	},
	run: (*job).doctor,
}

// doctor looks at all accounts that are set and prints what it finds.
func (j *job) doctor(ctx context.Context) error {
	list, err := j.patients()
	if err != nil {
		return err
	}
	data, err := pairs(j.args)
	if err != nil {
		return err
	}
	var all []report
	failures, warnings := 0, 0
	for _, k := range list {
		r := j.examine(ctx, k, data)
		if err := ctx.Err(); err != nil { // what was found after that says nothing of the account
			return err
		}
		for i := range r.findings {
			switch r.findings[i].state {
			case failure:
				failures++
			case warning:
				warnings++
			}
		}
		if !j.json {
			r.write(j)
		}
		all = append(all, r)
	}
	if j.json {
		j.writeJSON(reportsJSON(all, failures, warnings, j.lang))
	} else {
		fmt.Fprintln(j.stdout, j.lang.of(verdict(failures, warnings)))
	}
	if failures > 0 {
		return errFound
	}
	return nil
}

func verdict(failures, warnings int) text {
	if failures+warnings == 0 {
		return text{"All is well.", "一切正常。"}
	}
	return textf("%d wrong, %d to look at.", "%d 个错误，%d 个警告。", failures, warnings)
}

// patients are the accounts to look at.
func (j *job) patients() ([]*kind, error) {
	both := j.getenv("WECHAT_APPID") != "" && j.getenv("WECHAT_SERVICE_APPID") != "" && j.appID == ""
	switch {
	case j.account != "" || !both:
		return []*kind{j.anyKind()}, nil
	case j.template != "" || j.callback != "" || j.secretFile != "" || len(j.args) > 0:
		return nil, usagef("two accounts are set: say by -account which one is meant", "设置了两个账号：请用 -account 指明")
	}
	return []*kind{mini, service}, nil
}

// report is what was found at one account.
type report struct {
	kind     *kind
	appID    string
	base     string
	findings []finding
}

func (r *report) write(j *job) {
	fmt.Fprintf(j.stdout, "%s %s, %s\n", j.lang.of(r.kind.title), r.appID, r.base)
	for i := range r.findings {
		r.findings[i].write(j.stdout, j.lang)
	}
	fmt.Fprintln(j.stdout)
}

func reportsJSON(all []report, failures, warnings int, l language) any {
	type reportJSON struct {
		Account  string        `json:"account"`
		AppID    string        `json:"app_id"`
		BaseURL  string        `json:"base_url"`
		Findings []findingJSON `json:"findings"`
	}
	out := struct {
		Failures int          `json:"failures"`
		Warnings int          `json:"warnings"`
		Accounts []reportJSON `json:"accounts"`
	}{failures, warnings, nil}
	for _, r := range all {
		one := reportJSON{Account: r.kind.flag, AppID: r.appID, BaseURL: r.base}
		for i := range r.findings {
			one.Findings = append(one.Findings, r.findings[i].json(l))
		}
		out.Accounts = append(out.Accounts, one)
	}
	return out
}

// examine makes all checks of one account. What cannot be checked without a token is skipped where there is none.
func (j *job) examine(ctx context.Context, k *kind, data map[string]string) report {
	env := j.settings(k)
	r := report{kind: k, appID: cmp.Or(env(k.prefix+"APPID"), "?"), base: shownAddress(cmp.Or(env("WECHAT_BASE_URL"), wechat.BaseURL))}
	a, err := j.open(k)
	if err != nil {
		r.add(foundError(checkSettings, failure, err))
		return r
	}
	defer a.client.Close()
	r.add(a.lookAtSettings())
	access := a.lookAtAccess(ctx)
	r.add(access[0], a.lookAtClock())
	r.add(access[1:]...)
	if access[len(access)-1].state != good {
		r.add(a.lookAtCallbackFromHere(ctx, j)...)
		r.add(found(checkTemplates, skipped, text{
			"neither the templates nor the calls left are looked at: there is no token", "没有凭据，未检查模板和调用次数",
		}, text{}))
		return r
	}
	r.add(a.lookAtQuotas(ctx)...)
	r.add(a.lookAtCallback(ctx)...)
	r.add(a.lookAtCallbackFromHere(ctx, j)...)
	r.add(a.lookAtTemplates(ctx, data)...)
	return r
}

// shownAddress leaves out what may be a password of a proxy.
func shownAddress(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "?"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

func (r *report) add(list ...finding) { r.findings = append(r.findings, list...) }

var (
	usualAppID  = regexp.MustCompile(`^wx[0-9a-f]{16}$`)
	usualSecret = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// lookAtSettings warns of what does not look like WeChat's.
func (a *account) lookAtSettings() finding {
	fine := found(checkSettings, good, text{"AppID and AppSecret are set", "已设置 AppID 和 AppSecret"}, text{})
	switch {
	case a.base != wechat.BaseURL: // an emulator's may be others
		return fine
	case !usualAppID.MatchString(a.appID):
		return found(checkSettings, warning,
			text{"the AppID does not look like one of WeChat's", "AppID 的格式不像微信的"},
			text{"They are wx and 16 hexadecimal digits.", "应为 wx 加 16 位十六进制数字。"})
	case !usualSecret.MatchString(a.client.AppSecret().Reveal()):
		return found(checkSettings, warning,
			text{"the AppSecret does not look like one of WeChat's", "AppSecret 的格式不像微信的"},
			text{"They are 32 hexadecimal digits. Look for quotes, blanks or a part that is missing.", "应为 32 位十六进制数字。请检查引号、空格或缺失的部分。"})
	}
	return fine
}

// lookAtAccess fetches a token, which tells of the connection, the AppSecret and the allow-list. The last finding is good
// where there is a token.
func (a *account) lookAtAccess(ctx context.Context) []finding {
	_, err := a.client.TokenSource().Token(ctx)
	reached := found(checkReach, good, text{"WeChat answers", "微信有应答"}, text{})
	accepted := found(checkSecret, good, text{"WeChat accepts the AppSecret", "微信接受该 AppSecret"}, text{})
	var refused *errcode.Error
	switch {
	case err == nil:
		return []finding{reached, accepted, found(checkIP, good,
			text{"WeChat takes calls from this machine", "微信接受本机的调用"}, text{})}
	case !errors.As(err, &refused), refused.Class == errcode.ServerBusy: // which says nothing of the AppSecret
		return []finding{foundError(checkReach, failure, err)}
	case refused.Class == errcode.IPNotAllowed:
		return []finding{reached, foundError(checkIP, failure, err)}
	case refused.Class == errcode.QuotaExhausted, refused.Class == errcode.RateLimited:
		return []finding{reached, foundError(checkQuota, failure, err)}
	}
	return []finding{reached, foundError(checkSecret, failure, err)}
}

const (
	// skewToName is more than a slow answer makes.
	skewToName = 30 * time.Second
	// skewToFail is how old a push may be for the callback package, which refuses it after that.
	skewToFail = 5 * time.Minute
)

// lookAtClock compares this machine's clock with the Date of WeChat's answer.
func (a *account) lookAtClock() finding {
	skew, known := a.wire.ahead()
	if !known {
		return found(checkClock, skipped, text{"no answer of WeChat's told the time", "没有得到微信的时间"}, text{})
	}
	direction := text{"ahead of", "快"}
	if skew < 0 {
		skew, direction = -skew, text{"behind", "慢"}
	}
	what := text{
		fmt.Sprintf("this machine's clock is %v %s WeChat's", skew, direction.en), fmt.Sprintf("本机时钟比微信%s %v", direction.zh, skew),
	}
	do := text{
		"Let it keep the time (NTP, chrony). Signed calls and the age check of pushes need it, and tokens are renewed too late or too early.",
		"请启用时间同步（NTP、chrony）。签名调用和推送的时效检查都依赖时钟，凭据也会过早或过晚续期。",
	}
	switch {
	case skew > skewToFail:
		return found(checkClock, failure, what, do)
	case skew > skewToName:
		return found(checkClock, warning, what, do)
	}
	return found(checkClock, good, text{"this machine's clock agrees with WeChat's", "本机时钟与微信一致"}, text{})
}

// lookAtQuotas tells how many calls are left today.
func (a *account) lookAtQuotas(ctx context.Context) []finding {
	var out []finding
	for _, path := range a.quotas {
		q, err := a.client.Account().Quota(ctx, path)
		switch {
		case errors.Is(err, errcode.APIPathMismatch), errors.Is(err, errcode.InvalidAPIPath):
			continue // the account has no such call
		case err != nil:
			return append(out, foundError(checkQuota, warning, err))
		case q.DailyLimit <= 0 && q.Used == 0:
			continue // WeChat does not tell
		}
		left := textf("%s: %d of %d calls left today", "%s：当日剩余 %d / %d 次", path, q.Remain, q.DailyLimit)
		switch {
		case q.Remain <= 0:
			out = append(out, found(checkQuota, failure, left, refusals[errcode.DayQuotaReached].do))
		case q.Remain < q.DailyLimit/10:
			out = append(out, found(checkQuota, warning, left, text{
				"Nearly all are used up: find what calls so often.", "即将用完，请找出频繁调用的程序。",
			}))
		default:
			out = append(out, found(checkQuota, good, left, text{}))
		}
	}
	return out
}
