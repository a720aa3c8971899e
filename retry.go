package wechat

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/token"
)

// RetryPolicy says how calls are repeated. The zero value has the defaults. A token that WeChat rejected is
// replaced, and the call repeated once with a new one, whatever the policy.
//
// Over HTTP/2 a stream that was refused, or ended by a GOAWAY below it, was not processed and is an attempt like a failed
// dial; any other end without an answer leaves the outcome open. net/http repeats neither by itself; what it does repeat
// is a GET whose idle HTTP/1 connection turns out to be closed.
type RetryPolicy struct {
	// Attempts bounds the requests of one call; 1 repeats nothing. Defaults to 3.
	Attempts int
	// MinWait is the pause before the first repetition; it doubles each time up to MaxWait, and each
	// pause is cut by up to half at random. Default to 200 milliseconds and 5 seconds.
	MinWait, MaxWait time.Duration
	// DisableBusyRetry gives up when WeChat answers −1 (busy) to a message or another call with an effect. WeChat's
	// own advice is to try again, and that is the default; whether such a message was ever delivered all
	// the same is not documented.
	DisableBusyRetry bool
	// DisableQuotaWait gives up on 45011 (minute quota), and on the [Call.Unready] of a call. The default waits for the next
	// minute if the call's context has a deadline and that leaves the time.
	DisableQuotaWait bool
}

func (p RetryPolicy) check() error {
	switch {
	case p.Attempts < 0:
		return fieldErrorf("WithRetry", "Attempts: %d is negative", p.Attempts)
	case p.MinWait < 0:
		return fieldErrorf("WithRetry", "MinWait: %v is negative", p.MinWait)
	case p.MaxWait < 0:
		return fieldErrorf("WithRetry", "MaxWait: %v is negative", p.MaxWait)
	case p.MaxWait > 0 && p.MinWait > p.MaxWait:
		return fieldErrorf("WithRetry", "MinWait: %v is over MaxWait %v", p.MinWait, p.MaxWait)
	}
	return nil
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.Attempts == 0 {
		p.Attempts = 3
	}
	if p.MinWait == 0 {
		p.MinWait = 200 * time.Millisecond
	}
	if p.MaxWait == 0 {
		p.MaxWait = max(5*time.Second, p.MinWait)
	}
	return p
}

// backoff returns the pause after the given number of repetitions.
func (p RetryPolicy) backoff(repeats int) time.Duration {
	wait := min(p.MinWait<<min(repeats, 16), p.MaxWait)
	return wait/2 + rand.N(wait/2+1)
}

// notSentError is a failure before any request: no token, no turn at the rate limit.
type notSentError struct{ error }

func notSent(err error) error        { return notSentError{err} }
func (e notSentError) Unwrap() error { return e.error }

// mayHaveArrived reports whether WeChat may have carried out the request that failed with err.
func mayHaveArrived(err error) bool {
	var unsent notSentError
	var local *rest.LocalError
	var refused *errcode.Error
	var transport *TransportError
	var answer *ResponseError
	switch {
	case errors.As(err, &unsent), errors.As(err, &local), errors.As(err, &refused):
		return false
	case errors.As(err, &transport):
		return transport.Sent
	case errors.As(err, &answer):
		return answer.Status < 300 || answer.Status > 499 // what is refused as a request was not carried out
	}
	return true
}

// again decides whether to make another attempt after err, and waits until it is due.
func (r *run) again(ctx context.Context, err error) bool {
	if ctx.Err() != nil || r.isLocal(err) || r.fileSpent(err) {
		return false
	}
	var refused *errcode.Error
	if errors.As(err, &refused) {
		return r.againAfter(ctx, refused)
	}
	if (mayHaveArrived(err) && !r.repeatable()) || r.isFinalAnswer(err) {
		return false
	}
	return r.pause(ctx, err, r.client.retry.backoff(r.repeats))
}

// isLocal reports whether err arose on this side, where another request does not help.
func (r *run) isLocal(err error) bool {
	var unsent notSentError
	var local *rest.LocalError
	return errors.As(err, &unsent) || errors.As(err, &local)
}

// fileSpent reports whether the request that failed with err took from a file that can be read only once.
func (r *run) fileSpent(err error) bool {
	if r.call.Upload == nil || !r.call.Upload.Once {
		return false
	}
	var refused *errcode.Error
	return errors.As(err, &refused) || mayHaveArrived(err)
}

// repeatable reports whether a second request does no harm.
func (r *run) repeatable() bool {
	return r.call.Effect == ReadOnly || r.call.Effect == Idempotent
}

// isFinalAnswer reports whether err is an answer that asking again does not change.
func (r *run) isFinalAnswer(err error) bool {
	var answer *ResponseError
	return errors.As(err, &answer) && answer.Status >= 300 && answer.Status < 500 || errors.Is(err, ErrUnverified)
}

// againAfter decides by WeChat's errcode.
func (r *run) againAfter(ctx context.Context, refused *errcode.Error) bool {
	policy := &r.client.retry
	switch {
	case r.rejectsToken(refused):
		return r.renew(ctx)
	case refused.Code == errcode.SystemBusy && r.call.Effect != SingleUse:
		if policy.DisableBusyRetry && r.call.Effect == NonIdempotent {
			return false
		}
		return r.pause(ctx, refused, policy.backoff(r.repeats))
	case r.waitsForMinute(refused.Code) && !policy.DisableQuotaWait:
		return r.pause(ctx, refused, time.Minute+rand.N(time.Second))
	}
	return false
}

// rejectsToken reports whether WeChat did not take the token. In the calls of a third-party platform the class is that of other
// trouble with its authorisation, too, and only the code tells.
func (r *run) rejectsToken(refused *errcode.Error) bool {
	if !strings.HasPrefix(r.call.Path, "/cgi-bin/component/") {
		return refused.Class == errcode.InvalidToken
	}
	return slices.Contains([]errcode.Code{
		errcode.InvalidCredential, errcode.InvalidAccessToken, errcode.AccessTokenExpired, errcode.ComponentTokenExpired,
	}, refused.Code)
}

// waitsForMinute reports whether the next minute may bring another answer than code.
func (r *run) waitsForMinute(code errcode.Code) bool {
	return code == errcode.MinuteQuotaReached || code == r.call.Unready
}

// renew replaces the token that was rejected, once for each call. A replacement that is older than the attempt
// that was rejected (a process that missed one token finds the next in the store) may have been revoked
// meanwhile, too, and does not count.
func (r *run) renew(ctx context.Context) bool {
	renewer, ok := r.client.keys().tokens.(token.Renewer)
	if r.renewed && !r.earlier || !ok || r.call.Auth != AuthToken {
		return false
	}
	t, err := renewer.Renew(ctx, token.Secret(r.req.Token))
	if err != nil {
		r.renewal = rest.Hide(err, append(slices.Clip(r.client.keys().redact), r.req.Token)) // it knows nothing else
		return false
	}
	r.earlier = !r.renewed && t.Issued.Before(r.started) && !t.Issued.IsZero()
	r.renewed = true
	r.req.Token = t.Value.Reveal()
	return true
}

// pause waits before the next attempt, if there is one left and time for it.
func (r *run) pause(ctx context.Context, err error, wait time.Duration) bool {
	r.repeats++
	if r.repeats >= r.client.retry.Attempts || !leavesTime(ctx, wait) {
		return false
	}
	r.client.log.LogAttrs(ctx, slog.LevelWarn, "wechat: trying again",
		slog.String("op", r.call.Op), slog.Int("attempt", r.attempt), slog.Duration("wait", wait),
		slog.String("err", err.Error()))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func leavesTime(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}
