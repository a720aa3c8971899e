package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// Acceptance is the word by which wx.requestSubscribeMessage says that the user agreed to a template. Whatever the word, it is
// worth the same, and the event that WeChat pushes says "accept".
type Acceptance string

// The known acceptances. Those with a reminder are the choice of users for a long-term template that offers it.
const (
	Accepted              Acceptance = "accept"
	AcceptedWithAudio     Acceptance = "acceptWithAudio"     // with a voice reminder
	AcceptedWithAlert     Acceptance = "acceptWithAlert"     // with a banner
	AcceptedWithForcePush Acceptance = "acceptWithForcePush" // from older clients
)

var acceptances = []string{
	string(Accepted), string(AcceptedWithAudio), string(AcceptedWithAlert), string(AcceptedWithForcePush),
}

// UnmarshalText reads one of the known words; none stands for Accepted.
func (a *Acceptance) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Accepted
		return nil
	}
	if !slices.Contains(acceptances, string(b)) {
		return fmt.Errorf("unknown acceptance %q, want %s", b, strings.Join(acceptances, ", "))
	}
	*a = Acceptance(b)
	return nil
}

// accepts tells whether an answer is one of the acceptances.
func accepts(answer string) bool { return strings.HasPrefix(answer, answerAccept) }

// AcceptAs is [User.Accept] with a reminder that the user has chosen.
func (u *User) AcceptAs(as Acceptance, templateIDs ...string) {
	u.answer(u.s.word(as), false, templateIDs)
}

// AcceptAlwaysAs is [User.AcceptAlways] with a reminder that the user has chosen. It is kept, too.
func (u *User) AcceptAlwaysAs(as Acceptance, templateIDs ...string) {
	u.answer(u.s.word(as), true, templateIDs)
}

func (s *Server) word(as Acceptance) string {
	var known Acceptance
	if err := known.UnmarshalText([]byte(as)); err != nil {
		s.misuse("%v", err)
	}
	return string(known)
}

// SwitchSubscriptions turns the main switch of an account's subscription messages (订阅消息总开关) on this phone off or on. While
// it is off there is no pop-up, which fails with 20004, and sends answer 43101. What was accepted before counts again afterwards.
// Nothing is pushed.
func (u *User) SwitchSubscriptions(a *App, on bool) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.member(a).SubscriptionsOff = !on
}

// BanSubscriptions makes the platform ban the account from subscription messages, or lift the ban: pop-ups fail with 20005, and
// sends answer 43107. See [App.BanTemplate] for a single template.
func (a *App) BanSubscriptions(banned bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.messages.SubscriptionsBanned = banned
}

// barred is why users are not asked for a template at all, nil if they are.
func (m *member) barred(t *template) *PopupError {
	switch {
	case t.Device:
		return &PopupError{20013, "Reject DeviceMsg Template"}
	case m.app.messages.SubscriptionsBanned:
		return &PopupError{20005, "This mini program was banned from subscribing messages"}
	case m.SubscriptionsOff:
		return &PopupError{20004, "The main switch is switched off"}
	}
	return nil
}
