package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// intent is one attempt at a door. Its row is committed before the call, so whoever finds one that is still
// open knows that a message may have gone out.
type intent struct {
	firingID   string
	seq        int
	door       string
	who        person
	templateID string
	uses       string
	state      State
	msgID      int64
	reason     string
	startedAt  int64
	leaseUntil int64
	settledAt  int64 // to be stored
}

// settled reports whether the attempt excludes its door from the next choice.
func (i *intent) settled() bool { return i.state == Refused || i.state == Failed }

// messageID is the id of all messages of a lead through one door, short and plain enough for client_msg_id. A
// message that is tried again after a busy WeChat has it too: should the first have arrived all the same, WeChat
// knows the second.
func messageID(firingID, door string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s#%s", firingID, door))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sqldb.ErrNoRows) {
		return nil
	}
	return err
}

// applyReceipt settles an attempt whose outcome was accepted or unknown, and its lead. What did not arrive is
// put back, for another door may be open. It returns the event to report, nil if nothing changed.
func applyReceipt(ctx context.Context, tx sqldb.Tx, i *intent, r told, now time.Time) (*OutcomeEvent, error) {
	if i.state != Accepted && i.state != Unknown {
		return nil, nil
	}
	i.state, i.msgID, i.reason = r.state, r.msgID, r.reason
	if err := i.save(ctx, tx, now); err != nil {
		return nil, err
	}
	changed, err := hearOfLead(ctx, tx, i.firingID, r, now)
	if err != nil || !changed {
		return nil, err
	}
	f, err := loadLead(ctx, tx, i.firingID)
	if err != nil || f == nil {
		return nil, err
	}
	return &OutcomeEvent{Key: f.reminder, Lead: f.lead, State: r.state, Door: i.door, Reason: r.reason}, nil
}
