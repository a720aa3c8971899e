package browsertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

var emulatorTemplate = emulator.Template{Title: "Payment received", Keywords: []string{"thing1", "amount2"}}

// TestClockAndFaults moves the clock and plants a fault by clicking.
func TestClockAndFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	p.see(".clock-time", "12:00:00")
	p.click("button", "Advance by 1 h")
	p.see(".clock-time", "13:00:00")
	require.Equal(t, noon.Add(time.Hour), w.wx.Now().UTC())
	p.click("button", "Advance by 3 days")
	p.see(".clock-day", "November 23, 2026")

	w.alice.Accept(w.due)
	p.click("button", "Plant")
	p.see(".fault strong", "-1")
	p.click("button", "Remove the fault -1")
	p.gone(".fault")
	read[bool](p, `(document.querySelector("[aria-label='Kind of fault']").value = "2", document.querySelector("[aria-label='Kind of fault']").dispatchEvent(new Event("change")), true)`)
	p.click("button", "Plant")
	p.see(".fault strong", "45009")
	require.ErrorIs(t, w.remind("Fire insurance"), errcode.Code(45009))
	p.gone(".fault")
	require.NoError(t, w.remind("Fire insurance"))
	p.picture("traffic")
	p.quiet()
}

// TestScan makes a code with a scene and scans it: the user follows, and the event names the scene.
func TestScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	p.click("button", "Discover")
	p.click("button", "Scan")
	p.write("Scene", "poster-7")
	p.click("button", "Make")
	p.until(`document.querySelector(".made-code img")?.naturalWidth > 0`)
	p.picture("scan")
	p.click("button", "Scan this code")
	p.see(".profile-state", "Following")
	require.True(t, w.alice.Follows(w.service))

	p.click("button", "Unfollow")
	p.click("[role=dialog] button", "Unfollow")
	p.gone("[role=dialog]")
	p.see("button", "Follow")
	require.False(t, w.alice.Follows(w.service))
	p.quiet()
}

// TestReconnect loses the connection and finds it again, with what happened meanwhile.
func TestReconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.server.CloseClientConnections()
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "Is anybody there?")
	p.see(".row", "Is anybody there?")
	p.until(`document.querySelector(".connection").dataset.state === "live"`)
	p.quietBut("net::ERR_INCOMPLETE_CHUNKED_ENCODING")
}

// TestLanguages speaks the browser's language, and the other one at a click.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(look{width: 1440, height: 900, language: "zh-CN", dark: true})
	p.see("h1", "微信模拟器")
	p.see(".empty-title", "暂无消息")
	w.alice.Accept(w.due)
	require.NoError(t, w.remind("家庭财产保险"))
	p.click(".banner", "服务通知")
	p.see("button", "进入小程序查看")
	p.picture("dark")
	p.click("button", "English")
	p.see("h1", "WeChat emulator")
	p.see(".row", "Service Notifications")
	p.quiet()
}

// TestUsers adds a user and tells whose phone has got something.
func TestUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.alice.Accept(w.due)
	p.click("button", "Add a user")
	p.write("Name of the new user", "carol")
	p.click("button", "Add a user")
	p.until(`document.querySelector(".user-button[aria-pressed=true]").innerText === "carol"`)
	require.NoError(t, w.remind("Fire insurance"))
	p.see(".user-button", "1")
	p.click(".user-button", "alice")
	p.see(".row", "Contract Box: Contract due")
	require.Len(t, w.wx.Users(), 3)
	p.quiet()
}
