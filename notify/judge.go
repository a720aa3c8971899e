package notify

import (
	"errors"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// verdictOn is what an answer to a send means for what comes next.
type verdictOn struct {
	state  State // of the attempt: Accepted, Refused, Failed, retried, deferred or Unknown
	reason string
	wait   time.Duration // before another try; for Unknown, before a repetition where the door recognises one
	pause  bool          // the whole account has to wait, not this message alone
	slow   bool          // all messages to this user by this door have to wait
	jitter bool          // wait is to be cut by chance
}

// CodeMeaning is what a program knows about an errcode that package errcode does not know, see
// [Config.UnknownCode].
type CodeMeaning uint8

// The meanings.
const (
	// MayArrive: the message may arrive all the same. The lead ends as [Unknown]; no other door is taken.
	MayArrive CodeMeaning = iota
	// NotDelivered: the message did not go out and never will. The next door is taken.
	NotDelivered
	// TryLater: nothing went out. The same door is tried again, with growing pauses.
	TryLater
)

// heldReason begins the reason of a lead whose message is held for review. It is stored, and looked for.
const heldReason = "held for review, the outcome is open: "

const (
	firstRetry   = 5 * time.Second
	longestRetry = 30 * time.Minute
	crowded      = 2 * time.Second // 43108: another message to this user is under way
	settleAgain  = 3 * time.Second // before a message without an answer is sent again with the same id
	ratePause    = time.Minute     // 45011
	userAgain    = 5 * time.Minute // 43117: WeChat tells no limit for one user
)

// judge reads the error of a send. tries counts the attempts so far; unknown says what codes mean that errcode
// does not know.
//
// It may open another door only where the message certainly did not go out and never will.
func judge(err error, tries int, unknown func(*errcode.Error) CodeMeaning) verdictOn {
	if err == nil {
		return verdictOn{state: Accepted}
	}
	v := verdictOn{reason: cleanText(reasonOf(err))}
	var code *errcode.Error
	switch {
	case errors.Is(err, errcode.OutcomeOpen):
		v.state, v.reason = Accepted, heldReason+v.reason
	case errors.Is(err, errcode.DuplicateMessage) && !errors.Is(err, wechat.ErrOutcomeUnknown):
		v.state = Unknown // of which message, WeChat does not say; it is not repeated
	case errors.Is(err, errcode.DuplicateMessage), errors.Is(err, errcode.AlreadyDone): // WeChat has the one before
		return verdictOn{state: Accepted}
	case errors.Is(err, wechat.ErrOutcomeUnknown):
		v.state, v.wait = Unknown, doubling(settleAgain, tries)
	case errors.Is(err, errcode.ConcurrentSends):
		v.state, v.wait = retried, crowded
	case errors.Is(err, errcode.TooManyToUser):
		v.state, v.wait, v.slow = retried, doubling(userAgain, tries), true
	case errors.Is(err, errcode.RateLimited):
		v.state, v.wait, v.pause = retried, ratePause, true
	case errors.Is(err, errcode.QuotaExhausted):
		v.state, v.wait = deferred, quotaAgain // less where the quota's day ends before
	case errors.Is(err, errcode.UserUnreachable), errors.Is(err, ErrUnreachable):
		v.state = Refused
	case errors.Is(err, errcode.InvalidArgument), errors.Is(err, errcode.ContentRejected),
		errors.Is(err, errcode.NoPermission):
		v.state = Failed
	case errors.As(err, &code) && code.Class == errcode.Unclassified:
		v = v.meant(unknown(code), tries)
	case errors.As(err, &code), errors.Is(err, ErrNotSent):
		v.state, v.wait, v.jitter = retried, backoff(tries), true // no connection, a busy WeChat, credentials to be mended
	default:
		v.state, v.wait = Unknown, doubling(settleAgain, tries)
	}
	return v
}

// meant is the verdict on a code that errcode does not know.
func (v verdictOn) meant(m CodeMeaning, tries int) verdictOn {
	switch m {
	case NotDelivered:
		v.state = Failed
	case TryLater:
		v.state, v.wait, v.jitter = retried, backoff(tries), true
	default:
		v.state = Unknown
	}
	return v
}

// repeated is the verdict on an answer to a message that was sent again with the same id, for nobody knew
// whether it went out the first time. That the user cannot be reached, or that WeChat knows the content to be
// wrong, was so the first time too; any other refusal is of the repetition alone.
func (v verdictOn) repeated(err error) verdictOn {
	var code *errcode.Error
	switch {
	case errors.Is(err, errcode.DuplicateMessage):
		return verdictOn{state: Accepted} // the first one arrived
	case v.state == retried, v.state == deferred:
		v.state = Unknown
	case v.state == Failed && (!errors.As(err, &code) || code.Class == errcode.Unclassified):
		v.state, v.wait = Unknown, 0
	}
	return v
}

// backoff is the pause after so many tries.
func backoff(tries int) time.Duration { return doubling(firstRetry, tries) }

func doubling(first time.Duration, tries int) time.Duration {
	return min(first<<min(tries-1, 12), longestRetry)
}

// reasonOf is what the history says about an error: it must hold no OpenID and no text, which errors of the
// program's own doors may.
func reasonOf(err error) string {
	var code *errcode.Error
	var field *errcode.FieldError
	var transport *wechat.TransportError
	switch {
	case errors.As(err, &code):
		return storable(code.Error())
	case errors.As(err, &field):
		return storable(field.Error())
	case errors.Is(err, wechat.ErrOutcomeUnknown):
		return "no answer: it may have gone out"
	case errors.As(err, &transport):
		return "no connection"
	case errors.Is(err, ErrUnreachable):
		return "not reachable this way"
	case errors.Is(err, ErrNotSent):
		return "not sent"
	}
	return "the door failed: it may have gone out"
}

// storable drops what not every database takes: the outcome of a send must not be lost over its reason.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
