package callback

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// claimSlack is added to AnswerWithin for the lease of a claim: when it is over, the process is dead.
	claimSlack = 1500 * time.Millisecond
	// retriesEnd is the age of a signature after which no retry of WeChat's can have it: three times five seconds,
	// and plenty for the network and the clocks. A duplicate that is older was recorded and replayed.
	retriesEnd = time.Minute
	// pollEvery is how often a duplicate looks whether the first one is done.
	pollEvery = 100 * time.Millisecond
)

// process makes sure that the push runs once, and returns the reply in clear, nil for "success".
func (h *Handler) process(r *http.Request, in *opened, deadline time.Time) ([]byte, error) {
	values, err := h.values(r)
	if err != nil {
		return nil, err
	}
	owner := h.owner + strconv.FormatUint(h.runs.Add(1), 36)
	claim := h.claim(r, in, owner, deadline)
	switch claim.State {
	case Done:
		if in.age > retriesEnd {
			return nil, ErrReplay
		}
		h.tell(r, in, ErrDuplicate, http.StatusOK)
		return claim.Answer, nil
	case Running:
		return nil, ErrBusy
	}
	if err := h.running.begin(); err != nil {
		h.release(r, in, owner)
		return nil, err
	}
	if event, ok := in.push.(result); ok && event.hollow() {
		h.tell(r, in, ErrNoResult, 0)
	}
	job := h.start(&handlerContext{Context: h.base, values: values, raw: in.message}, in)
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case out := <-job.result:
		return h.settle(r, in, owner, out)
	case <-timer.C:
	}
	if !job.answered.CompareAndSwap(false, true) {
		return h.settle(r, in, owner, <-job.result) // it was done at the same moment
	}
	h.finish(r, in, nil) // before the answer: once WeChat has it, there will be no retry
	return nil, nil
}

// claim asks for the push until it is ours, has run, or the time is over.
func (h *Handler) claim(r *http.Request, in *opened, owner string, deadline time.Time) Claim {
	lease := h.cfg.AnswerWithin + claimSlack
	for {
		claim, err := h.pushes.begin(r.Context(), in.id, owner, lease)
		if err != nil {
			h.tell(r, in, err, 0)
		}
		left := time.Until(deadline)
		if claim.State != Running || left <= 0 {
			return claim
		}
		timer := time.NewTimer(min(pollEvery, left))
		select {
		case <-timer.C:
		case <-r.Context().Done(): // the sender has gone
			timer.Stop()
			return claim
		}
	}
}

// settle turns the outcome of a handler that was in time into an answer.
func (h *Handler) settle(r *http.Request, in *opened, owner string, out outcome) ([]byte, error) {
	if out.err != nil && !errors.Is(out.err, ErrReply) {
		h.release(r, in, owner)
		return nil, out.err
	}
	if out.err != nil {
		h.tell(r, in, out.err, http.StatusOK)
	}
	h.finish(r, in, out.answer)
	return out.answer, nil
}

func (h *Handler) finish(r *http.Request, in *opened, answer []byte) {
	if err := h.pushes.finish(r.Context(), in.id, answer, h.memory()); err != nil {
		h.tell(r, in, err, 0)
	}
}

func (h *Handler) release(r *http.Request, in *opened, owner string) {
	if err := h.pushes.release(r.Context(), in.id, owner); err != nil {
		h.tell(r, in, err, 0)
	}
}

// tell reports something about a push that is not refused.
func (h *Handler) tell(r *http.Request, in *opened, err error, status int) {
	h.report(r.Context(), Report{Err: err, Status: status, RemoteAddr: r.RemoteAddr}.describe(in.push), err)
}

// job is one run of a handler on a goroutine of its own.
type job struct {
	answered atomic.Bool  // whoever sets it decides: the handler that it was in time, or the request that it was not
	result   chan outcome // buffered
}

// outcome is what a handler left behind.
type outcome struct {
	reply  Reply
	answer []byte // the reply in clear, nil for none
	err    error
}

// values returns the context that a handler's ctx asks for values.
func (h *Handler) values(r *http.Request) (ctx context.Context, err error) {
	if h.cfg.Values == nil {
		return r.Context(), nil
	}
	guard(func() { ctx = h.cfg.Values(r.Context()) }, func(failed error) { err = failed })
	if ctx == nil {
		ctx = context.Background()
	}
	return ctx, err
}

func (h *Handler) start(ctx context.Context, in *opened) *job {
	j := &job{result: make(chan outcome, 1)}
	go func() {
		defer h.running.end()
		var out outcome
		defer func() { // deferred, for a handler may end the goroutine
			if j.answered.CompareAndSwap(false, true) {
				j.result <- out
				return
			}
			h.late(ctx, in, out)
		}()
		h.call(ctx, in, &out)
	}()
	return j
}

// call runs the routes and makes the reply ready to send, and contains whatever goes wrong on the way.
func (h *Handler) call(ctx context.Context, in *opened, out *outcome) {
	guard(func() {
		reply, err := h.routes.Load().chain(ctx, in.push)
		if err != nil {
			out.err = tagged(ErrHandler, err)
			return
		}
		answer, err := in.encode(reply, h.cfg.Now())
		if err != nil {
			out.err = tagged(ErrReply, err)
			return
		}
		out.reply, out.answer = reply, answer
	}, func(err error) { out.err = err })
}

// late deals with a handler that returned after the answer.
func (h *Handler) late(ctx context.Context, in *opened, out outcome) {
	if out.err == nil && out.reply == nil {
		return
	}
	err := out.err
	if err == nil {
		err = ErrLate
		if h.cfg.Late != nil {
			guard(func() { h.cfg.Late(ctx, in.push, out.reply) }, func(failed error) { err = failed })
		}
	}
	h.report(ctx, Report{Err: err}.describe(in.push), err)
}

// panicError is what guard makes of a panic. Its text does not show the value, which may hold anything.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string {
	if p.value == nil {
		return ErrPanic.Error() + ": it ended its goroutine"
	}
	return fmt.Sprintf("%v: %T", ErrPanic, p.value)
}

// Is makes a panicError an ErrPanic.
func (p *panicError) Is(target error) bool { return target == ErrPanic }

func asPanic(err error, p **panicError) bool { return errors.As(err, p) }

// guard calls fn and tells failed what it did instead of returning. If fn ended the goroutine (runtime.Goexit, as
// t.FailNow does), guard does not return either: only the deferred calls above it still run.
func guard(fn func(), failed func(error)) {
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		failed(&panicError{value: value, stack: debug.Stack()})
	}()
	fn()
	returned = true
}
