package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

func TestAccepted(t *testing.T) {
	t.Parallel()
	for status, want := range map[callback.SubscribeStatus]bool{
		callback.SubscribeAccepted: true, callback.SubscribeAcceptedWithAudio: true, callback.SubscribeAcceptedWithAlert: true,
		callback.SubscribeAcceptedWithForcePush: true, callback.SubscribeRejected: false, callback.SubscribeBanned: false,
		callback.SubscribeFiltered: false, callback.SubscribeCancelled: false, "": false,
	} {
		require.Equal(t, want, status.Accepted(), status)
	}
}

func TestSubscribeDelivered(t *testing.T) {
	t.Parallel()
	e := receive[*callback.SubscribeSent](t, read(t, "pushes/subscribe_sent_many.json"))
	require.Len(t, e.Deliveries, 2)
	require.True(t, e.Deliveries[0].Delivered())
	require.False(t, e.Deliveries[1].Delivered())
}
