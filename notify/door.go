package notify

import (
	"context"
	"errors"
	"time"
)

// Door is one way to reach a user. Those of WeChat are [NewTemplateDoor], [NewSubscribeDoor], [NewCardDoor] and
// [NewReplyDoor]; a program adds its own, such as SMS or e-mail, by implementing the interface.
//
// The methods are called from many goroutines at the same time.
type Door interface {
	// Name tells the doors apart, in the history and in Content.Other. It must not change, for it is stored.
	Name() string
	// AppID is the account whose OpenID the door needs and whose rate limit counts; "" for a door outside
	// of WeChat.
	AppID() string
	// Check looks at what is known of the user, without any call, and says whether the door is open.
	Check(r *Reach, c *Content) Verdict
	// Send sends one message and returns the id that a later event of WeChat's will name, 0 if there is none.
	//
	// An error says what became of the message. One that matches [ErrUnreachable], or a code of the class
	// [errcode.UserUnreachable], passes on to the next door; so does an [errcode.FieldError] about the
	// content. A code that package errcode does not know is no permission for the next door: see
	// [Config.UnknownCode]. One that matches [ErrNotSent] promises that nothing went out, and the same is tried later. After
	// any other error, a timeout for instance, the message may have gone out: it is not sent again, by this
	// door or another, but ends as [Unknown], unless the door is Repeatable.
	//
	// ctx ends with [Config.SendTimeout]. Errors go to [Config.Logger] as they are: keep addresses and texts
	// out of them.
	Send(ctx context.Context, m *Message) (msgID int64, err error)
	// Repeatable is how long after a first try a Message with the same ID is delivered once only, however
	// often it is sent. 0 for a door that does not recognise repetitions.
	Repeatable() time.Duration
}

// ContentChecker is for doors that can tell without knowing the user that they could never send a content, so
// that [Notifier.Plan] reports it when the reminder is planned and not when it is too late. A content that has
// nothing for the door is in order. WeChat's doors check the keywords of templates, unless their client was made
// [wechat.WithoutChecks].
type ContentChecker interface {
	CheckContent(c *Content) error
}

// Named gives a door another name, for programs that have two of a kind, such as the customer-service chats of a
// Mini Program and of a service account.
func Named(name string, d Door) Door { return namedDoor{d, name} }

type namedDoor struct {
	Door
	name string
}

func (d namedDoor) Name() string { return d.name }

func (d namedDoor) CheckContent(c *Content) error { return checkContent(d.Door, c) }

func checkContent(d Door, c *Content) error {
	if checker, ok := d.(ContentChecker); ok {
		return checker.CheckContent(c)
	}
	return nil
}

// What doors of the program's own tell of a message that did not go out.
var (
	// ErrUnreachable: this user cannot be reached this way, take the next.
	ErrUnreachable = errors.New("notify: user cannot be reached this way")
	// ErrNotSent: nothing went out, try again later, as after a refused connection.
	ErrNotSent = errors.New("notify: not sent")
)

// Message is what a door sends.
type Message struct {
	ID      string // 26 letters and digits, the same whenever this lead is sent through this door
	User    string // the program's own id of the user
	OpenID  string // of the user in the door's account, "" for a door without
	Key     string // of the reminder
	Due     time.Time
	Lead    Lead
	Content Content
	// Card is what the door's Verdict said of it; of a message that is sent again, with Before unknown.
	Card *CardChange
}

// Verdict is a door's answer to whether it is open.
type Verdict struct {
	Open   bool
	Reason string // in a few words, for the history; without OpenIDs
	// Consent names the template of which the message uses up one consent, "" for none. The consent is
	// taken in the same transaction, so that no two workers take the same.
	Consent string
	// Reply tells that the message uses up one of the window's customer-service messages.
	Reply bool
	// Card, unless nil, tells that the message changes a service card of the ledger: the card has the new state unless
	// the message certainly did not go out.
	Card *CardChange
}

func closed(reason string) Verdict { return Verdict{Reason: reason} }
