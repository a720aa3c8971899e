package errcode

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/outcome"
)

func TestNew_Errmsg(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		code    Code
		errmsg  string
		message string
		rid     string
		field   string
	}{
		{"rid", 40037, "invalid template_id rid: 61725984-6126f6f9-040f19c4", "invalid template_id", "61725984-6126f6f9-040f19c4", ""},
		{"rid without a space", 40037, "invalid template_id rid:61725984-6126f6f9", "invalid template_id", "61725984-6126f6f9", ""},
		{"short rid", 45015, "response out of time limit or subscription is canceled rid: 0-demo", "response out of time limit or subscription is canceled", "0-demo", ""},
		{"rid and nothing else", 1007, " rid: 65a0b1c2-00d3e4f5-0a1b2c3d", "", "65a0b1c2-00d3e4f5-0a1b2c3d", ""},
		{"old hint", 40003, "invalid openid hint: [Ab3dEf00112233]", "invalid openid", "Ab3dEf00112233", ""},
		{"hint with signs", 48001, "api unauthorized hints: [aBcD1eFgh-23iJkL!]", "api unauthorized", "aBcD1eFgh-23iJkL!", ""},
		{"hint and rid", 65401, "invalid custom service account hint: [1aBCD2E3f-GHijkL] rid: 65a0b1c2-01d3e4f5-0a1b2c3d", "invalid custom service account", "65a0b1c2-01d3e4f5-0a1b2c3d", ""},
		{"hint in the middle", 40164, "not allow to access from your ip, hint: [165579942], from ip: 203.0.113.7", "not allow to access from your ip, from ip: 203.0.113.7", "165579942", ""},
		{"hint cut off", 40003, "invalid openid hint: [Ab3dEf", "invalid openid", "Ab3dEf", ""},
		{"comma before the rid", 45009, "reach max api daily quota limit, rid: 1-2-3", "reach max api daily quota limit", "1-2-3", ""},
		{"two rids: the last is this answer's", 76002, "invalid rid: abc rid: 1-2-3", "invalid rid: abc", "1-2-3", ""},
		{"grid is no rid", 99999, "bad grid: 7", "bad grid: 7", "", ""},
		{"no rid", 43101, "user refuse to accept the msg", "user refuse to accept the msg", "", ""},
		{"link in the text", 40001, "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: 1-2-3",
			"invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r", "1-2-3", ""},
		{"empty", -1, "", "", "", ""},
		{"Chinese", -1, "系统繁忙 rid: 1-2-3", "系统繁忙", "1-2-3", ""},

		{"field empty", 47003, "argument invalid! data.thing1.value is empty rid: 1-2-3", "argument invalid! data.thing1.value is empty", "1-2-3", "thing1"},
		{"field empty, misspelt", 47003, "argument invalid! data.date2.value is emtpy rid: 1-2-3", "argument invalid! data.date2.value is emtpy", "1-2-3", "date2"},
		{"field invalid", 47003, "argument invalid! data.character_string12.value invalid rid: 1-2-3", "argument invalid! data.character_string12.value invalid", "1-2-3", "character_string12"},
		{"field invalid, old", 47003, "argument invalid! data.time5.value invalid hint: [aB1CDe2fGh]", "argument invalid! data.time5.value invalid", "aB1CDe2fGh", "time5"},
		{"field of a service account", 47003, "thing7.DATA is invalid rid: 1-2-3", "thing7.DATA is invalid", "1-2-3", "thing7"},
		{"field without value", 47003, "argument invalid! data.thing1 is empty", "argument invalid! data.thing1 is empty", "", "thing1"},
		{"no field named", 47003, "argument invalid! rid: 1-2-3", "argument invalid!", "1-2-3", ""},
		{"field of another code is not trusted", 40037, "data.thing1.value", "data.thing1.value", "", ""},

		{"control characters", -1, "system\r\nerror\x00\u2028rid: 1-2-3", "system  error", "1-2-3", ""},
		{"invalid UTF-8", -1, "sys\xfftem rid: 1-2-3", "system", "1-2-3", ""},
		{"endless", -1, strings.Repeat("é", 10000), strings.Repeat("é", 256), "", ""},
		{"endless, cut in a rune", -1, "a" + strings.Repeat("é", 10000), "a" + strings.Repeat("é", 255), "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := New("subscribe.Send", "/cgi-bin/message/subscribe/send", 200, c.code, c.errmsg)
			require.Equal(t, c.message, err.Message)
			require.Equal(t, c.rid, err.RID)
			require.Equal(t, c.field, err.Field)
		})
	}
}

func TestError_IP(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		code   Code
		errmsg string
		want   string
	}{
		{"token call", 40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3", "203.0.113.7"},
		{"old hint", 40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist hint: [aBcdEf00112233]", "203.0.113.7"},
		{"before IPv6", 40164, "invalid ip 203.0.113.7, not in whitelist", "203.0.113.7"},
		{"IPv6 only", 40164, "invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist rid: 1-2-3", "2001:db8::7"},
		{"mapped only", 40164, "ipv6 ::ffff:203.0.113.7, not in whitelist", "203.0.113.7"},
		{"component", 61004, "access clientip is not registered requestIP: 203.0.113.7 rid: 1-2-3", "203.0.113.7"},
		{"component, no space", 61004, "access clientip is not registered requestIP:203.0.113.7", "203.0.113.7"},
		{"end of a sentence", 61004, "not registered: 203.0.113.7.", "203.0.113.7"},
		{"no address", 40164, "not in whitelist, retry at 10:20:30, version 1.2.3 of 999.1.1.1", ""},
		{"other code", 40003, "invalid ip 203.0.113.7", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, New("token", "/cgi-bin/stable_token", 200, c.code, c.errmsg).IP())
		})
	}
}

func TestError_Error(t *testing.T) {
	t.Parallel()

	const send = "/cgi-bin/message/subscribe/send"
	cases := []struct {
		want string
		err  error
	}{
		{"subscribe.Send: errcode 43101: user refuse to accept the msg (rid 1-2-3)", New("subscribe.Send", send, 200, 43101, "user refuse to accept the msg rid: 1-2-3")},
		{"subscribe.Send: errcode 43101: user has no grant left for this template (用户拒绝接受消息)", New("subscribe.Send", send, 200, 43101, "")},
		{"token: errcode 40001: AppSecret wrong (rid 1-2-3)", New("token", "/cgi-bin/stable_token", 200, 40001, " rid: 1-2-3")},
		{"errcode 270000000", New("", "", 200, 270000000, "")},
		{"template.Send: errcode 45109: This API has been unsupported. (path /cgi-bin/message/template/send) (rid 1-2-3)",
			New("template.Send", "/cgi-bin/message/template/send?access_token=T", 200, 45109, "This API has been unsupported. rid: 1-2-3")},
		{"client.Do: errcode 45103: API withdrawn (path /wxa/old)", New("client.Do", "/wxa/old", 200, 45103, "")},
		{"client.Do: errcode 40066: invalid url (path /cgi-bin/mesage/send)", New("client.Do", "/cgi-bin/mesage/send", 200, 40066, "invalid url")},
		{"client.Do: errcode 404: 404 not found (path /wxa/new)", New("client.Do", "/wxa/new", 200, 404, "404 not found")},
		{"errcode 45109: API withdrawn: the uniform message (统一服务消息), or a path like its own", New("", "", 200, 45109, "")},
		{"errcode -610000: no such database", New("", "", 200, -610000, "no such database")},
		{"errcode 47003: a value of the template data is missing or breaks its rule (模板参数不准确)", &Error{Code: InvalidTemplateData}},
		{"errcode 43101: user has no grant left for this template (用户拒绝接受消息)", UserRefused},
		{"wechat: user unreachable", UserUnreachable},
		{"wechat: unclassified", Class(200)},
		{`subscribe: Data["thing1"]: 23 characters, limit 20`, &FieldError{Op: "subscribe", Field: `Data["thing1"]`, Reason: "23 characters, limit 20"}},
	}
	for _, c := range cases {
		require.EqualError(t, c.err, c.want)
	}
}

func TestNew_DropsTheQuery(t *testing.T) {
	t.Parallel()

	err := New("client.Do", "/cgi-bin/user/info?access_token=SECRET", 200, 40003, "invalid openid")
	require.Equal(t, "/cgi-bin/user/info", err.Path)
	require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "SECRET")
}

func TestError_IsAs(t *testing.T) {
	t.Parallel()

	refused := New("subscribe.Send", "/cgi-bin/message/subscribe/send", 200, 43101, "user refuse to accept the msg rid: 1-2-3")
	wrapped := map[string]error{
		"plain":  refused,
		"wrap":   fmt.Errorf("order 77: %w", fmt.Errorf("notify: %w", refused)),
		"join":   errors.Join(io.ErrUnexpectedEOF, refused),
		"double": fmt.Errorf("%w after %w", errors.Join(io.EOF, refused), io.ErrClosedPipe),
	}
	for name, err := range wrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, err, UserRefused)
			require.ErrorIs(t, err, UserUnreachable)
			require.NotErrorIs(t, err, NotFollowing)
			require.NotErrorIs(t, err, InvalidArgument)
			require.NotErrorIs(t, err, Unclassified)

			var code Code
			require.ErrorAs(t, err, &code)
			require.Equal(t, UserRefused, code)

			var class Class
			require.ErrorAs(t, err, &class)
			require.Equal(t, UserUnreachable, class)

			var details *Error
			require.ErrorAs(t, err, &details)
			require.Same(t, refused, details)

			var field *FieldError
			require.NotErrorAs(t, err, &field)
		})
	}
}

// TestOutcomeUnknown: of all codes only those of the class OutcomeOpen leave open whether the message arrives.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()

	for c := range All() {
		open := c.Class() == OutcomeOpen
		require.Equal(t, open, errors.Is(c, outcome.ErrUnknown), "%d", c)
		err := fmt.Errorf("notify: %w", New("template.Send", "/cgi-bin/message/template/send", 200, c, ""))
		require.Equal(t, open, errors.Is(err, outcome.ErrUnknown), "%d", c)
	}
	require.ErrorIs(t, OutcomeOpen, outcome.ErrUnknown)
	require.NotErrorIs(t, outcome.ErrUnknown, OutcomeOpen, "an answer that was lost may be asked for again")
}

func TestFieldError_IsAs(t *testing.T) {
	t.Parallel()

	err := fmt.Errorf("notify: %w", &FieldError{Op: "subscribe", Field: "ToUser", Reason: "empty"})
	require.ErrorIs(t, err, InvalidArgument)
	require.NotErrorIs(t, err, UserUnreachable)
	require.NotErrorIs(t, err, InvalidOpenID)

	var class Class
	require.ErrorAs(t, err, &class)
	require.Equal(t, InvalidArgument, class)

	var code Code
	require.NotErrorAs(t, err, &code, "nothing was sent, so WeChat gave no code")
}

func TestCode_IsAs(t *testing.T) {
	t.Parallel()

	err := fmt.Errorf("callback: %w", ReplyWindowClosed)
	require.ErrorIs(t, err, ReplyWindowClosed)
	require.ErrorIs(t, err, UserUnreachable)
	require.NotErrorIs(t, err, ReplyCountUsedUp)
	require.NotErrorIs(t, err, io.EOF)

	var class Class
	require.ErrorAs(t, err, &class)
	require.Equal(t, UserUnreachable, class)

	var details *Error
	require.NotErrorAs(t, err, &details)
}

func TestClass_Names(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for c := Unclassified; c <= OutcomeOpen; c++ {
		require.NotEmpty(t, c.String())
		require.False(t, seen[c.String()], c.String())
		seen[c.String()] = true
	}
	require.Equal(t, "unclassified", (OutcomeOpen + 1).String())
}

func TestRetry_Names(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for r := RetryNever; r <= RetryOperator; r++ {
		require.NotEmpty(t, r.String())
		require.False(t, seen[r.String()], r.String())
		seen[r.String()] = true
	}
	require.Equal(t, "never", (RetryOperator + 1).String())
}

// FuzzNew: whatever errmsg holds, the error is one printable line of bounded length.
func FuzzNew(f *testing.F) {
	f.Add(int64(47003), "argument invalid! data.thing1.value is emtpy rid: 61725984-6126f6f9-040f19c4")
	f.Add(int64(40164), "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist hint: [a]")
	f.Add(int64(-1), "\x00\xff\n rid: hint: [")
	f.Fuzz(func(t *testing.T, code int64, errmsg string) {
		err := New("op", "/path", 200, Code(code), errmsg)
		require.LessOrEqual(t, len(err.Message)+len(err.RID), maxMessage)
		require.Equal(t, oneLine(err.Error()[:min(len(err.Error()), maxMessage)]), err.Error()[:min(len(err.Error()), maxMessage)])
		_ = err.IP()
	})
}
