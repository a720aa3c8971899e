package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// served is a service account whose agent anna serves the follower u.
func served(t *testing.T) (*bundle, *emulator.User, *receiver) {
	t.Helper()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	b.oa.AddAgent("anna@demo", "Anna")
	u := b.wx.User("u")
	u.Follow(b.oa)
	b.succeeds(as(b.oa, "/customservice/kfsession/create"), fmt.Sprintf(`{"kf_account":"anna@demo","openid":%q}`, u.OpenID(b.oa)))
	b.wx.Settle()
	return b, u, r
}

func (b *bundle) serving(u *emulator.User) string {
	b.t.Helper()
	return b.get(as(b.oa, "/customservice/kfsession/getsession?openid="+u.OpenID(b.oa))).text("kf_account")
}

// While an agent serves a user, what the user writes goes there and is not pushed. Half an hour after the last message it is again.
func TestServedMessagesAreNotPushed(t *testing.T) {
	t.Parallel()
	b, u, r := served(t)
	require.Contains(t, r.last(), "kf_create_session")
	before := r.count()
	u.Write(b.oa, "to Anna")
	u.SendImage(b.oa, "a.jpg", nil)
	require.Equal(t, before, r.count())
	b.wx.Advance(29 * time.Minute)
	b.oa.AgentSays("anna@demo", u, "Still here?")
	b.wx.Advance(29 * time.Minute)
	require.Equal(t, "anna@demo", b.serving(u), "any message keeps it")
	b.wx.Advance(time.Minute)
	require.Empty(t, b.serving(u))
	u.Write(b.oa, "to the program")
	require.Equal(t, before+1, r.count())
	require.Contains(t, r.last(), "to the program")
}

func TestSessionEndsWithItsAgent(t *testing.T) {
	t.Parallel()
	b, u, r := served(t)
	online := b.get(as(b.oa, "/cgi-bin/customservice/getonlinekflist"))["kf_online_list"].([]any)[0].(map[string]any)
	require.Equal(t, num("1"), online["accepted_case"])
	b.succeeds(as(b.oa, "/customservice/kfaccount/del"), `{"kf_account":"anna@demo"}`)
	b.wx.Settle()
	require.Contains(t, r.last(), "kf_close_session")
	require.Empty(t, b.serving(u))
}

// Who waits stands in the queue by the last message, the longest wait first.
func TestQueueOfThoseWhoWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	var users []*emulator.User
	for i := range 3 {
		u := b.wx.User(fmt.Sprint("u", i))
		u.Follow(b.oa)
		users = append(users, u)
	}
	for _, u := range []*emulator.User{users[2], users[0], users[1]} {
		r.reply = func(int, string) (int, string) {
			return 200, "<xml><ToUserName>" + u.OpenID(b.oa) + "</ToUserName><FromUserName>" + b.oa.OriginalID +
				"</FromUserName><CreateTime>1</CreateTime><MsgType>transfer_customer_service</MsgType></xml>"
		}
		u.Write(b.oa, "help")
		b.wx.Advance(time.Minute)
	}
	got := b.get(as(b.oa, "/customservice/kfsession/getwaitcase"))
	require.Equal(t, int64(3), got.number("count"))
	var order []any
	for _, one := range got["waitcaselist"].([]any) {
		order = append(order, one.(map[string]any)["openid"])
	}
	require.Equal(t, []any{users[2].OpenID(b.oa), users[0].OpenID(b.oa), users[1].OpenID(b.oa)}, order)
}

// The records are pages by number. The answer says where the next one begins, also where a page has nothing of the time asked for.
func TestPagesOfRecords(t *testing.T) {
	t.Parallel()
	b, u, _ := served(t)
	for i := range 5 {
		u.Write(b.oa, fmt.Sprint("question ", i))
		b.oa.AgentSays("anna@demo", u, fmt.Sprint("answer ", i))
	}
	page := func(from, number int) ([]string, int64) {
		got := b.succeeds(as(b.oa, "/customservice/msgrecord/getmsglist"), fmt.Sprintf(
			`{"starttime":%d,"endtime":%d,"msgid":%d,"number":%d}`, start.Unix(), start.Add(time.Hour).Unix(), from, number))
		var texts []string
		for _, r := range got["recordlist"].([]any) {
			texts = append(texts, r.(map[string]any)["text"].(string))
		}
		return texts, got.number("msgid")
	}
	texts, next := page(1, 4)
	require.Equal(t, []string{"question 0", "answer 0", "question 1", "answer 1"}, texts)
	require.Equal(t, int64(5), next)
	texts, next = page(int(next), 100)
	require.Len(t, texts, 6)
	require.Equal(t, int64(11), next)
	texts, next = page(11, 100)
	require.Empty(t, texts)
	require.Equal(t, int64(11), next, "nothing new")
}

func TestSessionRefusals(t *testing.T) {
	t.Parallel()
	b, u, _ := served(t)
	b.oa.AddAgent("bert@demo", "Bert")
	other := b.wx.User("other")
	other.Follow(b.oa)
	call := func(what, agent string, u *emulator.User) int {
		return b.post(as(b.oa, "/customservice/kfsession/"+what), fmt.Sprintf(`{"kf_account":%q,"openid":%q}`, agent, u.OpenID(b.oa))).code()
	}
	require.Zero(t, call("create", "anna@demo", u), "again is no mistake")
	require.Equal(t, 65414, call("create", "bert@demo", u), "served by another")
	require.Equal(t, 65414, call("close", "bert@demo", u))
	require.Equal(t, 65413, call("close", "bert@demo", other), "not served")
	require.Equal(t, 65401, call("create", "none@demo", other))
	b.oa.SetAgentOnline("bert@demo", false)
	require.Equal(t, 65415, call("create", "bert@demo", other))
	require.Zero(t, call("close", "anna@demo", u))
	b.oa.SetAgentOnline("bert@demo", true)
	require.Zero(t, call("create", "bert@demo", u), "free for another")
	require.Equal(t, "bert@demo", b.serving(u))
}
