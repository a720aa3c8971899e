package wechat

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// CallbackIPs returns the addresses from which WeChat calls the developer's servers (获取微信推送服务器IP).
// An entry is an address ("203.0.113.10") or a network ("203.0.113.0/24"). They change: ask once a day.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_getcallbackip
//
//wechat:endpoint GET /cgi-bin/getcallbackip
//wechat:account mini-program official-account
func (a *Account) CallbackIPs(ctx context.Context) ([]string, error) {
	return a.ips(ctx, "wechat.CallbackIPs", "/cgi-bin/getcallbackip")
}

// APIIPs returns the addresses of the API's hosts (获取微信API服务器IP), for a firewall that lets only these
// out. An entry is an address or a network, as with [Account.CallbackIPs]. Connect by name all the same:
// the addresses change.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_getapidomainip
//
//wechat:endpoint GET /cgi-bin/get_api_domain_ip
//wechat:account mini-program official-account
func (a *Account) APIIPs(ctx context.Context) ([]string, error) {
	return a.ips(ctx, "wechat.APIIPs", "/cgi-bin/get_api_domain_ip")
}

func (a *Account) ips(ctx context.Context, op, path string) ([]string, error) {
	var answer struct {
		IPs lenient.List[string] `json:"ip_list"`
	}
	err := a.core.Call(ctx, Call{
		Op: op, Method: http.MethodGet, Path: path, Out: rest.Needs(&answer, "ip_list"), Effect: ReadOnly,
	})
	return answer.IPs, err
}

// CheckAction says what [Account.CheckCallback] tries.
type CheckAction string

// The actions.
const (
	CheckAll  CheckAction = "all"
	CheckDNS  CheckAction = "dns"  // look the callback's host up
	CheckPing CheckAction = "ping" // ping its addresses
)

// CheckOperator is the network from which [Account.CheckCallback] tries.
type CheckOperator string

// The networks.
const (
	OperatorDefault CheckOperator = "DEFAULT" // WeChat chooses
	OperatorTelecom CheckOperator = "CHINANET"
	OperatorUnicom  CheckOperator = "UNICOM"
	OperatorTencent CheckOperator = "CAP"
)

// CallbackReport tells how WeChat reaches the callback's host.
type CallbackReport struct {
	DNS   []CallbackDNS
	Pings []CallbackPing
}

// CallbackDNS is an address that the callback's host resolves to.
type CallbackDNS struct {
	IP       string
	Operator string // the network that the address belongs to
}

// CallbackPing is one ping of an address.
type CallbackPing struct {
	IP       string
	Operator string        // the network it was sent from
	Loss     string        // "0%" or "100%": one packet is sent
	Time     time.Duration // zero where WeChat gives none
}

// CheckCallback has WeChat try to reach the host of the account's callback URL (网络通信检测). An empty
// action is [CheckAll], an empty operator [OperatorDefault].
//
// Errors: [errcode.CallbackURLNotSet], [errcode.InvalidCheckAction], [errcode.InvalidCheckOperator].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/openApi-mgnt/api_callbackcheck
//
//wechat:endpoint POST /cgi-bin/callback/check
//wechat:account mini-program official-account
func (a *Account) CheckCallback(
	ctx context.Context, action CheckAction, operator CheckOperator,
) (*CallbackReport, error) {
	in := struct {
		Action   CheckAction   `json:"action" field:"action"`
		Operator CheckOperator `json:"check_operator" field:"operator"`
	}{cmp.Or(action, CheckAll), cmp.Or(operator, OperatorDefault)}
	var answer wireReport
	err := a.core.Call(ctx, Call{
		Op: "wechat.CheckCallback", Method: http.MethodPost, Path: "/cgi-bin/callback/check",
		In: in, Out: rest.NeedsAny(&answer, "errcode", "dns", "ping"), Effect: ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return answer.report(), nil
}

type wireReport struct {
	DNS lenient.List[struct {
		IP       lenient.String `json:"ip"`
		Operator lenient.String `json:"real_operator"`
	}] `json:"dns"`
	Ping lenient.List[struct {
		IP       lenient.String `json:"ip"`
		Operator lenient.String `json:"from_operator"`
		Loss     lenient.String `json:"package_loss"`
		Time     lenient.String `json:"time"`
	}] `json:"ping"`
}

func (w *wireReport) report() *CallbackReport {
	r := &CallbackReport{}
	for _, d := range w.DNS {
		r.DNS = append(r.DNS, CallbackDNS{IP: string(d.IP), Operator: string(d.Operator)})
	}
	for _, p := range w.Ping {
		took, err := time.ParseDuration(string(p.Time))
		if err != nil {
			took = 0 // the field is not in WeChat's table, only in its example
		}
		r.Pings = append(r.Pings, CallbackPing{
			IP: string(p.IP), Operator: string(p.Operator), Loss: string(p.Loss), Time: took,
		})
	}
	return r
}
