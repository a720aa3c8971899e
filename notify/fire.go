package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

const (
	// leaseMargin is what a process may take beyond SendTimeout to record an outcome.
	leaseMargin = 2 * time.Second
	// recordTimeout is how long a process that is told to end still tries to record an outcome, and how long one
	// attempt may take. A process that lives goes on: what it knows nobody else does.
	recordTimeout     = 30 * time.Second
	firstRecordPause  = 200 * time.Millisecond
	longestRecordWait = 5 * time.Second
)

// shipment is one send that is committed to.
type shipment struct {
	door   Door
	intent intent
	msg    Message
	again  bool  // it may have gone out before
	probe  bool  // it asks whether a quota is there again
	msgID  int64 // of the answer
	err    error // of the answer
}

// tell says what happened to the program and its operators.
func (n *Notifier) tell(ctx context.Context, a *action, key string) {
	for _, e := range a.events {
		n.cfg.Observer(ctx, e)
	}
	if len(a.wants) > 0 {
		n.sayLeft(a.wants, key)
	}
}

// callCompose calls the program's own Compose. After a failure the lead is planned again.
func (n *Notifier) callCompose(ctx context.Context, r *Reminder, l Lead) (c *Content, failed bool) {
	content, err := n.composed(ctx, r, l)
	if err != nil {
		n.cfg.Logger.Error("notify: Compose failed", "reminder", r.Key, "error", err)
		return nil, true
	}
	return &content, false
}

func (n *Notifier) composed(ctx context.Context, r *Reminder, l Lead) (c Content, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, n.cfg.SendTimeout)
	defer cancel()
	if c, err = n.cfg.Compose(ctx, r, l); err == nil {
		err = c.checkTexts()
	}
	return c, err
}

// ship sends, unless a pause was asked for since that was committed to.
func (n *Notifier) ship(ctx context.Context, s *shipment) {
	who := s.intent.who
	if n.limits.pausedFor(who.appID, s.intent.door) > 0 {
		s.err = errHeld
		return
	}
	n.send(ctx, s)
	if errors.Is(s.err, errcode.RateLimited) {
		n.limits.pauseHere(who.appID, s.intent.door, ratePause)
	}
}

// send makes the call, as long as the lease lasts.
func (n *Notifier) send(ctx context.Context, s *shipment) {
	ctx, cancel := context.WithTimeout(ctx, fromUnix(s.intent.leaseUntil).Sub(n.clock.now())-leaseMargin)
	defer cancel()
	if s.err = ctx.Err(); s.err != nil {
		s.err = fmt.Errorf("%w: %w", ErrNotSent, s.err)
		return
	}
	answers := make(chan answer, 1)
	go func() { answers <- call(ctx, s.door, s.msg) }()
	a := answer{err: errStuck}
	select {
	case a = <-answers:
	case <-ctx.Done():
		select {
		case a = <-answers:
		case <-time.After(leaseMargin / 2): // its worker is needed for others
		}
	}
	s.msgID, s.err = a.msgID, a.err
	if s.err != nil && !errors.Is(s.err, errcode.UserUnreachable) {
		n.cfg.Logger.Warn("notify: a send failed", "reminder", s.msg.Key, "door", s.door.Name(), "error", s.err)
	}
}

// meaning asks the program what a code means.
func (n *Notifier) meaning(err *errcode.Error) (m CodeMeaning) {
	defer func() {
		if p := recover(); p != nil {
			n.cfg.Logger.Error("notify: UnknownCode panicked", "code", int(err.Code), "panic", fmt.Sprintf("%T", p))
			m = MayArrive
		}
	}()
	return n.cfg.UnknownCode(err)
}

// answer is what a door's Send returned.
type answer struct {
	msgID int64
	err   error
}

// errHeld is the answer of a send that was not begun, because a pause came in between.
var errHeld = fmt.Errorf("%w: %s", ErrNotSent, pauseAsked)

var errStuck = errors.New("the door does not heed its context")

// call has the door send. One that panics may have sent.
func call(ctx context.Context, d Door, m Message) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{err: fmt.Errorf("%w: the door panicked: %T", wechat.ErrOutcomeUnknown, p)}
		}
	}()
	a.msgID, a.err = d.Send(ctx, &m)
	return a
}

// check asks a door whether it is open. One that cannot say is passed over.
func (n *Notifier) check(d Door, r *Reach, c *Content) (v Verdict) {
	defer func() {
		if p := recover(); p != nil {
			n.cfg.Logger.Error("notify: a door's Check panicked", "door", d.Name(), "panic", fmt.Sprintf("%T", p))
			v = closed("its Check panicked")
		}
	}()
	if v = d.Check(r, c); !isText(v.Consent) || v.Card != nil && !isText(v.Card.Code) {
		return closed("its Check names a template, or a card, that is no text")
	}
	return v
}
