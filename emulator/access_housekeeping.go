package emulator

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	clearsPerMonth    = 10
	apiClearsPerMonth = 50
	ridLife           = 7 * 24 * time.Hour
)

// Diagnosis and quotas of an account.
var housekeepingRoutes = []route{
	{method: http.MethodGet, path: "/cgi-bin/getcallbackip", token: anyToken, handle: addresses("203.0.113.10", "203.0.113.128/25")},
	{method: http.MethodGet, path: "/cgi-bin/get_api_domain_ip", token: anyToken, handle: addresses("198.51.100.7", "198.51.100.8")},
	{method: http.MethodPost, path: "/cgi-bin/callback/check", token: anyToken, handle: jsonBody(checkCallback)},
	{method: http.MethodPost, path: "/cgi-bin/clear_quota", token: anyToken, handle: jsonBody(clearQuota)},
	{method: http.MethodPost, path: "/cgi-bin/clear_quota/v2", handle: clearQuotaV2},
	{method: http.MethodPost, path: "/cgi-bin/openapi/quota/clear", token: anyToken, handle: jsonBody(clearAPIQuota)},
	{method: http.MethodPost, path: "/cgi-bin/openapi/quota/get", token: anyToken, handle: jsonBody(getQuota)},
	{method: http.MethodPost, path: "/cgi-bin/openapi/rid/get", token: anyToken, handle: jsonBody(getRID)},
	{method: http.MethodGet, path: "/cgi-bin/ticket/getticket", token: appToken, handle: getTicket},
}

func addresses(list ...string) func(*call) reply {
	return func(c *call) reply {
		return c.data(struct {
			IPs []string `json:"ip_list"`
		}{list})
	}
}

func checkCallback(c *call, in *struct {
	Action   string `json:"action"`
	Operator string `json:"check_operator"`
},
) reply {
	switch in.Action {
	case "dns", "ping", "all":
	default:
		return c.fail(errcode.InvalidCheckAction)
	}
	switch in.Operator {
	case "CHINANET", "UNICOM", "CAP", "DEFAULT":
	default:
		return c.fail(errcode.InvalidCheckOperator)
	}
	if !c.app.callback().receives() {
		return c.fail(errcode.CallbackURLNotSet)
	}
	return c.data(checkedCallback(c.app.callback(), in.Action, in.Operator))
}

type dnsResult struct {
	IP       string `json:"ip"`
	Operator string `json:"real_operator"`
}

type pingResult struct {
	IP       string `json:"ip"`
	Operator string `json:"from_operator"`
	Loss     string `json:"package_loss"`
	Time     string `json:"time"`
}

// checkedCallback makes results up: an address as it is, any name as 192.0.2.1.
func checkedCallback(cb *Callback, action, operator string) any {
	ip := "192.0.2.1"
	if u, err := url.Parse(cb.URL); err == nil && net.ParseIP(u.Hostname()) != nil {
		ip = u.Hostname()
	}
	out := struct {
		DNS  []dnsResult  `json:"dns,omitempty"`
		Ping []pingResult `json:"ping,omitempty"`
	}{}
	if action != "ping" {
		out.DNS = []dnsResult{{ip, "UNICOM"}}
	}
	if action != "dns" {
		out.Ping = []pingResult{{ip, operator, "0%", "23.079ms"}}
	}
	return out
}

// clears counts what may be cleared only so often a month.
type clears struct {
	month      int // year and month
	all, byAPI int
}

func (a *App) spendClear(now time.Time, api bool) bool {
	t := now.In(china)
	if month := t.Year()*12 + int(t.Month()); a.access.clears.month != month {
		a.access.clears = clears{month: month}
	}
	used, limit := &a.access.clears.all, clearsPerMonth
	if api {
		used, limit = &a.access.clears.byAPI, apiClearsPerMonth
	}
	if *used >= limit {
		return false
	}
	*used++
	return true
}

func clearQuota(c *call, in *struct {
	AppID string `json:"appid"`
},
) reply {
	target := c.w.apps[in.AppID]
	if target == nil || target != c.app && !c.app.authorizes(target) {
		return c.fail(errcode.InvalidAppID)
	}
	return c.clearAll(target)
}

func (c *call) clearAll(a *App) reply {
	if !a.spendClear(c.now, false) {
		return c.fail(errcode.QuotaResetsUsedUp)
	}
	a.access.usage.Today = nil
	return c.ok()
}

// clearQuotaV2 takes its parameters from the query or from the body, for the page shows both.
func clearQuotaV2(c *call) reply {
	in := struct {
		AppID  string `json:"appid"`
		Secret string `json:"appsecret"`
	}{c.query.Get("appid"), c.query.Get("appsecret")}
	if in.AppID == "" {
		_, _ = c.decode(&in) // what cannot be read is missing
	}
	switch {
	case in.AppID == "":
		return c.fail(errcode.AppIDMissing)
	case in.Secret == "":
		return c.fail(errcode.AppSecretMissing)
	}
	if code := c.identify(in.AppID, in.Secret); code != 0 {
		return c.fail(errcode.InvalidAppID)
	}
	if bad, ok := c.checkIP(); !ok && c.app.Kind == MiniProgram {
		return bad
	}
	return c.clearAll(c.app)
}

type pathBody struct {
	Path string `json:"cgi_path"`
}

func clearAPIQuota(c *call, in *pathBody) reply {
	if code := c.checkPath(in.Path); code != 0 {
		return c.fail(code)
	}
	if !c.app.spendClear(c.now, true) {
		return c.fail(errcode.DayQuotaReached)
	}
	c.app.access.usage.roll(c.now)
	delete(c.app.access.usage.Today, in.Path)
	return c.ok()
}

// checkPath says whether the calling account has quotas for a path.
func (c *call) checkPath(path string) errcode.Code {
	list := c.w.routes[path]
	switch {
	case path == "":
		return errcode.EmptyBody
	case !strings.HasPrefix(path, "/"):
		return errcode.ForeignRID // the page of quotas has this number for a malformed path
	case strings.HasPrefix(path, "/sns/"):
		return errcode.APIPathMismatch
	case len(list) == 0:
		return errcode.InvalidAPIPath
	case c.app.Kind != ThirdParty && !list[0].kinds.has(c.app.Kind):
		return errcode.APIPathMismatch
	}
	return 0
}

func getQuota(c *call, in *pathBody) reply {
	if code := c.checkPath(in.Path); code != 0 {
		return c.fail(code)
	}
	type quota struct {
		Limit  int `json:"daily_limit"`
		Used   int `json:"used"`
		Remain int `json:"remain"`
	}
	type rate struct {
		Count  int `json:"call_count"`
		Second int `json:"refresh_second"`
	}
	u := &c.app.access.usage
	u.roll(c.now)
	limit, ok := u.limit(in.Path)
	if !ok {
		limit = 1_000_000
	}
	out := struct {
		envelope

		Quota quota `json:"quota"`
		Rate  *rate `json:"rate_limit,omitempty"`
	}{envelope: success, Quota: quota{limit, u.Today[in.Path], max(0, limit-u.Today[in.Path])}}
	if perMinute, ok := minuteLimits[in.Path]; ok {
		out.Rate = &rate{perMinute.calls, 60}
	}
	return c.data(out)
}

var ridForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)

func getRID(c *call, in *struct {
	RID string `json:"rid"`
},
) reply {
	f := c.w.rids[in.RID]
	switch {
	case !ridForm.MatchString(in.RID):
		return c.fail(errcode.InvalidRID)
	case f == nil:
		return c.fail(errcode.RIDNotFound)
	case f.app != c.app:
		return c.fail(errcode.ForeignRID)
	case c.now.Sub(f.at) > ridLife:
		return c.fail(errcode.RIDTooOld)
	case strings.HasPrefix(f.path, "/sns/"):
		return c.fail(errcode.APIPathMismatch)
	}
	type request struct {
		InvokeTime int64  `json:"invoke_time"`
		Cost       int    `json:"cost_in_ms"`
		URL        string `json:"request_url"`
		Body       string `json:"request_body"`
		Response   string `json:"response_body"`
		IP         string `json:"client_ip"`
	}
	return c.data(struct {
		envelope

		Request request `json:"request"`
	}{success, request{f.at.Unix(), 30, f.url, f.request, f.response, f.ip}})
}

// ticket is a ticket for the JS-SDK or for cards.
type ticket struct {
	value string
	ends  time.Time
}

func getTicket(c *call) reply {
	kind := c.query.Get("type")
	if kind != "jsapi" && kind != "wx_card" {
		return c.fail(errcode.InvalidParameters)
	}
	t := c.app.access.tickets[kind]
	if !c.now.Before(t.ends) {
		t = ticket{c.w.ids.text(86, base64url), c.now.Add(tokenLife)}
		if c.app.access.tickets == nil {
			c.app.access.tickets = map[string]ticket{}
		}
		c.app.access.tickets[kind] = t
	}
	return c.data(struct {
		envelope

		Ticket    string `json:"ticket"`
		ExpiresIn int64  `json:"expires_in"`
	}{success, t.value, int64(t.ends.Sub(c.now) / time.Second)})
}
