package notify

import (
	"errors"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// verdictOn is what an answer to a send means for what comes next.
type verdictOn struct {
	state  State // of the attempt: Accepted, Refused, Failed, retried or Unknown
	reason string
	wait   time.Duration // before another try, for retried
	pause  bool          // the whole account has to wait, not this message alone
}

const (
	firstRetry   = 5 * time.Second
	longestRetry = 30 * time.Minute
	crowded      = 2 * time.Second // 43108: another message to this user is under way
)

// judge reads the error of a send. tries counts the attempts so far.
func judge(err error, tries int) verdictOn {
	if err == nil {
		return verdictOn{state: Accepted}
	}
	v := verdictOn{reason: reasonOf(err)}
	backoff := min(firstRetry<<min(tries, 12), longestRetry)
	var code *errcode.Error
	switch {
	case errors.Is(err, wechat.ErrOutcomeUnknown):
		v.state = Unknown
	case errors.Is(err, errcode.ConcurrentSends):
		v.state, v.wait = retried, crowded
	case errors.Is(err, errcode.RateLimited):
		v.state, v.wait, v.pause = retried, time.Minute, true
	case errors.Is(err, errcode.UserUnreachable), errors.Is(err, ErrUnreachable):
		v.state = Refused
	case errors.Is(err, errcode.InvalidArgument), errors.Is(err, errcode.ContentRejected),
		errors.Is(err, errcode.NoPermission), errors.Is(err, errcode.QuotaExhausted):
		v.state = Failed
	case errors.As(err, &code) && code.Class == errcode.Unclassified:
		v.state = Failed // WeChat said no, in words that nobody knows: the next door is better than waiting
	default: // no connection, a busy WeChat, credentials that an operator has to mend
		v.state, v.wait = retried, backoff
	}
	return v
}

// reasonOf is what the history says about an error: it must hold no OpenID and no text, which errors of the
// SDK do not, and those of a program's own doors may.
func reasonOf(err error) string {
	var code *errcode.Error
	var field *errcode.FieldError
	var transport *wechat.TransportError
	switch {
	case errors.As(err, &code):
		return code.Error()
	case errors.As(err, &field):
		return field.Error()
	case errors.Is(err, wechat.ErrOutcomeUnknown):
		return "no answer: it may have gone out"
	case errors.As(err, &transport):
		return "no connection"
	case errors.Is(err, ErrUnreachable):
		return "not reachable this way"
	}
	return "the door failed"
}
