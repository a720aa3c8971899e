package browsertest

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// TestStory is what a developer sees on the first day: consent, a message, a second one that is refused,
// a follower, and a conversation.
func TestStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answerChats("It runs until 1 December. Shall we renew it?")
	p := w.open(wide)

	p.see(".empty", "No messages yet")
	require.ErrorIs(t, w.remind("Fire insurance"), errcode.UserRefused)
	p.see(".entry summary", "43101")

	// The Mini Program asks, and alice allows it.
	p.click("button", "Contacts")
	p.click(".row", "Contract Box")
	p.click("button", "Ask for consent")
	p.see("[role=dialog] h2", "Send you each of these messages once")
	p.see(".consent-name", "Contract due")
	p.picture("consent")
	p.click("[role=dialog] button", "Allow")
	p.gone("[role=dialog]")
	p.see(".consent-state", "1 to send")
	require.Equal(t, 1, w.alice.Grants(w.due))

	// The message appears while she looks on, wherever she is.
	require.NoError(t, w.remind("Fire insurance"))
	p.click(".banner", "Service Notifications")
	p.see(".card-title", "Contract due")
	p.see(".card-line", "Fire insurance")
	require.ErrorIs(t, w.remind("Life insurance"), errcode.UserRefused)
	p.until(`document.querySelectorAll(".is-bad").length === 2`)
	p.click(".entry summary", "43101")
	p.see(".entry[open] .body", `"errcode": 43101`)
	p.see(".entry[open] .entry-target", "access_token=***")
	p.picture("notification")
	p.click("button", "View in Mini Program")
	p.see("code", "pages/contract?id=7")
	p.click("button", "Close")

	// She follows the service account, which writes to her.
	p.click("button", "Back")
	p.click("button", "Close")
	p.click("button", "Contacts")
	p.click(".row", "Contract Care")
	p.click("button", "Follow")
	p.see(".profile-state", "Following")
	require.True(t, w.alice.Follows(w.service))
	w.confirm()
	p.see(".banner", "Contract renewed")
	p.click("button", "Messages")
	p.see(".card-title", "Contract renewed")

	// She asks, and the program answers through the callback.
	p.click("button", "Open the keyboard")
	p.write("Message", "When does my contract end?")
	p.click("button", "Send")
	p.see(".own .bubble", "When does my contract end?")
	p.see(".theirs .bubble", "It runs until 1 December. Shall we renew it?")
	p.click("button", "Open the menu")
	p.click("button", "My contracts")
	p.click(".entry summary", "CLICK")
	p.see(".entry[open] .body", "<EventKey><![CDATA[CONTRACTS]]></EventKey>")
	p.click(".entry[open] summary", "CLICK")
	p.see(".entry summary", "subscribe")
	p.click(".entry[open] summary", "43101")
	p.picture("chat")
	p.quiet()
}

// TestConsentForFive asks for as many templates as one pop-up may show; the page lets nobody tick one more.
func TestConsentForFive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []string{w.due}
	for _, title := range []string{"Second", "Third", "Fourth", "Fifth", "Sixth"} {
		ids = append(ids, w.mini.AddTemplate(emulator.Template{Title: title, Keywords: []string{"thing1"}}))
	}
	p := w.open(wide)
	p.click("button", "Contacts")
	p.click(".row", "Contract Box")
	for _, title := range []string{"Second", "Third", "Fourth", "Fifth"} {
		p.click(".template-title", title)
	}
	p.until(`document.querySelectorAll(".mini input:checked").length === 5 && document.querySelectorAll(".mini input:disabled").length === 1`)
	p.click("button", "Ask for consent")
	p.see(".consent-name", "Contract due")
	p.see(".consent-name", "Fifth")
	p.click("[role=dialog] button", "Allow")
	p.gone("[role=dialog]")
	for i, id := range ids {
		require.Equal(t, map[bool]int{true: 1}[i < 5], w.alice.Grants(id))
	}
	p.quiet()
}

// TestReminderAndSwitches agrees with a voice reminder, turns the main switch off and has the platform ban the account.
func TestReminderAndSwitches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bill := w.mini.AddTemplate(emulator.Template{Title: "Bill", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	leak := w.mini.AddTemplate(emulator.Template{Title: "Leak", Keywords: []string{"thing1"}, Type: emulator.LongTerm, Device: true})
	p := w.open(wide)
	consents := func() []emulator.ConsentState { return w.alice.State().Accounts[0].Consents }

	w.ask("alice", w.due)
	p.see(".consent-name", "Contract due")
	p.gone(".consent-reminder") // one-time templates have none
	p.click("[role=dialog] button", "Reject")
	p.gone("[role=dialog]")
	w.ask("alice", bill)
	p.see(".consent-reminder", "Reminder")
	read[bool](p, `(document.querySelector("#consent-reminder").value = "acceptWithAudio", true)`)
	p.click(".consent-keep", "Always keep the above choices")
	p.click("[role=dialog] button", "Allow")
	p.gone("[role=dialog]")
	p.click("button", "Me")
	p.see(".weui-cell__desc", "Always allow, with voice")
	kept := map[string]string{}
	for _, c := range consents() {
		kept[c.TemplateID] = c.Kept
	}
	require.Equal(t, map[string]string{w.due: "", bill: "acceptWithAudio"}, kept)

	p.see(".weui-cell__desc", "Main switch")

	// The main switch: no pop-up, no message, and all is as before once it is on again.
	p.click("input", "Receive subscription messages of Contract Box")
	p.until(`!document.querySelector("input[aria-label='Receive subscription messages of Contract Box']").checked`)
	p.see(".weui-cell__desc", "Switched off as a whole")
	require.True(t, w.alice.State().Accounts[0].SubscriptionsOff)
	p.click("button", "Contacts")
	p.click(".row", "Contract Box")
	p.click("button", "Ask for consent")
	p.told("20004")
	p.gone(".toast")
	w.alice.SwitchSubscriptions(w.mini, true)

	// The ban and the template of a device.
	p.click("button", "Ban from subscription messages")
	p.until(`document.querySelector(".ban").getAttribute("aria-pressed") === "true"`)
	require.True(t, w.mini.State().SubscriptionsBanned)
	p.click("button", "Ask for consent")
	p.told("20005")
	p.gone(".toast")
	p.click("button", "Ban from subscription messages")
	p.until(`document.querySelector(".ban").getAttribute("aria-pressed") === "false"`)
	require.False(t, w.service.State().SubscriptionsBanned)
	p.see(".weui-cell__desc", "Of a device")
	p.click(".template-title", "Contract due")
	p.click(".template-title", "Leak")
	p.click("button", "Ask for consent")
	p.told("20013")
	require.Zero(t, w.alice.Grants(leak))
	p.quietBut("409 (Conflict)")
}

// TestConsentElsewhere lets a program ask, as a developer's own Mini Program does, and keeps the answer.
func TestConsentElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, inChinese)
	p := w.open(narrow)

	w.ask("alice", w.due)
	p.see(".consent-name", w.in.due)
	p.click("button", "查看示例: "+w.in.due)
	p.see(".consent-example", w.in.note)
	p.picture("narrow")
	p.click(".consent-keep", "总是保持以上选择，不再询问")
	p.click("[role=dialog] button", "拒绝")
	p.gone("[role=dialog]")
	p.click("button", "我")
	p.see(".weui-cell__desc", "总是拒绝")
	require.Zero(t, w.alice.Grants(w.due))

	// A question that was answered before does not come up again.
	require.Equal(t, "answered", w.ask("alice", w.due))
	p.gone("[role=dialog]")

	// A question to another user waits on their phone, and closes when it is answered elsewhere.
	w.ask("bob", w.due)
	p.click(".user-button", "bob")
	p.see(".consent-name", w.in.due)
	w.post("/asks/3/answer", map[string]any{"accept": []string{w.due}})
	p.gone("[role=dialog]")
	require.Equal(t, 1, w.wx.User("bob").Grants(w.due))
	p.quiet()
}

// TestCustomerService talks with a Mini Program's customer service, which types before it answers.
func TestCustomerService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	p.click("button", "Contacts")
	p.click(".row", "Contract Box")
	p.click(".weui-cell", "Customer service")
	p.see(".chat-kind", "Customer service")
	p.write("Message", "Hello?")
	p.keys(kb.Enter)
	p.see(".own .bubble", "Hello?")

	agent := customerservice.New(w.clients[w.mini])
	require.NoError(t, agent.Typing(t.Context(), w.alice.OpenID(w.mini)))
	p.see("h2", "Typing…")
	w.say(w.mini, "Hi alice, how can I help?")
	p.see("h2", "Contract Box")
	p.see(".theirs .bubble", "Hi alice, how can I help?")

	// A picture of her own, which the page shows from the emulator's media.
	require.NoError(t, chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{smallPicture(t)})))
	p.until(`document.querySelector(".own img")?.naturalWidth === 32`)
	p.quiet()
}

// TestRefusal shows why something cannot be done, where it was tried.
func TestRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	p.click("button", "Discover")
	p.write("Link", "https://wxaurl.cn/nothing")
	p.click("button", "Open")
	p.told("The link is unknown or has expired")
	p.click("button", "Scan")
	p.write("Content of the code", "nonsense")
	p.click("form button", "Scan")
	p.told("no such code")
	p.quietBut("409 (Conflict)")
}

// smallPicture writes a PNG of 32 by 32.
func smallPicture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 32, 32))))
	name := filepath.Join(t.TempDir(), "small.png")
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	return name
}
