package callback_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

// subscriptions is an emulated Mini Program whose events of subscription messages arrive in the SDK's handler.
type subscriptions struct {
	wx   *emulator.Server
	app  *emulator.App
	user *emulator.User
	one  string
	two  string

	mu         sync.Mutex
	results    []callback.SubscribeResult
	deliveries []callback.SubscribeDelivery
	reports    []error
}

// subscribeIn connects a handler for this protection, format and shape.
func subscribeIn(t *testing.T, mode emulator.Mode, format emulator.Format, shape emulator.EventShape) *subscriptions {
	t.Helper()
	wx := emulator.New(t)
	s := &subscriptions{wx: wx, app: wx.MiniProgram(), user: wx.User("alice")}
	s.one = s.app.AddTemplate(emulator.Template{ID: "T1", Title: "One", Keywords: []string{"thing1"}})
	s.two = s.app.AddTemplate(emulator.Template{ID: "T2", Title: "Two", Keywords: []string{"thing1"}})
	modes := map[emulator.Mode]callback.Mode{
		emulator.Secure: callback.ModeSecure, emulator.Compatible: callback.ModeCompatible, emulator.Plaintext: callback.ModePlain,
	}
	h, err := callback.New(callback.Config{
		Now:  wx.Now,
		Apps: []callback.App{{AppID: s.app.AppID, Kind: callback.MiniProgram, Mode: modes[mode], Token: token, EncodingAESKey: key}},
		Observer: func(_ context.Context, r callback.Report) {
			s.note(func() { s.reports = append(s.reports, r.Err) })
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	callback.On(h, func(_ context.Context, e *callback.SubscribePopup) (callback.Reply, error) {
		s.note(func() { s.results = append(s.results, e.Results...) })
		return nil, nil
	})
	callback.On(h, func(_ context.Context, e *callback.SubscribeChange) (callback.Reply, error) {
		s.note(func() { s.results = append(s.results, e.Results...) })
		return nil, nil
	})
	callback.On(h, func(_ context.Context, e *callback.SubscribeSent) (callback.Reply, error) {
		s.note(func() { s.deliveries = append(s.deliveries, e.Deliveries...) })
		return nil, nil
	})
	s.app.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key, Mode: mode, Format: format, Shape: shape})
	return s
}

func (s *subscriptions) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// took returns the results that have come since the last time.
func (s *subscriptions) took() []callback.SubscribeResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.results
	s.results = nil
	return got
}

// send sends the user a message and returns its msgid as the answer has it.
func (s *subscriptions) send(t *testing.T, template string) string {
	t.Helper()
	body := `{"touser":"` + s.user.OpenID(s.app) + `","template_id":"` + template + `","data":{"thing1":{"value":"Blue mug"}}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://api.weixin.qq.com/cgi-bin/message/subscribe/send?access_token="+s.app.Token(), strings.NewReader(body))
	require.NoError(t, err)
	res, err := s.wx.HTTPClient().Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	s.wx.Settle()
	call := s.wx.Calls()[len(s.wx.Calls())-1]
	_, id, _ := strings.Cut(call.Response, `"msgid":`)
	return strings.TrimRight(id, "}")
}

// TestEmulatedEventShapes has one result of each item, in whatever shape the emulator pushes it.
func TestEmulatedEventShapes(t *testing.T) {
	t.Parallel()
	for _, mode := range []emulator.Mode{emulator.Plaintext, emulator.Compatible, emulator.Secure} {
		for _, format := range []emulator.Format{emulator.XML, emulator.JSON} {
			for _, shape := range emulator.EventShapes() {
				t.Run(mode.String()+"/"+format.String()+"/"+shape.String(), func(t *testing.T) {
					t.Parallel()
					s := subscribeIn(t, mode, format, shape)
					accepted := callback.SubscribeResult{TemplateID: "T1", Status: callback.SubscribeAccepted}
					rejected := callback.SubscribeResult{TemplateID: "T2", Status: callback.SubscribeRejected}

					s.user.Accept(s.one)
					require.Equal(t, []callback.SubscribeResult{accepted}, s.took())
					_, err := s.user.Answer([]string{s.one, s.two}, []string{s.one}, false)
					require.NoError(t, err)
					require.Equal(t, []callback.SubscribeResult{accepted, rejected}, s.took())

					id := s.send(t, s.one)
					require.Len(t, s.deliveries, 1)
					require.Equal(t, "T1", s.deliveries[0].TemplateID)
					require.Equal(t, id, strconv.FormatInt(s.deliveries[0].MsgID, 10))
					require.True(t, s.deliveries[0].Delivered())

					s.user.Ban(s.two)
					require.Equal(t, []callback.SubscribeResult{rejected}, s.took())
					s.user.Ban(s.one, s.two)
					require.Len(t, s.took(), 2)
					require.Empty(t, s.reports)
				})
			}
		}
	}
}
