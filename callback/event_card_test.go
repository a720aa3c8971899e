package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

func TestCardFailed(t *testing.T) {
	t.Parallel()
	const head = `{"MsgType":"event","Event":"notify_service_msg_send_result","openid":"oUser-1",`
	e := receive[*callback.CardFailed](t, head+`"notify_code":"p1.4200","notify_type":"2001","card_status":"4","fail_ret":"-1005"}`)
	require.Equal(t, callback.CardTooFrequent, e.Reason, "numbers in strings")
	require.Equal(t, 2001, e.Kind)
	require.Equal(t, 4, e.State)
	require.True(t, e.For("4200"))
	require.True(t, e.For("p1.4200"))
	require.False(t, e.For("200"))
	require.False(t, e.For(""))
	require.True(t, receive[*callback.CardFailed](t, head+`"notify_code":"code-of-a-button"}`).For("code-of-a-button"))
	for number, want := range map[string]callback.CardFailure{
		"-10001": callback.CardSystemFailed, "-10002": callback.CardContentRejected, "-1003": callback.CardTemplateMissing,
		"-1004": callback.CardUserRefused, "-7": -7,
	} {
		require.Equal(t, want, receive[*callback.CardFailed](t, head+`"notify_code":"c","fail_ret":`+number+`}`).Reason)
	}
}
