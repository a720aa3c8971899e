package component_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token/component"
)

// mount registers the handlers that the package comment shows.
func mount(h *callback.Handler, platform *component.Component) {
	callback.On(h, func(ctx context.Context, e *callback.VerifyTicket) (callback.Reply, error) {
		return nil, platform.KeepTicket(ctx, component.Ticket{
			ComponentAppID: e.ComponentAppID, Ticket: e.Ticket, CreateTime: e.CreateTime,
		})
	})
	callback.On(h, func(ctx context.Context, e *callback.Authorized) (callback.Reply, error) {
		_, err := platform.QueryAuth(ctx, e.AuthorizationCode)
		return nil, err
	})
	callback.On(h, func(ctx context.Context, e *callback.AuthorizationUpdated) (callback.Reply, error) {
		_, err := platform.QueryAuth(ctx, e.AuthorizationCode)
		return nil, err
	})
	callback.On(h, func(ctx context.Context, e *callback.Unauthorized) (callback.Reply, error) {
		return nil, platform.Forget(ctx, e.AuthorizerAppID)
	})
}

func TestPushesDriveThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.component(t, nil)
	const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	h, err := callback.New(callback.Config{Now: w.wx.Now, Apps: []callback.App{{
		AppID: w.platform.AppID, Kind: callback.ThirdPartyPlatform, Token: "token", EncodingAESKey: key,
	}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.WithoutCancel(t.Context()))) })
	mount(h, c)

	w.platform.SetCallback(emulator.Callback{Handler: h, Token: "token", EncodingAESKey: key})
	w.wx.Settle()
	_, err = c.Token(t.Context())
	require.NoError(t, err, "a ticket has come")

	w.merchant.AuthorizeTo(w.platform)
	w.wx.Settle()
	require.NoError(t, w.works(t, c))
	w.merchant.AuthorizeTo(w.platform)
	w.wx.Settle()
	require.NoError(t, w.works(t, c), "the administrator has granted something else")
	require.Equal(t, 2, w.wx.Count("/cgi-bin/component/api_query_auth"))

	w.merchant.Deauthorize(w.platform)
	w.wx.Settle()
	require.ErrorIs(t, w.works(t, c), component.ErrNotAuthorized)
	for _, push := range w.wx.Pushes() {
		require.Empty(t, push.Error+push.Fault, push.Type)
	}
}
