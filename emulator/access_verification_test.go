package emulator_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestVerificationEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	b.wx.User("ann").Follow(b.oa)
	for event, want := range map[emulator.VerificationEvent]string{
		emulator.QualificationPassed:  fmt.Sprintf("<ExpiredTime>%d</ExpiredTime>", start.AddDate(1, 0, 0).Unix()),
		emulator.QualificationRefused: fmt.Sprintf("<FailTime>%d</FailTime><FailReason><![CDATA[a <b>]]></FailReason>", start.Unix()),
		emulator.NamingPassed:         fmt.Sprintf("<ExpiredTime>%d</ExpiredTime>", start.AddDate(1, 0, 0).Unix()),
		emulator.NamingRefused:        fmt.Sprintf("<FailTime>%d</FailTime><FailReason><![CDATA[a <b>]]></FailReason>", start.Unix()),
		emulator.RenewalDue:           fmt.Sprintf("<ExpiredTime>%d</ExpiredTime>", start.AddDate(0, 0, 30).Unix()),
		emulator.VerificationExpired:  fmt.Sprintf("<ExpiredTime>%d</ExpiredTime>", start.Unix()),
	} {
		b.oa.Verify(event, "a <b>")
		require.Contains(t, r.last(), fmt.Sprintf("<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event>%s</xml>", event, want))
		require.NotContains(t, r.last(), b.wx.User("ann").OpenID(b.oa), "from no user")
	}
}

// TestWhatAnAccountMaySend hangs on its qualification, and on nothing else of the verification.
func TestWhatAnAccountMaySend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	ann.Follow(b.oa)
	ann.Write(b.oa, "hi")
	tpl := b.oa.AddTemplate(emulator.Template{Title: "A", Keywords: []string{"thing1"}})
	id := ann.OpenID(b.oa)
	calls := func() []int {
		return []int{
			b.post(as(b.oa, "/cgi-bin/message/template/send"), sub(id, tpl, "x")).code(),
			b.post(as(b.oa, customSend), `{"touser":"`+id+`","msgtype":"text","text":{"content":"x"}}`).code(),
			b.post(as(b.oa, "/cgi-bin/qrcode/create"), `{"expire_seconds":60,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"a"}}}`).code(),
			b.get(as(b.oa, "/cgi-bin/tags/get")).code(),
		}
	}
	mayNot, may := []int{48001, 48001, 48001, 48001}, []int{0, 0, 0, 0}
	require.Equal(t, may, calls())
	for _, harmless := range []emulator.VerificationEvent{emulator.RenewalDue, emulator.QualificationRefused, emulator.NamingRefused} {
		b.oa.Verify(harmless, "")
		require.Equal(t, may, calls(), harmless)
	}
	b.oa.Verify(emulator.VerificationExpired, "")
	require.Equal(t, mayNot, calls())
	require.True(t, b.oa.State().Unverified)
	require.Zero(t, b.get(as(b.oa, "/cgi-bin/user/info?openid="+id)).code(), "not all calls need it")
	ann.OpenApp(b.mp)
	ann.Write(b.mp, "hi")
	require.Zero(t, b.post(as(b.mp, customSend), `{"touser":"`+ann.OpenID(b.mp)+`","msgtype":"text","text":{"content":"x"}}`).code(), "another account")
	b.oa.Verify(emulator.NamingPassed, "")
	require.Equal(t, mayNot, calls())
	b.wx.Advance(time.Second)

	var saved bytes.Buffer
	require.NoError(t, b.wx.Save(&saved))
	loaded, err := emulator.Load(&saved)
	require.NoError(t, err)
	require.True(t, loaded.ServiceAccount().State().Unverified)
	require.NoError(t, loaded.Close())

	b.oa.Verify(emulator.QualificationPassed, "")
	require.Equal(t, may, calls())
}
