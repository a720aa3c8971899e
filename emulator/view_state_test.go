package emulator_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// The state of an account shows what a console would, and no secret.
func TestStateOfAnAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cb := b.mp.SetCallback(emulator.Callback{URL: "https://user:pa55@dev.example.com/cb?token=q1w2", Mode: emulator.Compatible, Format: emulator.JSON})
	tpl := b.mp.AddTemplate(emulator.Template{
		Title: "Order", Content: "Item：{{thing1.DATA}}\nState:{{enum2.DATA}}\n", Example: "Item：Mug\nState:sent",
		Enums: map[string][]string{"enum2": {"new", "sent"}},
	})
	limited := b.mp.AddTemplate(emulator.Template{
		Title: "Policy", Keywords: []string{"thing1"}, Type: emulator.LongTerm, Limit: &emulator.RateLimit{Key: "thing1", Every: time.Hour},
	})
	b.mp.BanTemplate(limited)
	b.mp.SetQuota("/wxa/getwxacode", 5)
	b.post(as(b.mp, subscribeSend), `{}`)

	st := b.mp.State()
	require.Equal(t, &emulator.CallbackState{
		URL: "https://***@dev.example.com/cb?token=***", Mode: emulator.Compatible, Format: emulator.JSON, Shape: emulator.ShapeReal,
	}, st.Callback)
	require.Equal(t, emulator.TemplateState{
		ID: tpl, Title: "Order", Type: "one-time", Content: "Item：{{thing1.DATA}}\nState:{{enum2.DATA}}\n", Example: "Item：Mug\nState:sent",
		Keywords: []emulator.KeywordState{
			{Key: "thing1", Label: "Item", Rule: "thing", Example: "Mug"},
			{Key: "enum2", Label: "State", Rule: "enum", Example: "sent", Enum: []string{"new", "sent"}},
		},
	}, st.Templates[0])
	require.True(t, st.Templates[1].Banned)
	require.Equal(t, &emulator.LimitState{Key: "thing1", Every: "1h0m0s", Code: 43101}, st.Templates[1].Limit)
	require.Equal(t, []emulator.QuotaState{
		{Path: subscribeSend, Used: 1, PerDay: 10_000_000}, {Path: "/wxa/getwxacode", PerDay: 5},
	}, st.Quotas)
	shown, err := json.Marshal(st)
	require.NoError(t, err)
	for _, secret := range []string{b.mp.AppSecret, cb.Token, cb.EncodingAESKey, "pa55", "q1w2"} {
		require.NotContains(t, string(shown), secret)
	}
}

// The state of a person has one part for each account that people have something to do with.
func TestStateOfAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wx.AddThirdParty(emulator.AppConfig{})
	site := b.wx.AddWebsite(emulator.AppConfig{})
	tpl := b.mp.AddTemplate(emulator.Template{ID: "T", Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	u.AcceptAlways(tpl)
	u.Accept(tpl)
	u.Follow(b.oa)
	st := u.State()
	require.Len(t, st.Accounts, 3, "a third-party platform has no users")
	require.Equal(t, []string{b.mp.AppID, b.oa.AppID, site.AppID}, []string{st.Accounts[0].AppID, st.Accounts[1].AppID, st.Accounts[2].AppID})
	require.Equal(t, []emulator.ConsentState{{TemplateID: "T", Grants: 2, Kept: "accept"}}, st.Accounts[0].Consents)
	require.False(t, st.Accounts[0].Follows)
	require.True(t, st.Accounts[1].Follows)
	require.NotNil(t, st.Accounts[1].Window)
	require.Equal(t, u.OpenID(b.oa), st.Accounts[1].OpenID)
	b.wx.Advance(time.Minute)
	require.Nil(t, u.State().Accounts[1].Window, "one that is over is none")
	u.Ban(tpl)
	require.Equal(t, []emulator.ConsentState{{TemplateID: "T", Off: true}}, u.State().Accounts[0].Consents)
}

// What a caller does with a snapshot changes nothing.
func TestSnapshotIsACopy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetMenu(emulator.MenuButton{Name: "More", Buttons: []emulator.MenuButton{{Name: "Help", Key: "HELP"}}})
	st := b.wx.Snapshot()
	st.Apps[1].Menu[0].Name = "changed"
	st.Apps[1].Menu[0].Buttons[0].Key = "changed"
	require.Equal(t, "HELP", b.oa.State().Menu[0].Buttons[0].Key)
	require.Equal(t, "More", b.wx.Snapshot().Apps[1].Menu[0].Name)
}

// The numbers in a snapshot count also what the logs have dropped.
func TestNumbersOfASnapshot(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithCallLimit(2))
	listen(t, b.mp, emulator.Callback{})
	u := b.wx.User("u")
	for range 7 {
		b.get(as(b.oa, "/cgi-bin/user/get"))
		u.Write(b.mp, "x")
	}
	st := b.wx.Snapshot()
	require.Equal(t, []int{7, 7}, []int{st.CallCount, st.PushCount})
	require.Len(t, b.wx.Calls(), 2)
	require.Len(t, b.wx.Pushes(), 2)
	require.Equal(t, 7, b.wx.Calls()[1].Seq)
	require.Equal(t, 7, b.wx.Count("/cgi-bin/user/get"))
	require.Zero(t, b.wx.Count("/cgi-bin/none"))
}
