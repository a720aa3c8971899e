package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	cfg, err := console.ReadConfig(strings.NewReader(`{
		"seed": 7, "lenient": true, "clock": "2026-11-20T12:00:00+08:00", "record": 1, "inbox": 1, "pushTimeout": "1s",
		"apps": [
			{"kind": "mini program", "appId": "wxA", "appSecret": "S", "originalId": "gh_1", "name": "A", "platform": "p",
			 "pages": ["pages/a"], "allowIps": ["10.0.0.1"], "quotas": {"/cgi-bin/token": 1},
			 "templates": [{"id": "T1", "title": "One", "keywords": ["thing1"], "enums": {"thing1": ["x"]}},
			               {"id": "T2", "title": "Long", "keywords": ["thing1"], "type": "long-term"},
			               {"id": "T3", "title": "Leak", "keywords": ["thing1"], "device": true},
			               {"id": "T4", "title": "Voice", "keywords": ["thing1"], "type": "long-term", "limit": {"key": "thing1", "every": "24h", "errcode": 45011}}],
			 "callback": {"url": "http://127.0.0.1:9/x", "token": "tok", "mode": "compatible", "format": "json", "shape": "wrapped-array"}},
			{"kind": "service account", "appId": "wxB", "links": ["wxA"], "menu": [{"name": "Help", "key": "H"}],
			 "agents": [{"account": "anna@demo", "nick": "Anna"}]},
			{"kind": "website", "appId": "wxC", "platform": "-", "subscriptionsBanned": true},
			{"kind": "third-party platform", "appId": "wxD"}
		],
		"users": [{"name": "u", "nickname": "U", "phone": "13800000000", "openIds": {"wxA": "oU"}, "unionIds": {"p": "uU"},
			"follows": ["wxB"],
			"consents": [{"templateId": "T1", "grants": 3, "keep": "accept"}, {"templateId": "T2", "grants": 1, "keep": "reject"},
				{"templateId": "T4", "keep": "acceptWithAlert"}], "subscriptionsOff": ["wxB"]}]
	}`))
	require.NoError(t, err)
	wx, err := cfg.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	u, a, oa := wx.User("u"), wx.App("wxA"), wx.App("wxB")
	require.Equal(t, time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC), wx.Now().UTC())
	require.Equal(t, "oU", u.OpenID(a))
	require.Equal(t, "uU", u.UnionID(a))
	require.Equal(t, 3, u.Grants("T1"))
	require.Equal(t, "accept", u.State().Accounts[0].Consents[0].Kept)
	require.Equal(t, "reject", u.State().Accounts[0].Consents[1].Kept)
	require.Equal(t, "acceptWithAlert", u.State().Accounts[0].Consents[2].Kept)
	require.True(t, u.State().Accounts[1].SubscriptionsOff)
	require.False(t, u.State().Accounts[0].SubscriptionsOff)
	require.True(t, a.State().Templates[2].Device)
	require.Equal(t, &emulator.LimitState{Key: "thing1", Every: "24h0m0s", Code: 45011}, a.State().Templates[3].Limit)
	require.True(t, wx.App("wxC").State().SubscriptionsBanned)
	require.False(t, a.State().SubscriptionsBanned)
	require.True(t, u.Follows(oa))
	require.Equal(t, emulator.LongTerm.String(), a.State().Templates[1].Type)
	require.Equal(t, []emulator.MenuButton{{Name: "Help", Key: "H"}}, oa.State().Menu)
	cb, ok := a.Callback()
	require.True(t, ok)
	require.Equal(t, emulator.Compatible, cb.Mode)
	require.Equal(t, emulator.JSON, cb.Format)
	require.Equal(t, emulator.ShapeWrappedArray, cb.Shape)
	require.Empty(t, wx.Pushes(), "what happened before the start is not pushed")
	require.Empty(t, wx.App("wxC").Platform)
	require.Equal(t, emulator.ThirdParty, wx.App("wxD").Kind)
	require.Equal(t, []emulator.QuotaState{{Path: "/cgi-bin/token", PerDay: 1}}, a.State().Quotas)
}

func TestConfigNamesTheWrongField(t *testing.T) {
	t.Parallel()
	app := func(rest string) string {
		return `{"apps":[{"kind":"mini program","appId":"wxA"` + rest + `}],"users":[{"name":"u"}]}`
	}
	user := func(rest string) string {
		return `{"apps":[{"kind":"mini program","appId":"wxA","templates":[{"id":"T1","title":"x","keywords":["thing1"]}]}],"users":[{"name":"u"` + rest + `}]}`
	}
	cases := map[string]struct{ config, want string }{
		"Syntax":           {"{\n  \"seed\": 1,\n}", "line 3: invalid character '}'"},
		"NotAnObject":      {`[]`, "line 1: the value: a JSON array, want an object"},
		"UnknownField":     {`{"app":[]}`, "line 1: app: unknown field, want one of apps, clock, inbox, lenient, pushTimeout, record, seed, users"},
		"DeepUnknown":      {app(`,"templates":[{"title":"a","keywords":["x"]},{"titel":"b"}]`), "apps[0].templates[1].titel: unknown field"},
		"WrongType":        {"{\n\"apps\":[\n{\"name\":7}]}", "line 3: apps[0].name: a JSON number 7, want a string"},
		"WrongTypeInAList": {app(`,"templates":[{"title":"a","keywords":["x",{}]}]`), "line 1: apps[0].templates[0].keywords[1]: a JSON object, want a string"},
		"Fraction":         {`{"inbox":1.5}`, "line 1: inbox: a JSON number 1.5, want a whole number"},
		"NegativeSeed":     {`{"seed":-1}`, "line 1: seed: a JSON number -1, want a whole number from 0"},
		"NotATime":         {`{"clock":7}`, "line 1: clock: a JSON number 7, want a string"},
		"NotADuration":     {`{"pushTimeout":"soon"}`, "line 1: pushTimeout: "},
		"NotAnObjectDeep":  {"{\n\"users\":[[]]}", "line 2: users[0]: a JSON array, want an object"},
		"Kind":             {`{"apps":[{"appId":"wxA"}]}`, "apps[0].kind: missing"},
		"KindUnknown":      {`{"apps":[{"kind":"toaster"}]}`, `line 1: apps[0].kind: unknown kind "toaster"`},
		"SameApp":          {`{"apps":[{"kind":"website","appId":"wxA"},{"kind":"website","appId":"wxA"}]}`, "apps[1].appId: there is an account wxA already"},
		"TemplateTitle":    {app(`,"templates":[{"keywords":["thing1"]}]`), "apps[0].templates[0].title: missing"},
		"TemplateContent":  {app(`,"templates":[{"title":"x"}]`), "apps[0].templates[0].content: want either content or keywords"},
		"TemplateType":     {app(`,"templates":[{"title":"x","keywords":["thing1"],"type":"some"}]`), `apps[0].templates[0].type: unknown template type "some", want one-time, long-term, followers`},
		"TemplateTwice": {app(`,"templates":[{"id":"T","title":"x","keywords":["thing1"]},{"id":"T","title":"x","keywords":["thing1"]}]`),
			`apps[0].templates[1]: AddTemplate: there is a template "T" already`},
		"Limit": {app(`,"templates":[{"title":"x","keywords":["thing1"],"limit":{"key":"thing1","every":"1h"}}]`),
			"apps[0].templates[0]: AddTemplate: only a long-term template has a Limit"},
		"Link":          {app(`,"links":["wx9"]`), `apps[0].links[0]: no account "wx9"`},
		"LinkOfAMini":   {app(`,"links":["wxA"]`), "apps[0].links[0]: Link: only a service account"},
		"Menu":          {app(`,"menu":[{"name":"x","key":"y"}]`), "apps[0].menu: SetMenu"},
		"Agent":         {app(`,"agents":[{"account":"x"}]`), "apps[0].agents[0]: AddAgent"},
		"Callback":      {app(`,"callback":{"url":"ftp://x"}`), "apps[0].callback: SetCallback: the URL is not an address"},
		"CallbackMode":  {app(`,"callback":{"url":"http://x","mode":"open"}`), `unknown mode "open", want plaintext, compatible, secure`},
		"CallbackShape": {app(`,"callback":{"url":"http://x","shape":"round"}`), `unknown shape "round", want real, array, wrapped, `},
		"UserName":      {`{"users":[{}]}`, "users[0].name: missing"},
		"UserTwice":     {`{"users":[{"name":"u"},{"name":"u"}]}`, `users[1].name: there is a user "u" already`},
		"Follow":        {user(`,"follows":["wx9"]`), `users[0].follows[0]: no account "wx9"`},
		"FollowAMini":   {user(`,"follows":["wxA"]`), "users[0].follows[0]: Follow"},
		"Consent":       {user(`,"consents":[{"templateId":"T9","grants":1}]`), `users[0].consents[0]: Accept or Reject: no template "T9"`},
		"ConsentGrants": {user(`,"consents":[{"templateId":"T1","grants":-1}]`), "users[0].consents[0].grants: -1, want 0 to 10000"},
		"ConsentKeep":   {user(`,"consents":[{"templateId":"T1","keep":"yes"}]`), `users[0].consents[0].keep: unknown acceptance "yes", want accept, acceptWithAudio, acceptWithAlert, acceptWithForcePush, or reject`},
		"MainSwitch":    {user(`,"subscriptionsOff":["wx9"]`), `users[0].subscriptionsOff[0]: no account "wx9"`},
		"Record":        {`{"record":-1}`, "WithCallLimit: negative"},
		"PushTimeout":   {`{"pushTimeout":"-1s"}`, "WithPushTimeout: not positive"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := console.ReadConfig(strings.NewReader(c.config))
			if err == nil {
				_, err = cfg.Start()
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}
