package errcode

import "github.com/wechatkit/wechat/internal/outcome"

// Class groups the codes by what the caller does about them. It is an error, so that errors.Is and
// errors.As find it.
type Class uint8

// The classes.
const (
	// Unclassified is the class of a code that this package does not know. errors.Is never matches it. Of a send it
	// says that WeChat did not answer with success, not that the message will not arrive: a code that nobody knows is no
	// permission to take another way to the same user.
	Unclassified Class = iota
	// InvalidToken: the access token is invalid or has expired. The client has already refreshed it once
	// and tried again when this reaches the caller.
	InvalidToken
	// BadCredentials: AppID, AppSecret, signing keys or another setting of the account is wrong. An operator
	// must act.
	BadCredentials
	// IPNotAllowed: the caller's address is not on the account's allow-list (IP白名单), or its administrator
	// has not confirmed it. See [Error.IP].
	IPNotAllowed
	// UserAuthRequired: a login or OAuth code, session key or user token is void. The user must log in or
	// authorise again.
	UserAuthRequired
	// ComponentAuth: a ticket, token or authorisation of a third-party platform (第三方平台) is not in order.
	ComponentAuth
	// RateLimited: too many calls in a second or a minute, or too many messages to one user: [ConcurrentSends] and
	// [TooManyToUser] say nothing about the others.
	RateLimited
	// QuotaExhausted: the allowance of a day, of a month or for good is used up.
	QuotaExhausted
	// InvalidArgument: the request is wrong and stays wrong. The local checks of this module report their
	// findings with this class too, see [FieldError].
	InvalidArgument
	// ContentRejected: the text or media did not pass WeChat's review.
	ContentRejected
	// UserUnreachable: this user cannot or does not want to be reached this way. It is part of normal
	// operation: do not log it as a fault, do not retry it, take another way.
	UserUnreachable
	// NoPermission: the account lacks a right, is of the wrong kind, or is restricted.
	NoPermission
	// ServerBusy: trouble on WeChat's side.
	ServerBusy
	// AlreadyDone: what was asked for had been done before; nothing is wrong.
	AlreadyDone
	// OutcomeOpen: WeChat took the message and has not decided about it, see [HeldForReview]. It is neither sent
	// nor refused: do not send it again, and take no other way to this user with it. It matches wechat.ErrOutcomeUnknown,
	// as does a call without an answer; only after the latter may a message that carries an id be sent again with it.
	OutcomeOpen
)

// Error returns the name of the class in words.
func (c Class) Error() string { return "wechat: " + c.String() }

// Is makes errors.Is(OutcomeOpen, wechat.ErrOutcomeUnknown) true.
func (c Class) Is(target error) bool { return c == OutcomeOpen && target == outcome.ErrUnknown }

// String returns the class in words, such as "invalid argument".
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return classNames[Unclassified]
}

var classNames = [...]string{
	Unclassified:     "unclassified",
	InvalidToken:     "invalid token",
	BadCredentials:   "bad credentials",
	IPNotAllowed:     "IP not allowed",
	UserAuthRequired: "user authorisation required",
	ComponentAuth:    "third-party platform authorisation",
	RateLimited:      "rate limited",
	QuotaExhausted:   "quota exhausted",
	InvalidArgument:  "invalid argument",
	ContentRejected:  "content rejected",
	UserUnreachable:  "user unreachable",
	NoPermission:     "no permission",
	ServerBusy:       "server busy",
	AlreadyDone:      "already done",
	OutcomeOpen:      "outcome open",
}

// Retry says when the same request may succeed.
type Retry uint8

// When to try again.
const (
	RetryNever     Retry = iota // the same request fails again
	RetryRefreshed              // once, after a token refresh; the client does this itself
	RetryBackoff                // after some seconds, a few times
	RetryMinute                 // not before the next minute
	RetryDay                    // tomorrow, or after the quota was cleared
	RetryMonth                  // next month
	RetryUser                   // after the user acted: accepted, followed, wrote, logged in
	RetryOperator               // after somebody changed the account or its settings
)

// String returns the advice in words.
func (r Retry) String() string {
	if int(r) < len(retryNames) {
		return retryNames[r]
	}
	return retryNames[RetryNever]
}

var retryNames = [...]string{
	RetryNever:     "never",
	RetryRefreshed: "once with a new token",
	RetryBackoff:   "after some seconds",
	RetryMinute:    "next minute",
	RetryDay:       "next day",
	RetryMonth:     "next month",
	RetryUser:      "after the user acted",
	RetryOperator:  "after the account was changed",
}
