package token

import (
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/internal/secret"
)

// A Store keeps tokens where several processes find them. It is safe for concurrent use.
//
// Without one a [Manager] keeps its token in its own memory, which is enough for one process; with the
// stable token (see [Stable]) it is even enough for many, since WeChat gives all of them the same one.
//
// A Store must not trust the clocks of its processes to agree: what it keeps of a token is how long ago it
// was asked for and how long it lasts, by one clock for all. Each method returns when ctx ends; a Manager
// goes on without a Store that does not. tokentest.CheckStore tries an implementation out.
type Store interface {
	// Load returns the token kept under key, or the zero Token where there is none or it has expired.
	Load(ctx context.Context, key string) (Token, error)
	// Save keeps t under key until its Expiry, for ever where that is zero, and returns what is there
	// afterwards. That is t, unless a token with a later Issued was there: a late answer does not overwrite a
	// newer one. The token called replaces gives way in any case. All this is one step.
	Save(ctx context.Context, key string, t Token, replaces Secret) (Token, error)
	// Drop removes what is under key if that is t; another token stays.
	Drop(ctx context.Context, key string, t Secret) error
}

// ErrMasked is why a token of a Store or a [Source] is refused: its Value is the "[redacted]" that a [Secret] prints
// and marshals as. What keeps a token writes Value.Reveal().
var ErrMasked = errors.New("token: Token.Value: " + secret.Masked)

// A Locker is a Store that lets one process at a time fetch a token. The Manager uses it if it is there.
type Locker interface {
	Store
	// TryLock takes the lock of key, which ends by itself after lease, or returns nil at once where somebody
	// else holds it. All who take the lock of one key ask for the same lease: a store may end one that would
	// last longer.
	TryLock(ctx context.Context, key string, lease time.Duration) (Lock, error)
	// AwaitUnlock returns when the lock of key is free, or may be: the caller tries again.
	AwaitUnlock(ctx context.Context, key string) error
}

// Lock is a lock that is held.
type Lock interface {
	// Extend lets the lock last for lease from now. It reports false where it has ended meanwhile.
	Extend(ctx context.Context, lease time.Duration) (bool, error)
	// Unlock gives the lock back and wakes who waits for it. A lock that has passed to somebody else is left
	// alone.
	Unlock(ctx context.Context) error
}
