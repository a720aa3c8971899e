package notify

import (
	"context"
	"errors"
	"time"
)

// Door is one way to reach a user. Those of WeChat are [NewTemplateDoor], [NewSubscribeDoor] and
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
	// Send sends one message and returns the id that a later event will name, 0 if there is none.
	//
	// An error that matches [wechat.ErrOutcomeUnknown] says that the message may have gone out: it is not
	// sent again, by this door or another. Any other error promises that nothing went out. One of the class
	// [errcode.UserUnreachable], or one that matches [ErrUnreachable], passes on to the next door; so do
	// errors in the content. What may pass is tried again later.
	Send(ctx context.Context, m *Message) (msgID int64, err error)
	// Repeatable is how long after a first try a Message with the same ID is delivered once only, however
	// often it is sent. 0 for a door that does not recognise repetitions.
	Repeatable() time.Duration
}

// ErrUnreachable is for doors of the program's own: this user cannot be reached this way, take the next.
var ErrUnreachable = errors.New("notify: user cannot be reached this way")

// Message is what a door sends.
type Message struct {
	ID      string // 26 letters and digits, the same whenever this message is sent again
	User    string // the program's own id of the user
	OpenID  string // of the user in the door's account, "" for a door without
	Key     string // of the reminder
	Due     time.Time
	Lead    Lead
	Content Content
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
}

// Content is what a reminder says, in the form of each door. A door without content is passed over.
type Content struct {
	Template  *TemplateContent  `json:"template,omitempty"`
	Subscribe *SubscribeContent `json:"subscribe,omitempty"`
	Reply     string            `json:"reply,omitempty"` // the text of a customer-service message
	Other     map[string]string `json:"other,omitempty"` // for doors of the program's own, by their names
}

// TemplateContent is the content of a template message (模板消息).
type TemplateContent struct {
	TemplateID string            `json:"templateId"`
	Data       map[string]string `json:"data"`
	URL        string            `json:"url,omitempty"`
	// AppID and Page name the page of a Mini Program that the card opens in place of URL.
	AppID string `json:"appId,omitempty"`
	Page  string `json:"page,omitempty"`
}

// SubscribeContent is the content of a subscription message (订阅消息).
type SubscribeContent struct {
	TemplateID string            `json:"templateId"`
	Data       map[string]string `json:"data"`
	Page       string            `json:"page,omitempty"`
}

func closed(reason string) Verdict { return Verdict{Reason: reason} }
