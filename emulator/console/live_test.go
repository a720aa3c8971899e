package console

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// TestOldWorldIsSilent asks for the state with a request that began before everything was started anew: it
// must not bring back what was there.
func TestOldWorldIsSilent(t *testing.T) {
	t.Parallel()
	start := func(user string) *emulator.Server {
		wx, err := emulator.Start()
		require.NoError(t, err)
		wx.User(user)
		return wx
	}
	old := start("ghost")
	c := New(old)
	late := &request{httptest.NewRequest(http.MethodGet, apiPrefix+"/state", nil), c.Server(), c}
	require.NoError(t, c.replace(start("alice")))
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		require.NoError(t, c.Server().Close())
	})
	cursor := c.live.newest()

	got, err := getState(late)
	require.NoError(t, err)
	require.Equal(t, "alice", got.(state).Users[0].Name)
	events, _, ok := c.live.since(cursor)
	require.True(t, ok)
	require.Empty(t, events)
}
