package wechat

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/secret"
)

// Account makes the housekeeping calls of an account: its quotas, the request behind a rid, and the network
// between WeChat and its servers. It is safe for concurrent use.
type Account struct {
	core *Client
}

// Account returns the housekeeping calls for the account of c.
func (c *Client) Account() *Account { return &Account{core: c} }

// Quota is the state of one endpoint today. The counters lag and may be off by one percent.
type Quota struct {
	DailyLimit int64 // calls allowed a day
	Used       int64
	Remain     int64
	// Rate limits the account, ComponentRate a third-party platform that calls for it. They are zero where
	// WeChat names none.
	Rate, ComponentRate RateLimit
}

// RateLimit allows Calls in each Period.
type RateLimit struct {
	Calls  int64
	Period time.Duration
}

type wireRate struct {
	Calls   lenient.Int64 `json:"call_count"`
	Seconds lenient.Int64 `json:"refresh_second"`
}

func (w wireRate) rate() RateLimit {
	return RateLimit{Calls: int64(w.Calls), Period: time.Duration(w.Seconds) * time.Second}
}

// pathRequest names an endpoint.
type pathRequest struct {
	Path string `json:"cgi_path" field:"path"`
}

// Quota returns how often one endpoint may be called and was called today (查询API调用额度). path is the
// endpoint's, such as "/cgi-bin/message/custom/send", of an API that this kind of account has; paths below
// /sns/ have no quota.
//
// Errors: [errcode.APIPathMismatch] for a path of another kind of account.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_getapiquota
//
//wechat:endpoint POST /cgi-bin/openapi/quota/get
//wechat:account mini-program official-account
func (a *Account) Quota(ctx context.Context, path string) (*Quota, error) {
	if err := a.checkPath(path); err != nil {
		return nil, err
	}
	var answer struct {
		Quota struct {
			Limit  lenient.Int64 `json:"daily_limit"`
			Used   lenient.Int64 `json:"used"`
			Remain lenient.Int64 `json:"remain"`
		} `json:"quota"`
		Rate      wireRate `json:"rate_limit"`
		Component wireRate `json:"component_rate_limit"`
	}
	err := a.core.Call(ctx, Call{
		Op: "wechat.Quota", Method: http.MethodPost, Path: "/cgi-bin/openapi/quota/get",
		In: pathRequest{path}, Out: rest.Needs(&answer, "quota"), Effect: ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	q := answer.Quota
	return &Quota{
		DailyLimit: int64(q.Limit), Used: int64(q.Used), Remain: int64(q.Remain),
		Rate: answer.Rate.rate(), ComponentRate: answer.Component.rate(),
	}, nil
}

// ClearQuota sets all daily counters of the account back to zero (重置API调用次数). It can be done ten times
// a month, shared with the console and [Account.ClearQuotaBySecret]; after that WeChat answers
// [errcode.QuotaResetsUsedUp]. It is not repeated when its outcome is unknown.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_clearquota
//
//wechat:endpoint POST /cgi-bin/clear_quota
//wechat:account mini-program official-account
func (a *Account) ClearQuota(ctx context.Context) error {
	in := struct {
		AppID string `json:"appid"`
	}{a.core.AppID()}
	return a.core.Call(ctx, Call{
		Op: "wechat.ClearQuota", Method: http.MethodPost, Path: "/cgi-bin/clear_quota", In: in,
	})
}

// ClearQuotaBySecret does what [Account.ClearQuota] does with AppID and AppSecret in place of a token
// (使用AppSecret重置API调用次数), so that it works where the quota of tokens itself is used up. It counts
// among the same ten a month.
//
// Errors: [errcode.QuotaResetsUsedUp].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_clearquotabyappsecret
//
//wechat:endpoint POST /cgi-bin/clear_quota/v2
//wechat:account mini-program official-account
func (a *Account) ClearQuotaBySecret(ctx context.Context) error {
	if a.core.AppSecret() == "" {
		return fieldErrorf("Config.AppSecret", "empty")
	}
	fields := map[string]string{"appid": a.core.AppID(), "appsecret": a.core.AppSecret().Reveal()}
	query := url.Values{}
	for key, value := range fields {
		query.Set(key, value)
	}
	// In the query and in the body: one vintage of WeChat's page has them here, the other there.
	return a.core.Call(ctx, Call{
		Op: "wechat.ClearQuotaBySecret", Method: http.MethodPost, Path: "/cgi-bin/clear_quota/v2",
		Query: query, In: fields, Auth: AuthNone,
	})
}

// ClearQuotaByComponent sets the daily counters of the account back to zero for the third-party platform
// (第三方平台) that it has authorised, with the platform's own AppID and AppSecret. It counts among the same
// ten a month.
//
// Errors: [errcode.QuotaResetsUsedUp].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/openapi/api_componentclearquota_v2.html
//
//wechat:endpoint POST /cgi-bin/component/clear_quota/v2
//wechat:account component
func (a *Account) ClearQuotaByComponent(ctx context.Context, componentAppID string, componentSecret Secret) error {
	switch {
	case componentAppID == "":
		return fieldErrorf("componentAppID", "empty")
	case componentSecret == "":
		return fieldErrorf("componentSecret", "empty")
	case secret.IsMask(componentSecret):
		return fieldErrorf("componentSecret", secret.Masked)
	}
	fields := map[string]string{
		"component_appid": componentAppID, "appid": a.core.AppID(), "appsecret": componentSecret.Reveal(),
	}
	return a.core.Call(ctx, Call{
		Op: "wechat.ClearQuotaByComponent", Method: http.MethodPost, Path: "/cgi-bin/component/clear_quota/v2",
		In: fields, Auth: AuthNone, Private: []string{componentSecret.Reveal()},
	})
}

// ClearAPIQuota sets the daily counter of one endpoint back to zero (重置指定API调用次数), fifty times a
// month. WeChat's page is not clear on whether it takes every path or only those of WeChat Shop (微信小店),
// which begin with /channels/ec/.
//
// Errors: [errcode.InvalidAPIPath], [errcode.APIPathMismatch].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_clearapiquota
//
//wechat:endpoint POST /cgi-bin/openapi/quota/clear
//wechat:account mini-program official-account
func (a *Account) ClearAPIQuota(ctx context.Context, path string) error {
	if err := a.checkPath(path); err != nil {
		return err
	}
	return a.core.Call(ctx, Call{
		Op: "wechat.ClearAPIQuota", Method: http.MethodPost, Path: "/cgi-bin/openapi/quota/clear",
		In: pathRequest{path},
	})
}

func (a *Account) checkPath(path string) error {
	reason := ""
	switch {
	case !a.core.Checks():
	case !strings.HasPrefix(path, "/"):
		reason = "must begin with / and carry no host"
	case strings.HasPrefix(path, "/sns/"):
		reason = "paths below /sns/ have no quota"
	}
	if reason == "" {
		return nil
	}
	return fieldErrorf("path", "%s", reason)
}

// RequestInfo is a request as WeChat saw it. URL and bodies hold people's data and part of a token: they
// print as "[redacted]", and their method Reveal gives them back.
type RequestInfo struct {
	At       time.Time
	Cost     time.Duration // what WeChat took to answer
	ClientIP string
	URL      Secret // with its query; the token in it is masked by WeChat
	Body     Secret
	Answer   Secret
}

// LookupRID looks up a request by the id that WeChat put into its error (查询rid信息): [errcode.Error.RID].
// WeChat knows the account's own requests of the last seven days, but not those below /sns/.
//
// Errors: [errcode.RIDNotFound], [errcode.InvalidRID], [errcode.ForeignRID], [errcode.RIDTooOld].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_getridinfo
//
//wechat:endpoint POST /cgi-bin/openapi/rid/get
//wechat:account mini-program official-account
func (a *Account) LookupRID(ctx context.Context, rid string) (*RequestInfo, error) {
	if rid == "" && a.core.Checks() {
		return nil, fieldErrorf("rid", "empty")
	}
	in := struct {
		RID string `json:"rid" field:"rid"`
	}{rid}
	var answer struct {
		Request struct {
			At       lenient.Int64  `json:"invoke_time"`
			Cost     lenient.Int64  `json:"cost_in_ms"`
			URL      lenient.String `json:"request_url"`
			Body     lenient.String `json:"request_body"`
			Answer   lenient.String `json:"response_body"`
			ClientIP lenient.String `json:"client_ip"`
		} `json:"request"`
	}
	err := a.core.Call(ctx, Call{
		Op: "wechat.LookupRID", Method: http.MethodPost, Path: "/cgi-bin/openapi/rid/get",
		In: in, Out: rest.Needs(&answer, "request"), Effect: ReadOnly,
		Private: []string{}, // the answer holds that of another call, perhaps with what opens something
	})
	if err != nil {
		return nil, err
	}
	r := &answer.Request
	return &RequestInfo{
		At: r.At.Time(), Cost: time.Duration(r.Cost) * time.Millisecond, ClientIP: string(r.ClientIP),
		URL: Secret(r.URL), Body: Secret(r.Body), Answer: Secret(r.Answer),
	}, nil
}
