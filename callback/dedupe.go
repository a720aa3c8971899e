package callback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// Store remembers which pushes have run, and shares it between machines. Keys are digests: they hold no OpenID.
//
// The methods must be atomic and safe for concurrent use, and return when ctx ends, which is after 400 milliseconds. An
// error of a Store is reported as [ErrStore] and the push goes on with the memory of the process alone, so a
// store that is down loses nothing, but a push may run once on each machine that WeChat tries.
// callbacktest.CheckStore tries an implementation out.
type Store interface {
	// Begin claims key for owner until lease is over or Release or Finish is called. If the same owner has
	// claimed it before, it gets it again. If another one has, the claim's State is Running, and Done
	// after Finish, then with the answer given there.
	Begin(ctx context.Context, key, owner string, lease time.Duration) (Claim, error)
	// Finish remembers key as Done for ttl, whoever claimed it. The answer, nil as a rule, is the reply to
	// the push in clear: it holds message text.
	Finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error
	// Release gives up the claim of owner, so that key can be claimed again. Without such a claim it does
	// nothing.
	Release(ctx context.Context, key, owner string) error
}

// State is what a [Store] knows about a push.
type State uint8

// The states of a push.
const (
	Claimed State = iota + 1 // it is now the caller's to run
	Running                  // somebody else runs it
	Done                     // it has run
)

// Claim is the answer of [Store.Begin].
type Claim struct {
	State  State
	Answer []byte // what was replied, if State is Done
}

// storeTimeout bounds one call of a Store. The last one begins when AnswerWithin is over, and WeChat waits for
// half a second more.
const storeTimeout = 400 * time.Millisecond

// pushMemory asks the memory of this process first and the shared store, if there is one, behind it.
type pushMemory struct {
	local  *MemoryStore
	shared Store
}

func newPushMemory(store Store) *pushMemory {
	if local, ok := store.(*MemoryStore); ok {
		return &pushMemory{local: local}
	}
	return &pushMemory{local: &MemoryStore{}, shared: store}
}

// begin always returns a usable claim; the error is for the report only.
func (m *pushMemory) begin(ctx context.Context, key, owner string, lease time.Duration) (Claim, error) {
	claim := m.local.begin(key, owner, lease)
	if claim.State != Claimed || m.shared == nil {
		return claim, nil
	}
	ctx, cancel := storeContext(ctx)
	defer cancel()
	shared, err := m.shared.Begin(ctx, key, owner, lease)
	if err != nil {
		return claim, tagged(ErrStore, err)
	}
	if shared.State != Claimed {
		m.local.release(key, owner)
	}
	return shared, nil
}

func (m *pushMemory) finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
	m.local.finish(key, answer, ttl)
	if m.shared == nil {
		return nil
	}
	ctx, cancel := storeContext(ctx)
	defer cancel()
	if err := m.shared.Finish(ctx, key, answer, ttl); err != nil {
		return tagged(ErrStore, err)
	}
	return nil
}

func (m *pushMemory) release(ctx context.Context, key, owner string) error {
	m.local.release(key, owner)
	if m.shared == nil {
		return nil
	}
	ctx, cancel := storeContext(ctx)
	defer cancel()
	if err := m.shared.Release(ctx, key, owner); err != nil {
		return tagged(ErrStore, err)
	}
	return nil
}

// storeContext outlives the request: what a push did must be remembered even if the sender is gone.
func storeContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// pushID names a push: two pushes with the same name are one push sent twice.
//
// WeChat tells to compare messages by MsgId and events by FromUserName and CreateTime. Two events of a user can
// share a second, and MsgIds of two users have been seen to be equal. So a message goes by both users and
// MsgId, and everything else by all that it says, which includes what WeChat names.
func pushID(root tree.Node, p Push) string {
	head := p.Head()
	scratch := make([]byte, 0, 512)
	if id := messageID(root); id != "" && isMessage(p) {
		scratch = appendParts(scratch, "message", head.ToUserName, head.FromUserName, id)
	} else {
		scratch = appendLeaves(append(scratch, "other"...), root)
	}
	sum := sha256.Sum256(scratch)
	return "p:" + head.AppID + ":" + hex.EncodeToString(sum[:16])
}

func appendParts(out []byte, parts ...string) []byte {
	for _, p := range parts {
		out = append(append(out, p...), 0) // no text of a tree holds a zero byte
	}
	return out
}

func appendLeaves(out []byte, n tree.Node) []byte {
	for c := n.First(); c.Exists(); c = c.Next() {
		out = appendParts(out, c.Name(), c.Text())
		out = appendLeaves(out, c)
	}
	return append(out, 0)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
