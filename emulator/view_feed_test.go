package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestCallsAfter(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithCallLimit(4))
	require.Empty(t, b.wx.CallsAfter(0, 10))
	for range 7 {
		b.get("/cgi-bin/token?grant_type=client_credential&secret=S")
	}
	seqs := func(after, limit int) []int {
		list := []int{}
		for _, c := range b.wx.CallsAfter(after, limit) {
			require.NotContains(t, c.Query, "S", "secrets are hidden")
			list = append(list, c.Seq)
		}
		return list
	}
	require.Equal(t, []int{4, 5, 6, 7}, seqs(0, 100), "the record keeps four")
	require.Equal(t, []int{6, 7}, seqs(5, 100))
	require.Equal(t, []int{7}, seqs(0, 1), "the newest")
	require.Empty(t, seqs(7, 100))
	require.Empty(t, seqs(99, 100))
	require.Empty(t, seqs(0, 0))
}

func TestReceivedAfter(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithInboxLimit(2))
	u := b.wx.User("u")
	u.Follow(b.oa)
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		u.Write(b.oa, text)
	}
	require.Equal(t, 5, u.State().Received)
	got := u.ReceivedAfter(3, 10)
	require.Len(t, got, 2)
	require.Equal(t, 4, got[0].Seq)
	require.Equal(t, "d", got[0].Text)
	require.Empty(t, u.ReceivedAfter(5, 10))
}

func TestTriesAfter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mp.SetCallback(emulator.Callback{Handler: http.NotFoundHandler(), Mode: emulator.Compatible})
	b.wx.User("u").EnterChat(b.mp, "")
	b.wx.Advance(15 * time.Second)
	tries := b.wx.TriesAfter(0, 10)
	require.Len(t, tries, 3)
	for i, try := range tries {
		require.Equal(t, i+1, try.ID)
		require.Equal(t, i+1, try.Attempt)
		require.Equal(t, 1, try.Seq)
		require.Contains(t, try.Query, "msg_signature=***")
		require.Contains(t, try.Query, "&signature=***")
	}
	require.Len(t, b.wx.TriesAfter(2, 10), 1)
	require.True(t, b.wx.RedeliverTry(2))
	require.False(t, b.wx.RedeliverTry(9))
	require.Equal(t, 2, b.wx.TriesAfter(3, 1)[0].Seq)
}

func TestTriesHideTickets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.wx.AddThirdParty(emulator.AppConfig{})
	p.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/", Mode: emulator.Plaintext})
	try := b.wx.TriesAfter(0, 1)[0]
	require.Equal(t, "component_verify_ticket", try.Type)
	require.Contains(t, try.Plain, "<ComponentVerifyTicket><![CDATA[***]]></ComponentVerifyTicket>")
	require.Equal(t, try.Plain, try.Body)
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{
		Title: "Room", Content: "Room:{{enum_string1.DATA}}\nItem:{{thing2.DATA}}\n", Example: "Room:Kitchen\nItem：Heater\n",
		Enums: map[string][]string{"enum_string1": {"Kitchen"}},
	})
	b.mp.SetQuota(subscribeSend, 5)
	u := b.wx.User("u")
	u.AcceptAlways(tpl)
	u.Follow(b.oa)
	b.wx.Fail(emulator.Fault{Path: "/cgi-bin/token", Code: -1})
	b.get("/cgi-bin/token")
	b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x"))
	s := b.wx.Snapshot()
	require.Equal(t, start, s.Now.UTC())
	require.True(t, s.Frozen)
	require.Equal(t, 2, s.CallCount)
	require.Equal(t, 1, s.Faults[0].Hits)
	require.Equal(t, []emulator.KeywordState{
		{Key: "enum_string1", Label: "Room", Rule: "enum_string", Example: "Kitchen", Enum: []string{"Kitchen"}},
		{Key: "thing2", Label: "Item", Rule: "thing", Example: "Heater"},
	}, s.Apps[0].Templates[0].Keywords)
	require.Equal(t, []emulator.QuotaState{{Path: subscribeSend, Used: 1, PerDay: 5}}, s.Apps[0].Quotas)
	require.Equal(t, []string{b.mp.AppID}, s.Apps[1].Linked)
	require.Equal(t, []emulator.ConsentState{{TemplateID: tpl, Grants: 1, Kept: "accept"}}, s.Users[0].Accounts[0].Consents)
	require.True(t, s.Users[0].Accounts[1].Follows)
	require.NotNil(t, s.Users[0].Accounts[1].Window, "a new follower may be greeted")
	require.Nil(t, b.wx.FindUser("nobody"))
	b.wx.SetBaseURL("http://127.0.0.1:8630")
	require.Equal(t, "http://127.0.0.1:8630", b.wx.BaseURL())
	require.NotEqual(t, b.mp.ResetSecret(), b.mp.AppSecret)
	require.NotEqual(t, b.mp.Secret(), b.mp.AppSecret)
}

func TestRemoveFault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.wx.AddFault(emulator.Fault{Code: -1})
	second := b.wx.AddFault(emulator.Fault{Code: 45009})
	require.True(t, b.wx.RemoveFault(first))
	require.False(t, b.wx.RemoveFault(first))
	require.Equal(t, 45009, b.get("/cgi-bin/token").code())
	require.True(t, b.wx.RemoveFault(second))
	require.Empty(t, b.wx.Snapshot().Faults)
}
