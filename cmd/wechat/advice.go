package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// advice is what an error means, and what to do about it.
type advice struct{ what, do text }

// explain finds the words for any error of a command.
func explain(err error) advice {
	var usage usageError
	var field *errcode.FieldError
	var refused *errcode.Error
	switch {
	case errors.As(err, &usage):
		return advice{what: usage.text}
	case errors.Is(err, errDeclined):
		return advice{what: text{"nothing was done: the answer was not yes", "未执行任何操作：没有得到确认"}}
	case errors.As(err, &field):
		return aboutField(field)
	case errors.As(err, &refused):
		return aboutRefusal(refused)
	}
	a := aboutTransport(err)
	if errors.Is(err, wechat.ErrOutcomeUnknown) {
		a.do = text{
			"The request had left: the message was perhaps sent. Look at the phone, or wait for the event that WeChat pushes, before it is sent again.",
			"请求已经发出，消息可能已送达。请先查看手机，或等待微信推送的事件，再决定是否重发。",
		}
	}
	return a
}

// aboutField is about a setting that is missing or a message that breaks a rule.
func aboutField(err *errcode.FieldError) advice {
	if strings.HasPrefix(err.Field, "WECHAT_") {
		return advice{
			textf("%s is not set", "未设置 %s", err.Field),
			text{
				"Export it, or use the flags: wechat help shows them. The command wechat-emulator prints the variables for a try without an account.",
				"请设置该环境变量，或使用选项（见 wechat help）。没有账号时，wechat-emulator 会打印一组可用的环境变量。",
			},
		}
	}
	return advice{textf("%s: %s", "%s：%s", nameOf(err), err.Reason), text{"Nothing was sent.", "没有发送任何内容。"}}
}

// nameOf is the field as it is written on the command line: thing1 for Data["thing1"].
func nameOf(err *errcode.FieldError) string {
	if key, ok := strings.CutPrefix(err.Field, `Data["`); ok {
		return strings.TrimSuffix(key, `"]`)
	}
	return err.Field
}

// aboutRefusal is about an answer of WeChat's.
func aboutRefusal(err *errcode.Error) advice {
	a, ok := refusals[err.Code]
	switch {
	case err.Code == errcode.InvalidCredential && err.Class == errcode.BadCredentials:
		a = refusals[errcode.InvalidAppSecret]
	case err.Code == errcode.IPNotInAllowList || err.Code == errcode.ComponentIPNotAllowed:
		a = aboutIP(err.IP())
	case err.Code == errcode.InvalidTemplateData && err.Field != "":
		a.what = textf("the value of %s breaks its rule, or is missing", "关键词 %s 的值不符合规则或缺失", err.Field)
	case !ok:
		a = advice{same(err.Meaning()), classes[err.Class]}
	}
	a.what = text{a.what.en + inBrackets(err, " (", "; ", ")"), a.what.zh + inBrackets(err, "（", "；", "）")}
	return a
}

// inBrackets adds the code, WeChat's own words and the id that its support asks for.
func inBrackets(err *errcode.Error, open, comma, end string) string {
	s := open + "errcode " + strconv.FormatInt(int64(err.Code), 10)
	if err.Message != "" {
		s += ": " + err.Message
	}
	if err.RID != "" {
		s += comma + "rid " + err.RID
	}
	return s + end
}

func aboutIP(ip string) advice {
	if ip == "" {
		ip = "?"
	}
	return advice{
		textf("WeChat takes no calls from %s: it is not on the IP allow-list", "IP %s 不在 IP 白名单中，微信拒绝了它的调用", ip),
		textf(
			"Enter %s in the console under development settings (开发设置), IP allow-list (IP白名单). It is the address that WeChat sees: behind a gateway not this machine's own.",
			"在公众平台「开发设置」的「IP白名单」中加入 %s。这是微信看到的出口地址，经过网关时与本机地址不同。", ip),
	}
}

// aboutTransport is about a call without an answer of WeChat's.
func aboutTransport(err error) advice {
	var proxy *wechat.ProxyError
	var transport *wechat.TransportError
	var answer *wechat.ResponseError
	switch {
	case errors.Is(err, context.Canceled):
		return advice{what: text{"interrupted", "已中断"}}
	case errors.As(err, &proxy):
		return advice{
			textf("the proxy refuses to connect to WeChat: %s", "代理拒绝连接微信：%s", proxy.Reason),
			text{"Let the proxy connect to the address, or leave it out: HTTPS_PROXY, NO_PROXY.", "请让代理放行该地址，或绕过代理：HTTPS_PROXY、NO_PROXY。"},
		}
	case errors.As(err, &answer):
		return advice{
			textf("what answers is not WeChat: HTTP %d, %s", "应答的不是微信：HTTP %d，%s", answer.Status, answer.Reason),
			text{"Look at WECHAT_BASE_URL and at the proxies on the way.", "请检查 WECHAT_BASE_URL 以及途中的代理。"},
		}
	case errors.Is(err, context.DeadlineExceeded):
		return advice{
			text{"no answer in time", "等待应答超时"},
			text{
				"Look at the network and the firewall: api.weixin.qq.com must be reached on port 443.",
				"请检查网络和防火墙：需要能访问 api.weixin.qq.com 的 443 端口。",
			},
		}
	case errors.As(err, &transport):
		return advice{
			textf("no connection: %v", "无法连接：%v", transport.Err),
			text{
				"Look at the network, the name server, the firewall and WECHAT_BASE_URL.",
				"请检查网络、域名解析、防火墙以及 WECHAT_BASE_URL。",
			},
		}
	}
	return advice{what: same(err.Error())}
}
