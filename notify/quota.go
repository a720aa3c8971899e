package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// quotaAgain is how long after a refusal one message asks whether the quota is there again: it may have been
	// raised or cleared, and WeChat tells nobody.
	quotaAgain = time.Hour
	// probeTime is how long the others wait for the answer to such a message.
	probeTime = time.Minute
)

// quotaZone is where the day of a quota begins at midnight. WeChat does not write it down.
var quotaZone = time.FixedZone("UTC+8", 8*60*60)

// quota is an allowance that is used up, of one account at one door. Each has its own, for WeChat counts calls of
// one kind. The zero value is one that is not used up.
type quota struct {
	until time.Time // the end of the quota's day
	probe time.Time // from here on one message may ask before that
}

// usedUp is a quota after WeChat's refusal.
func usedUp(now time.Time) quota {
	year, month, day := now.In(quotaZone).Date()
	return quota{until: time.Date(year, month, day+1, 0, 0, 0, 0, quotaZone), probe: now.Add(quotaAgain)}
}

// wait returns how long nothing is to be sent; 0 with probe means that one message may ask.
func (q quota) wait(now time.Time) (wait time.Duration, probe bool) {
	switch {
	case !now.Before(q.until):
		return 0, false
	case !now.Before(q.probe):
		return 0, true
	case q.until.Before(q.probe):
		return q.until.Sub(now), false
	}
	return q.probe.Sub(now), false
}

// asked is a quota while one message asks whether it is there again.
func (q quota) asked(now time.Time) quota {
	q.probe = now.Add(probeTime)
	return q
}

// quotaKey names a quota.
type quotaKey struct{ appID, door string }

func keyOf(d Door) quotaKey { return quotaKey{d.AppID(), d.Name()} }

// loadQuotas takes over what all processes have learnt.
func (l *limits) loadQuotas(ctx context.Context, tx sqldb.Tx) error {
	quotas, err := allQuotas(ctx, tx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quotas = quotas
	return nil
}

// quota returns what this process knows. It costs no question, for it is asked before every send.
func (l *limits) quota(k quotaKey) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.quotas[k]
}

func (l *limits) learnQuota(k quotaKey, q quota) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quotas[k] = q
}

// useUp notes for all processes that a quota is used up.
func (l *limits) useUp(ctx context.Context, tx sqldb.Tx, k quotaKey, now time.Time) error {
	q := usedUp(now)
	l.learnQuota(k, q)
	return saveQuota(ctx, tx, k, q)
}

// claimProbe has one message of all processes ask. If another one is at it, wait says when to look again.
func (l *limits) claimProbe(ctx context.Context, tx sqldb.Tx, k quotaKey) (wait time.Duration, err error) {
	now := l.now()
	claimed, err := claimQuota(ctx, tx, k, now)
	if err != nil || claimed {
		return 0, err
	}
	q, err := loadQuota(ctx, tx, k)
	if err != nil {
		return 0, err
	}
	l.learnQuota(k, q)
	wait, _ = q.wait(now)
	return wait, err
}

// quotaBack notes that a message which asked was not refused for the quota.
func (l *limits) quotaBack(ctx context.Context, tx sqldb.Tx, k quotaKey) error {
	l.learnQuota(k, quota{})
	return dropQuota(ctx, tx, k)
}
