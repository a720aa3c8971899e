package browsertest

import (
	"testing"

	"github.com/stretchr/testify/require"

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
	p.see("[role=dialog] h3", "Send you each of these messages once")
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
	p.see(".entry summary", "CLICK")
	p.see(".entry summary", "subscribe")
	p.picture("chat")
	p.quiet()
}

// TestConsentElsewhere lets a program ask, as a developer's own Mini Program does, and keeps the answer.
func TestConsentElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(narrow)

	w.ask("alice", w.due)
	p.see(".consent-name", "Contract due")
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
	p.see(".consent-name", "Contract due")
	w.post("/asks/3/answer", map[string]any{"accept": []string{w.due}})
	p.gone("[role=dialog]")
	require.Equal(t, 1, w.wx.User("bob").Grants(w.due))
	p.quiet()
}
