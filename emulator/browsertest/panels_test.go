package browsertest

import (
	"fmt"
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
	p.see(".row", "Contract Box: Contract due")
	p.click(".entry summary", "45009")
	p.see(".entry[open] .body", `"errcode": 45009`)
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
	read[bool](p, `(window.states = [], new MutationObserver(([change]) => states.push(change.target.dataset.state))
		.observe(document.querySelector(".connection"), { attributes: true }), true)`)
	w.server.CloseClientConnections()
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "Is anybody there?")
	p.see(".row", "Is anybody there?")
	p.until(`states.includes("lost") && states.at(-1) === "live"`)
	p.quietBut("net::ERR_INCOMPLETE_CHUNKED_ENCODING")
}

// TestLanguages speaks the browser's language, and the other one at a click.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, inChinese)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "合同可以续签吗？")
	p := w.open(look{width: 1440, height: 900, language: "zh-CN", dark: true})
	p.see("h1", "微信模拟器")
	w.alice.Accept(w.due)
	require.NoError(t, w.remind(w.in.contract))
	p.click(".row", "服务通知")
	p.see("button", "进入小程序查看")
	p.see(".card-title", w.in.due)
	p.click("button", "返回")
	w.say(w.service, "可以的，请看 <a href=\"https://example.com/renew\">续签说明</a>。")
	w.confirm()
	p.see(".row", w.in.renewed)
	p.click(".row", w.in.service)
	p.see(".card-title", w.in.renewed)
	p.picture("dark")
	p.click("button", "返回")
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
	p.click("button", "Add or open a user")
	p.write("Name of the user", "carol")
	p.click("button", "Add or open a user")
	p.until(`document.querySelector(".user-button[aria-pressed=true]").innerText === "carol"`)
	require.NoError(t, w.remind("Fire insurance"))
	p.see(".user-button", "1")
	p.click(".user-button", "alice")
	p.see(".row", "Contract Box: Contract due")
	require.Len(t, w.wx.Users(), 3)
	p.quiet()
}

// TestStartAnew shows another world when the emulator starts anew, where everything counts from 1 again.
func TestStartAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.ask("alice", w.due)
	p.click("[role=dialog] button", "Reject")
	p.gone("[role=dialog]")
	p.click("button", "Contacts")
	p.click(".row", "Contract Box")

	w.post("/reset", map[string]any{})
	p.until(`document.querySelector(".user-button") === null`)
	p.see(".empty-title", "No users yet")
	due := w.con.Server().MiniProgram().AddTemplate(emulatorTemplate)
	w.con.Server().User("alice")
	p.see(".user-button", "alice")
	w.ask("alice", due)
	p.see(".consent-name", "Payment received")
	p.quiet()
}

// TestCrowd keeps up with many users and a burst of messages.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 300 {
		w.wx.User(fmt.Sprintf("user-%03d", i))
	}
	p := w.open(wide)
	require.Equal(t, 302, read[int](p, `document.querySelector("select[aria-label=User]").options.length`))
	for i := range 400 {
		w.alice.Accept(w.due)
		require.NoError(t, w.remind(fmt.Sprintf("Contract %d", i)))
	}
	p.click(".row", "Service Notifications")
	p.see(".card-line", "Contract 399")
	p.until(`document.querySelectorAll(".card").length === 400`)
	require.Equal(t, 200, read[int](p, `document.querySelectorAll(".entry").length`))
	p.quiet()
}
