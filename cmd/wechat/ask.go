package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/oauth"
)

var userCommand = command{
	name: "user", args: text{"OPENID", "OPENID"}, asks: true,
	about: text{"what WeChat knows of a user", "查询用户信息"},
	details: text{
		`Of a follower of the service account: since when, by which way, the tags, the UnionID. Of a user of the Mini Program
WeChat tells nothing by the OpenID; -code uses a code of wx.login up and tells OpenID and UnionID. The session key is not shown.`,
		`服务号：关注时间、来源、标签、UnionID。小程序不能按 OpenID 查询；-code 会消耗一个 wx.login 的 code，得到 OpenID 和 UnionID。
不会显示 session_key。`,
	},
	examples: []string{"wechat user OPENID", "wechat user -code CODE"},
	flags: func(f flags, o *options) {
		f.text(&o.code, "code", text{"fresh `code` of wx.login in the Mini Program; it works once", "小程序 wx.login 得到的新 `code`，只能用一次"})
	},
	run: (*job).user,
}

var tokenCommand = command{
	name:  "token",
	about: text{"the access token: whether there is one and until when", "检查 access_token 是否可用及有效期"},
	details: text{
		`It fetches the stable token, which leaves every other token in force, and does not show it: only its length, its end, and
the first digits of its SHA-256, to compare two machines by. Another program that fetches the stable token has the same one.`,
		`获取稳定版接口调用凭据，不影响其他凭据。不显示凭据本身，只显示长度、有效期和 SHA-256 的前几位，用来比较两台机器。
其他获取稳定版凭据的程序得到的是同一个。`,
	},
	examples: []string{"wechat token", "wechat token -account service -json"},
	run:      (*job).token,
}

var quotaCommand = command{
	name: "quota", args: text{"[PATH…]", "[接口路径…]"}, asks: true,
	about: text{"how many calls are left today", "查询当日剩余调用次数"},
	details: text{
		"Without a path, those that send messages. -clear sets all counters of the account back, which can be done ten times a month.",
		"不带路径时查询发送消息的接口。-clear 清零该账号所有接口的次数，每月 10 次。",
	},
	examples: []string{"wechat quota", "wechat quota /cgi-bin/message/custom/send", "wechat quota -clear"},
	flags: func(f flags, o *options) {
		f.bool(&o.clear, "clear", text{"set all counters back", "清零所有接口的次数"})
	},
	run: (*job).quota,
}

var ridCommand = command{
	name: "rid", args: text{"RID", "RID"},
	about: text{"look up a request by the id in its error", "按 rid 查询出错的请求"},
	details: text{
		"The rid stands at the end of an errmsg. WeChat knows the account's own requests of the last seven days.",
		"rid 在 errmsg 的末尾。只能查询本账号七天内的请求。",
	},
	examples: []string{"wechat rid 61725984-6126f6f9-040f19c4", "wechat rid -bodies 61725984-6126f6f9-040f19c4"},
	flags: func(f flags, o *options) {
		f.bool(&o.bodies, "bodies", text{"show what was sent and answered, too: it holds people's data", "同时显示请求和应答内容（含用户数据）"})
	},
	run: (*job).rid,
}

func (j *job) user(ctx context.Context) error {
	if j.code != "" {
		return j.login(ctx)
	}
	if len(j.args) != 1 {
		return usagef("one OpenID of the service account, or -code", "需要一个服务号的 OpenID，或使用 -code")
	}
	if j.account == mini.flag {
		return usagef("WeChat tells nothing of a Mini Program's user by the OpenID: use -code", "小程序不能按 OpenID 查询用户，请用 -code")
	}
	a, err := j.open(service)
	if err != nil {
		return err
	}
	defer a.client.Close()
	u, err := oauth.New(a.client).User(ctx, j.args[0])
	if err != nil {
		return err
	}
	j.print(
		line{"open_id", same("OpenID"), u.OpenID},
		line{"union_id", same("UnionID"), u.UnionID},
		line{"follows", text{"follows", "已关注"}, u.Follows},
		line{"followed_at", text{"since", "关注时间"}, when(u.FollowedAt)},
		line{"followed_by", text{"came by", "来源"}, string(u.FollowedBy)},
		line{"qr_scene", text{"QR scene", "二维码参数"}, u.QRScene},
		line{"remark", text{"remark", "备注"}, u.Remark},
		line{"tags", text{"tags", "标签"}, strings.Trim(fmt.Sprint(u.TagIDs), "[]")},
	)
	return nil
}

func (j *job) login(ctx context.Context) error {
	a, err := j.open(j.kindOr(mini))
	if err != nil {
		return err
	}
	defer a.client.Close()
	if err := j.confirm(ctx, text{"This uses the code up. Go on?", "该 code 将被消耗。继续吗？"}); err != nil {
		return err
	}
	s, err := oauth.New(a.client).Login(ctx, j.code)
	if err != nil {
		return err
	}
	j.print(line{"open_id", same("OpenID"), s.OpenID}, line{"union_id", same("UnionID"), s.UnionID})
	return nil
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (j *job) token(ctx context.Context) error {
	if len(j.args) > 0 {
		return usagef("unexpected argument %q", "多余的参数 %q", j.args[0])
	}
	a, err := j.open(j.anyKind())
	if err != nil {
		return err
	}
	defer a.client.Close()
	t, err := a.client.TokenSource().Token(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(t.Value.Reveal()))
	j.print(
		line{"app_id", same("AppID"), a.appID},
		line{"length", text{"length", "长度"}, len(t.Value.Reveal())},
		line{"sha256", text{"SHA-256 begins", "SHA-256 前缀"}, hex.EncodeToString(sum[:4])},
		line{"expires", text{"expires", "过期时间"}, when(t.Expiry)},
		line{"seconds_left", text{"seconds left", "剩余秒数"}, int(t.Expiry.Sub(j.now()).Seconds())},
	)
	return nil
}

func (j *job) quota(ctx context.Context) error {
	a, err := j.open(j.anyKind())
	if err != nil {
		return err
	}
	defer a.client.Close()
	if j.clear {
		return j.clearQuota(ctx, a)
	}
	type quotaJSON struct {
		Path   string `json:"path"`
		Limit  int64  `json:"daily_limit"`
		Used   int64  `json:"used"`
		Remain int64  `json:"remain"`
	}
	paths := j.args
	if len(paths) == 0 {
		paths = a.quotas
	}
	var out []quotaJSON
	for _, path := range paths {
		q, err := a.client.Account().Quota(ctx, path)
		if err != nil {
			return err
		}
		out = append(out, quotaJSON{path, q.DailyLimit, q.Used, q.Remain})
	}
	if j.json {
		j.writeJSON(map[string]any{"app_id": a.appID, "quotas": out})
		return nil
	}
	for _, q := range out {
		fmt.Fprintln(j.stdout, j.lang.of(textf("%s  %d of %d left", "%s  剩余 %d / %d", q.Path, q.Remain, q.Limit)))
	}
	return nil
}

// clearQuota uses the AppSecret and no token, so that it works where the calls for tokens are used up.
func (j *job) clearQuota(ctx context.Context, a *account) error {
	err := j.confirm(ctx, textf("This is one of ten times a month, and concerns all programs of %s. Go on?",
		"每月只有 10 次，且影响 %s 的所有程序。继续吗？", a.appID))
	if err != nil {
		return err
	}
	if err := a.client.Account().ClearQuotaBySecret(ctx); err != nil {
		return err
	}
	j.print(line{"cleared", text{"set back", "已清零"}, true})
	return nil
}

func (j *job) rid(ctx context.Context) error {
	if len(j.args) != 1 {
		return usagef("one rid", "需要一个 rid")
	}
	a, err := j.open(j.anyKind())
	if err != nil {
		return err
	}
	defer a.client.Close()
	r, err := a.client.Account().LookupRID(ctx, j.args[0])
	if err != nil {
		return err
	}
	address, _, _ := strings.Cut(r.URL.Reveal(), "?")
	lines := []line{
		{"at", text{"at", "时间"}, when(r.At)},
		{"took", text{"took", "耗时"}, r.Cost.String()},
		{"client_ip", text{"from", "来源 IP"}, r.ClientIP},
		{"url", same("URL"), address},
	}
	if j.bodies {
		lines = append(lines,
			line{"request", text{"sent", "请求"}, a.masked(r.Body)},
			line{"answer", text{"answered", "应答"}, a.masked(r.Answer)})
	}
	j.print(lines...)
	return nil
}

// secretField is a field of WeChat's JSON that holds a secret.
var secretField = regexp.MustCompile(
	`("(?:secret|appsecret|component_appsecret|access_token|refresh_token|session_key|component_access_token|component_verify_ticket|` +
		`authorizer_access_token|authorizer_refresh_token|ticket|authorization_code|pre_auth_code|encrypt_key)"\s*:\s*)` +
		`"(?:[^"\\]|\\.)*(?:"|\\?$)`) // or where a long one is cut off

// masked hides the secrets in the body of a request or an answer.
func (a *account) masked(body wechat.Secret) string {
	s := secretField.ReplaceAllString(body.Reveal(), `$1"[redacted]"`)
	return strings.ReplaceAll(s, a.client.AppSecret().Reveal(), "[redacted]")
}
