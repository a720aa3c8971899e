package callback_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// receive sends one push and returns its typed value.
func receive[P callback.Push](t *testing.T, body string) P {
	t.Helper()
	app := secureApp()
	if strings.Contains(body, "wxplatform000001") {
		app = goldenApp("platform_", callback.ModeSecure)
	}
	b := setup(t, app)
	b.push(t, body)
	pushes := b.handled()
	require.Len(t, pushes, 1)
	p, ok := pushes[0].(P)
	require.True(t, ok, "%T", pushes[0])
	return p
}

func TestOnPicksByType(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	var got []string
	callback.On(b.Handler, func(_ context.Context, e *callback.Follow) (callback.Reply, error) {
		got = append(got, "follow "+e.Scene)
		return nil, nil
	})
	callback.On(b.Handler, func(_ context.Context, e *callback.MenuScan) (callback.Reply, error) {
		got = append(got, "scan "+e.Event)
		return nil, nil
	})
	callback.On(b.Handler, func(_ context.Context, e *callback.Unknown) (callback.Reply, error) {
		got = append(got, "unknown "+e.Event)
		return nil, nil
	})
	for _, name := range []string{"subscribe_scene", "menu_scancode_push", "menu_scancode_waitmsg", "event_unknown", "unsubscribe"} {
		b.push(t, read(t, "pushes/"+name+".xml"))
	}
	require.Equal(t, []string{"follow bind-a_b_c", "scan scancode_push", "scan scancode_waitmsg", "unknown add_express_path"}, got)
	pushes := b.handled()
	require.Len(t, pushes, 1)
	require.IsType(t, &callback.Unfollow{}, pushes[0])
}

func TestOnRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	on := func() {
		callback.On(b.Handler, func(context.Context, *callback.Follow) (callback.Reply, error) { return nil, nil })
	}
	on()
	require.PanicsWithValue(t, "callback: On: *callback.Follow has a function already", on)
	require.PanicsWithValue(t, "callback: On: callback.Push is an interface; use Fallback for all other pushes", func() {
		callback.On(b.Handler, func(context.Context, callback.Push) (callback.Reply, error) { return nil, nil })
	})
	require.PanicsWithValue(t, "callback: On: nil function for *callback.Scan", func() { callback.On[*callback.Scan](b.Handler, nil) })
	require.PanicsWithValue(t, "callback: Use: nil layer", func() { b.Use(nil) })
}

func TestWithoutHandlersEverythingIsSuccess(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	b.Fallback(nil)
	require.Empty(t, b.push(t, textPush))
	require.Empty(t, b.handled())
	require.Empty(t, b.reported())
}

func TestLayers(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	var order []string
	layer := func(name string) func(callback.HandlerFunc) callback.HandlerFunc {
		return func(next callback.HandlerFunc) callback.HandlerFunc {
			return func(ctx context.Context, p callback.Push) (callback.Reply, error) {
				order = append(order, name)
				return next(ctx, p)
			}
		}
	}
	b.Use(layer("outer"))
	b.Use(layer("inner"))
	callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		order = append(order, "handler")
		return nil, nil
	})
	b.push(t, textPush)
	require.Equal(t, []string{"outer", "inner", "handler"}, order)

	b.Use(func(callback.HandlerFunc) callback.HandlerFunc {
		return func(context.Context, callback.Push) (callback.Reply, error) { return nil, errors.New("not today") }
	})
	require.Equal(t, http.StatusInternalServerError, b.do(b.sender().Push(strings.Replace(textPush, "0001<", "2<", 1))).Code)
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"xml", "json"} {
		body := read(t, "pushes/event_unknown."+format)
		u := receive[*callback.Unknown](t, body)
		require.Equal(t, body, string(u.Raw))
		require.Equal(t, "77", u.Value("OrderId"))
		require.Equal(t, "77", u.Value("orderid"))
		require.Equal(t, "picked up", u.Value("Path", "ActionMsg"))
		require.Equal(t, []string{"77"}, u.Values("OrderId"))
		require.Len(t, u.Values("Path"), 2)
		require.Empty(t, u.Value("none", "none"))
		require.Empty(t, u.Values())
		require.Empty(t, u.Values("none"))
	}
	require.Equal(t, "CheckContainerPath", receive[*callback.Unknown](t, `{"action":"CheckContainerPath"}`).Value("action"))
	require.Empty(t, (&callback.Unknown{}).Value("a"), "a literal in a user's test")
}

func TestLooseFields(t *testing.T) {
	t.Parallel()
	t.Run("numbers as strings, with spaces, and not at all", func(t *testing.T) {
		t.Parallel()
		m := receive[*callback.TextMessage](t, `{"ToUserName":"gh_1","FromUserName":"oFan-1","CreateTime":" 1763600000 ","MsgType":" text ","MsgId":"24000000000000001"}`)
		require.Equal(t, int64(24000000000000001), m.MsgID)
		require.Equal(t, now.UTC(), m.CreateTime)
		require.Equal(t, "text", m.MsgType)
		m = receive[*callback.TextMessage](t, `{"CreateTime":"soon","MsgType":"text","MsgId":99999999999999999999}`)
		require.Zero(t, m.MsgID)
		require.True(t, m.CreateTime.IsZero())
	})
	t.Run("MsgType that says Event", func(t *testing.T) {
		t.Parallel()
		receive[*callback.BadReview](t, `<xml><MsgType>Event</MsgType><Event>wxa_comment_bad_score</Event></xml>`)
		receive[*callback.BadReview](t, `<xml><Event>WXA_COMMENT_BAD_SCORE</Event></xml>`)
	})
	t.Run("event without a name", func(t *testing.T) {
		t.Parallel()
		receive[*callback.Unknown](t, `<xml><MsgType>event</MsgType></xml>`)
	})
	t.Run("template event in other case", func(t *testing.T) {
		t.Parallel()
		e := receive[*callback.TemplateSent](t, `<xml><MsgType>event</MsgType><Event>TemplateSendJobFinish</Event><MsgID>7</MsgID><Status>Failed: user block </Status></xml>`)
		require.Equal(t, callback.TemplateUserBlocked, e.Outcome)
	})
	t.Run("mass status", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[string]int{"err(10001)": 10001, " ERR( 20002 )": 20002, "send fail": 0, "err(x)": 0} {
			e := receive[*callback.MassSent](t, `<xml><Event>MASSSENDJOBFINISH</Event><Status>`+status+`</Status></xml>`)
			require.Equal(t, want, e.StatusCode)
		}
	})
	t.Run("failed articles that are no numbers", func(t *testing.T) {
		t.Parallel()
		e := receive[*callback.Published](t, `{"Event":"PUBLISHJOBFINISH","PublishEventInfo":{"fail_idx":["1","x"]}}`)
		require.Equal(t, []int{1}, e.Failed)
	})
	t.Run("number that is none", func(t *testing.T) {
		t.Parallel()
		for _, none := range []string{"north", "NaN", "-Inf", "infinity", "1e999"} {
			e := receive[*callback.LocationReport](t, `{"Event":"LOCATION","Latitude":"`+none+`","Longitude":1.5}`)
			require.Zero(t, e.Latitude, none)
			require.InDelta(t, 1.5, e.Longitude, 0)
		}
	})
}

func TestScene(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"": "", "qrscene_0": "0", "qrscene_qrscene_x": "qrscene_x", "qrscene_a_b": "a_b", "last_trade_no_1": "",
	} {
		e := receive[*callback.Follow](t, `<xml><Event>subscribe</Event><EventKey>`+key+`</EventKey></xml>`)
		require.Equal(t, want, e.Scene)
		require.Equal(t, key, e.EventKey)
	}
	require.Equal(t, "qrscene_x", receive[*callback.Scan](t, `<xml><Event>SCAN</Event><EventKey>qrscene_x</EventKey></xml>`).Scene)
}

func TestPlatformSecrets(t *testing.T) {
	t.Parallel()
	ticket := receive[*callback.VerifyTicket](t, read(t, "pushes/platform_ticket.xml"))
	require.Equal(t, "ticket@@@demo", ticket.Ticket.Reveal())
	require.Equal(t, "[redacted]", ticket.Ticket.String())
	auth := receive[*callback.Authorized](t, read(t, "pushes/platform_authorized.xml"))
	require.Equal(t, "queryauthcode@@@demo", auth.AuthorizationCode.Reveal())
	require.Equal(t, "preauthcode@@@demo", auth.PreAuthCode.Reveal())
	require.Equal(t, now.Add(time.Hour).UTC(), auth.Expires)
}

func TestMessagesAreToldFromEvents(t *testing.T) {
	t.Parallel()
	type message interface {
		Message() *callback.MessageHeader
	}
	for _, name := range pushNames(t) {
		b := setup(t, goldenApp(name, callback.ModePlain))
		b.push(t, read(t, "pushes/"+name+".xml"))
		p := b.handled()[0]
		m, ok := p.(message)
		if name == "message_unknown" {
			require.IsType(t, &callback.Unknown{}, p)
			continue
		}
		require.Equal(t, strings.HasPrefix(name, "message_"), ok, name)
		if ok {
			require.NotZero(t, m.Message().MsgID)
		}
	}
}
