package main

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
)

// lookAtCallback asks WeChat how it reaches the callback.
func (a *account) lookAtCallback(ctx context.Context) []finding {
	answer, err := a.client.Account().CheckCallback(ctx, wechat.CheckAll, wechat.OperatorDefault)
	switch {
	case errors.Is(err, errcode.CallbackURLNotSet) && a.env(a.prefix+"CALLBACK_URL") == "":
		return []finding{foundError(checkCallback, note, err)}
	case err != nil:
		return []finding{foundError(checkCallback, failure, err)}
	}
	return []finding{aboutNetwork(answer)}
}

// aboutNetwork judges WeChat's own try. Many hosts answer no ping, so that is no failure.
func aboutNetwork(r *wechat.CallbackReport) finding {
	lost := len(r.Pings) > 0 && !slices.ContainsFunc(r.Pings, func(p wechat.CallbackPing) bool { return p.Loss != "100%" })
	switch {
	case len(r.DNS) == 0:
		return found(checkCallback, failure,
			text{"WeChat finds no address for the callback's host", "微信无法解析消息推送的域名"},
			text{"Look at the domain's records, also from networks in China.", "请检查域名解析，尤其是国内各网络的解析。"})
	case lost:
		return found(checkCallback, warning,
			text{"WeChat's pings of the callback's host are lost: " + r.DNS[0].IP, "微信 ping 不通消息推送的主机：" + r.DNS[0].IP},
			text{
				"Where the host answers pings to others, let WeChat's addresses through the firewall (getcallbackip).",
				"如果该主机允许 ping，请在防火墙放行微信的 IP（getcallbackip）。",
			})
	}
	return found(checkCallback, good, text{
		"WeChat finds the callback's host: " + r.DNS[0].IP, "微信能访问消息推送的主机：" + r.DNS[0].IP,
	}, text{})
}

// answerWithin is how long WeChat waits.
const answerWithin = 5 * time.Second

// lookAtCallbackFromHere makes the check of the URL that WeChat's console makes, once signed right and once wrong.
func (a *account) lookAtCallbackFromHere(ctx context.Context, j *job) []finding {
	address, token := a.env(a.prefix+"CALLBACK_URL"), a.env(a.prefix+"TOKEN")
	if address == "" || token == "" {
		return []finding{found(checkCallback, skipped,
			textf("the URL is not checked from here: %sCALLBACK_URL and %sTOKEN are not both set",
				"未从本机校验 URL：没有同时设置 %sCALLBACK_URL 和 %sTOKEN", a.prefix, a.prefix), text{})}
	}
	if f := a.lookAtKey(); f != nil {
		return []finding{*f}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return []finding{found(checkCallback, failure, text{"the callback's URL is none", "消息推送的 URL 不合法"},
			text{"It begins with http:// or https://.", "应以 http:// 或 https:// 开头。"})}
	}
	echo := rand.Text()
	skew, _ := a.wire.ahead()
	at := j.now().Add(-skew) // WeChat signs by its own clock
	right := j.knock(ctx, u, at, token, echo)
	if f := aboutEcho(right, echo); f != nil {
		return []finding{*f}
	}
	wrong := j.knock(ctx, u, at, rand.Text(), echo)
	if wrong.err == nil && wrong.status == http.StatusOK && wrong.body == echo {
		return []finding{found(checkCallback, warning,
			text{"the URL answers a check with a wrong signature, too", "签名错误的校验请求也得到了应答"},
			text{
				"Whoever knows the URL can send it pushes: verify the signature, as package callback does.",
				"任何知道该 URL 的人都能伪造推送：请校验签名（callback 包会做）。",
			})}
	}
	if a.base == wechat.BaseURL && !onUsualPort(u) {
		return []finding{found(checkCallback, warning,
			text{"the URL answers the check, but WeChat pushes to port 80 of http and 443 of https only", "URL 校验通过，但微信只向 http 的 80 端口和 https 的 443 端口推送"},
			text{"Put a proxy on that port.", "请在该端口上设置代理。"})}
	}
	return []finding{found(checkCallback, good, text{"the URL answers the check", "URL 校验通过"}, text{})}
}

func onUsualPort(u *url.URL) bool {
	port := u.Port()
	return port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443"
}

// lookAtKey finds an EncodingAESKey that is none.
func (a *account) lookAtKey() *finding {
	if a.env(a.prefix+"AES_KEY") == "" {
		return nil
	}
	app, err := callback.AppFromEnv(a.env, a.prefix, a.pushes)
	if err == nil {
		_, err = callback.New(callback.Config{Apps: []callback.App{app}})
	}
	if err == nil {
		return nil
	}
	f := found(checkCallback, failure,
		text{a.prefix + "AES_KEY is no EncodingAESKey", a.prefix + "AES_KEY 不是合法的 EncodingAESKey"},
		text{"It has 43 letters and digits; the console makes one up under message push (消息推送).", "应为 43 位字母或数字，可在公众平台「消息推送」中随机生成。"})
	return &f
}

// knocked is what the callback answered.
type knocked struct {
	connected bool // there was somebody to answer
	status    int
	body      string
	err       error
}

// knock sends the check of the URL.
func (j *job) knock(ctx context.Context, u *url.URL, at time.Time, token, echo string) knocked {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), rand.Text()[:10]
	target := *u
	q := target.Query()
	for key, value := range map[string]string{
		"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, "echostr": echo,
	} {
		q.Set(key, value)
	}
	target.RawQuery = q.Encode()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return knocked{err: err}
	}
	answer, err := j.transport.RoundTrip(req) // and no further: WeChat follows no redirect
	if err != nil {
		return knocked{connected: connected.Load(), err: err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	return knocked{true, answer.StatusCode, string(body), err}
}

// signature is WeChat's: SHA-1 over the sorted parts. It is written out here, because callbacktest, which has it, is for tests.
func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// errNoConnection is what a firewall does that drops packets.
var errNoConnection = errors.New("no connection within five seconds")

// aboutEcho judges the answer to a check that was signed right; nil where it is right.
func aboutEcho(k knocked, echo string) *finding {
	var f finding
	if errors.Is(k.err, context.DeadlineExceeded) && !k.connected {
		k.err = errNoConnection
	}
	switch {
	case errors.Is(k.err, context.DeadlineExceeded):
		f = found(checkCallback, failure,
			text{"the URL does not answer within five seconds, as long as WeChat waits", "URL 未在 5 秒内应答，微信只等 5 秒"},
			text{"Answer first and work afterwards, as package callback does.", "请先应答再处理（callback 包会做）。"})
	case k.err != nil:
		f = found(checkCallback, failure,
			textf("the URL cannot be reached from here: %v", "从本机无法访问 URL：%v", k.err),
			text{"Is the program running, and behind this address? Look at name, port, certificate and firewall.", "程序是否已运行在该地址？请检查域名、端口、证书和防火墙。"})
	case k.status == http.StatusOK && k.body == echo:
		return nil
	case k.status == http.StatusOK:
		f = found(checkCallback, failure,
			text{"the URL answers, but not with the echostr alone", "URL 有应答，但内容不是原样的 echostr"},
			text{
				"The body must be the echostr: no quotes, no JSON, no page, no line end. Is something in front of the program?",
				"应答必须原样返回 echostr，不能带引号、JSON、网页或换行。程序前面是否还有别的服务？",
			})
	case k.status == http.StatusUnauthorized, k.status == http.StatusForbidden:
		f = found(checkCallback, failure,
			textf("the URL refuses the check: HTTP %d", "URL 拒绝了校验：HTTP %d", k.status),
			text{
				"Most likely its token is another: the one here, the program's and the console's must be the same. A clock that is wrong there does it, too.",
				"多半是 Token 不同：此处、程序和公众平台三处必须一致。对方时钟不准也会如此。",
			})
	default:
		f = found(checkCallback, failure,
			textf("the URL answers HTTP %d to the check", "URL 对校验应答 HTTP %d", k.status),
			text{"Is the path right, and does the program take GET there?", "路径是否正确？程序是否接受 GET？"})
	}
	return &f
}
