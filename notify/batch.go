package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// hand is a lead in the hands of this process.
type hand struct {
	id, key, user string
	who           person // to whom its message is under way
	refused       int    // how often the database refused to store its outcome
	refusedAt     time.Time
	lockedAt      time.Time // since when somebody else holds it
	session
}

// held is one lead of a round: what is known of it, and what is to happen.
type held struct {
	hand *hand // nil where it is taken up now
	snap snapshot
	act  action
}

// routing reports whether it may need another door, or a first one: what went well needs none.
func (h *hand) routing() bool { return h.sent == nil || h.sent.err != nil }

// concluding returns the attempt that may end in this round, with the id that WeChat gave its message.
func (h *held) concluding() (i *intent, msgID int64) {
	for n := range h.snap.intents {
		i := &h.snap.intents[n]
		switch {
		case h.snap.sent != nil && i.seq == h.snap.sent.intent.seq:
			return i, h.snap.sent.msgID
		case h.snap.sent == nil && i.state == sending:
			return i, 0
		}
	}
	return nil, 0
}

// batch is one round, a transaction: it stores what came back, and commits to what is done next, of many leads at once.
type batch struct {
	n    *Notifier
	tx   sqldb.Tx
	at   moment
	back []*hand // whose calls have returned
	most int     // to be taken up
	mine func(id string) bool

	list     []*held
	locked   []*hand // of back: somebody else holds them, or their persons
	follows  map[person]following
	standing *standing
	slots    []bookedSlot // that were used
	ofDead   int          // leads that others had
	looked   int          // leads that were found
	taken    int          // of these that are no longer as they were
	trouble  map[string]string
}

// alone returns the lead of a round of one, nil in others: of a round that failed, that one has done it.
func (b *batch) alone() *firing {
	if b == nil || len(b.list) != 1 {
		return nil
	}
	return &b.list[0].snap.lead
}

func (b *batch) run(ctx context.Context) error {
	if err := b.tx.ByIndex(ctx); err != nil {
		return err
	}
	b.at = moment{b.n.cfg.Now(), b.n.clock.now()}
	if err := b.inHand(ctx); err != nil {
		return err
	}
	if err := b.takeUp(ctx); err != nil {
		return err
	}
	if err := b.know(ctx); err != nil {
		return err
	}
	b.standing = b.n.limits.standing()
	for _, h := range b.list {
		if err := b.settleOn(ctx, h); err != nil {
			return err
		}
	}
	return b.store(ctx)
}

// settleOn decides about a lead. Where the decision needs a right that all processes share, it is made again with it,
// or without.
func (b *batch) settleOn(ctx context.Context, h *held) error {
	h.snap.standing = b.standing
	for {
		h.act = b.decide(&h.snap)
		switch {
		case h.act.claim != nil:
			k := *h.act.claim
			wait, err := b.n.limits.claimProbe(ctx, b.tx, k)
			if err != nil {
				return err
			}
			b.standing.quotas[k] = b.n.limits.quota(k)
			if wait <= 0 {
				h.snap.asks = &k
				b.standing.quotas[k] = b.standing.quotas[k].asked(b.at.now)
			}
			continue
		case h.act.slot != "" && h.snap.slot == "":
			if slot, ok := b.n.limits.ready(h.act.slot); ok {
				b.slots = append(b.slots, slot)
				h.snap.slot = h.act.slot
				continue
			}
		}
		break
	}
	if p := h.act.pause; p != nil {
		b.standing.pause(p, b.at.now)
	}
	if k := h.act.usedUp; k != nil {
		b.standing.quotas[*k] = usedUp(b.at.now)
	}
	if k := h.act.back; k != nil {
		delete(b.standing.quotas, *k)
	}
	if s := h.act.send; s != nil && s.intent.who.openID != "" {
		h.snap.busy[s.intent.who] = true // one of a person in a round
	}
	return nil
}

// decide keeps a door that panics from failing the leads of others: then it is decided without doors, so that what came
// back is stored all the same.
func (b *batch) decide(s *snapshot) action {
	a, ok := b.tryToDecide(&b.n.rules, s)
	if !ok {
		s.broken = "its decision panicked"
		a, _ = b.tryToDecide(&rules{lease: b.n.rules.lease, meaning: b.n.rules.meaning}, s)
	}
	return a
}

func (b *batch) tryToDecide(r *rules, s *snapshot) (a action, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			b.trouble[s.lead.id] = fmt.Sprintf("panic: %T", p)
			a, ok = action{}, false
		}
	}()
	return decide(r, s, b.at), true
}
