package template_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
)

var fine = template.Data{"thing7": "Blue mug", "time4": "2026-11-29 10:00"}

// bodies answers with success and keeps what was sent.
func bodies(t *testing.T, sent *[]map[string]any, then httpmock.Responder) httpmock.Responder {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.Unmarshal(data, &body))
		*sent = append(*sent, body)
		return then(r)
	}
}

func TestSendChecksFirst(t *testing.T) {
	t.Parallel()
	for want, msg := range map[string]*template.Message{
		"template: Message: nil":      nil,
		"template: ToUser: empty":     {TemplateID: "T", Data: fine},
		"template: TemplateID: empty": {ToUser: "o", Data: fine},
		"template: Data: empty":       {ToUser: "o", TemplateID: "T"},
		`template: Data["thing1"]: 23 characters, limit 20`: {
			ToUser: "o", TemplateID: "T", Data: template.Data{"thing1": strings.Repeat("火", 23)},
		},
		`template: Data["name1"]: character 8 is a digit, a name has none`: {
			ToUser: "o", TemplateID: "T", Data: template.Data{"name1": "Agent X7"},
		},
		`template: Data["const3"]: empty`: {ToUser: "o", TemplateID: "T", Data: template.Data{"const3": " "}},
		`template: Data["first.DATA"]: key ends in ".DATA", leave that out`: {
			ToUser: "o", TemplateID: "T", Data: template.Data{"first.DATA": "x"},
		},
	} {
		receipt, err := setup(t, nil).Send(t.Context(), msg)
		requireFieldError(t, want, err)
		require.Zero(t, receipt)
	}
}

// Templates of the old library have keys without a rule. Empty and long values of theirs are WeChat's to judge.
func TestSendLetsTheOldKeysPass(t *testing.T) {
	t.Parallel()
	var sent []map[string]any
	client := setup(t, bodies(t, &sent, httpmock.NewStringResponder(http.StatusOK, `{"errcode":0,"msgid":"200012345"}`)))
	receipt, err := client.Send(t.Context(), &template.Message{
		ToUser: "o", TemplateID: "T", Data: template.Data{"first": "", "keyword1": strings.Repeat("x", 50), "remark": "bye\n"},
	})
	require.NoError(t, err)
	require.Equal(t, int64(200012345), receipt.MsgID)
	require.Len(t, sent[0]["data"], 3)
}

func TestSendWithoutChecksLeavesTheVerdictToWeChat(t *testing.T) {
	t.Parallel()
	answer, _ := answers(`{"errcode":47003,"errmsg":"thing7.DATA is invalid"}`)
	_, err := setup(t, answer, wechat.WithoutChecks()).Send(t.Context(), &template.Message{Data: template.Data{"thing7": ""}})
	var refused *errcode.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "thing7", refused.Field)
}

func TestSendMakesUpClientMsgID(t *testing.T) {
	t.Parallel()
	var sent []map[string]any
	client := setup(t, bodies(t, &sent, httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)))
	msg := &template.Message{ToUser: "o", TemplateID: "T", Data: fine}
	for range 2 {
		receipt, err := client.Send(t.Context(), msg)
		require.NoError(t, err)
		require.Regexp(t, "^[A-Z2-7]{26}$", receipt.ClientMsgID)
		require.Equal(t, receipt.ClientMsgID, sent[len(sent)-1]["client_msg_id"])
	}
	require.NotEqual(t, sent[0]["client_msg_id"], sent[1]["client_msg_id"], "two calls are two messages")
	require.Empty(t, msg.ClientMsgID, "the message stays as it was")
}

func TestSendLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		mini *template.MiniProgram
		want any
	}{
		"none":      {nil, nil},
		"empty":     {&template.MiniProgram{}, nil},
		"home page": {&template.MiniProgram{AppID: "wx1"}, map[string]any{"appid": "wx1"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []map[string]any
			client := setup(t, bodies(t, &sent, httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)))
			_, err := client.Send(t.Context(), &template.Message{
				ToUser: "o", TemplateID: "T", MiniProgram: c.mini, ClientMsgID: "x", Data: template.Data{"thing1": "y"},
			})
			require.NoError(t, err)
			want := map[string]any{
				"touser": "o", "template_id": "T", "client_msg_id": "x",
				"data": map[string]any{"thing1": map[string]any{"value": "y"}},
			}
			if c.want != nil {
				want["miniprogram"] = c.want
			}
			require.Equal(t, want, sent[0])
		})
	}
}

// A lost answer is no reason to give up: WeChat knows the message by its id.
func TestSendRepeatsALostRequestUnderTheSameID(t *testing.T) {
	t.Parallel()
	var sent []map[string]any
	client := setup(t, bodies(t, &sent, func(*http.Request) (*http.Response, error) {
		if len(sent) < 3 {
			return nil, io.ErrUnexpectedEOF
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"msgid":7}`), nil
	}), wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond}))
	receipt, err := client.Send(t.Context(), &template.Message{ToUser: "o", TemplateID: "T", Data: fine})
	require.NoError(t, err)
	require.Equal(t, int64(7), receipt.MsgID)
	require.Len(t, sent, 3)
	for _, body := range sent {
		require.Equal(t, receipt.ClientMsgID, body["client_msg_id"])
	}
}

func TestSendAgainWithTheReceiptsID(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)))
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	id := oa.AddTemplate(emulator.Template{Title: "Order update", Keywords: []string{"thing7", "time4"}})
	client := onEmulator(t, wx, wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	stop := wx.Fail(emulator.Fault{Path: "/cgi-bin/message/template/send", AfterTheFact: true, Reset: true})

	msg := &template.Message{ToUser: ann.OpenID(oa), TemplateID: id, Data: fine}
	receipt, err := client.Send(t.Context(), msg)
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Zero(t, receipt.MsgID)
	stop()
	require.Len(t, ann.Inbox(), 1, "it had arrived")

	msg.ClientMsgID = receipt.ClientMsgID
	again, err := client.Send(t.Context(), msg)
	require.NoError(t, err)
	require.Equal(t, receipt.ClientMsgID, again.ClientMsgID)
	require.Len(t, ann.Inbox(), 1, "and does not arrive twice")

	wx.Advance(11 * time.Minute)
	_, err = client.Send(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, ann.Inbox(), 2, "after ten minutes nothing is promised")
}

// Within a minute WeChat knows a message again. After an answer that was lost this shows that the message had arrived;
// as a first answer it shows nothing, and nothing is sent again.
func TestDuplicateWithinAMinute(t *testing.T) {
	t.Parallel()
	const duplicate = `{"errcode":40241,"errmsg":"The message is duplicate in 60 seconds rid: 1-2-3"}`
	for name, lost := range map[string]int{"FirstAnswer": 0, "AfterALostAnswer": 1, "AfterTwo": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []map[string]any
			client := setup(t, bodies(t, &sent, func(*http.Request) (*http.Response, error) {
				if len(sent) <= lost {
					return nil, io.ErrUnexpectedEOF
				}
				return httpmock.NewStringResponse(http.StatusOK, duplicate), nil
			}), wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond}))
			receipt, err := client.Send(t.Context(), &template.Message{ToUser: "o", TemplateID: "T", Data: fine})
			require.Len(t, sent, lost+1)
			require.Zero(t, receipt.MsgID)
			require.Equal(t, sent[0]["client_msg_id"], receipt.ClientMsgID)
			if lost > 0 {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errcode.DuplicateMessage)
			require.ErrorIs(t, err, errcode.AlreadyDone)
			require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		})
	}
}

// A message that WeChat reviews is neither sent nor refused. It arrives later by itself, or is listed as blocked.
func TestHeldForReview(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	id := oa.AddTemplate(emulator.Template{Keywords: []string{"thing7", "time4"}})
	client := onEmulator(t, wx)
	msg := &template.Message{ToUser: ann.OpenID(oa), TemplateID: id, Data: fine}
	held := func() {
		oa.HoldTemplate(id)
		before := wx.Count("/cgi-bin/message/template/send")
		receipt, err := client.Send(t.Context(), msg)
		require.ErrorIs(t, err, errcode.HeldForReview)
		require.ErrorIs(t, err, errcode.OutcomeOpen)
		require.ErrorIs(t, err, wechat.ErrOutcomeUnknown, "it may arrive: no other way to this user")
		require.Zero(t, receipt.MsgID)
		require.Equal(t, before+1, wx.Count("/cgi-bin/message/template/send"))
	}
	blocked := func() (texts []string) {
		for b, err := range client.Blocked(t.Context(), &template.BlockedQuery{MsgID: id}) {
			require.NoError(t, err)
			require.Equal(t, msg.ToUser, b.OpenID)
			texts = append(texts, b.Text)
		}
		return texts
	}

	held()
	require.Empty(t, ann.Inbox())
	require.Empty(t, blocked(), "nothing says that it is under review")
	oa.PassHeld(id)
	require.Len(t, ann.Inbox(), 1)

	held()
	oa.BlockHeld(id)
	require.Len(t, ann.Inbox(), 1)
	require.Len(t, blocked(), 1)
	_, err := client.Send(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, ann.Inbox(), 2)
}

func TestTooManyToOneUserIsNotRepeated(t *testing.T) {
	t.Parallel()
	answer, asked := answers(`{"errcode":43117,"errmsg":"Sending messages to this openid too frequently, please try later"}`)
	_, err := setup(t, answer).Send(t.Context(), &template.Message{ToUser: "o", TemplateID: "T", Data: fine})
	require.ErrorIs(t, err, errcode.TooManyToUser)
	require.ErrorIs(t, err, errcode.RateLimited)
	require.Equal(t, 1, asked())
}

func TestSendToSomebodyWhoDoesNotFollow(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	id := oa.AddTemplate(emulator.Template{Keywords: []string{"thing7", "time4"}})
	_, err := onEmulator(t, wx).Send(t.Context(), &template.Message{
		ToUser: wx.User("Ann").OpenID(oa), TemplateID: id, Data: fine,
	})
	require.ErrorIs(t, err, errcode.NotFollowing)
	require.ErrorIs(t, err, errcode.UserUnreachable)
}
