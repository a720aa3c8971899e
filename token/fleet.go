package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/internal/within"
)

const (
	// lease is how long the lock of a process that died keeps the others waiting. One that lives extends it.
	lease       = 5 * time.Second
	extendEvery = lease / 3

	// lookSpacing is how often the store is asked at most while requests to WeChat fail.
	lookSpacing = time.Second
)

// fleet is the store as a Manager uses it: each call is bounded, for a Redis that accepts connections and hangs
// must not cost more, nor a client that knows no contexts. The log hears when it goes down and when it is back. But for rests, its methods run in the Manager's one flight.
type fleet struct {
	store    Store
	locker   Locker // nil where the store has no locks
	key      string
	timeout  time.Duration // of one call of the store
	patience time.Duration // for another process's request
	log      *slog.Logger
	closed   context.Context // after its end errors are no news

	readErr, writeErr error // of the last calls

	mu     sync.Mutex // guards looked
	looked time.Time
}

func newFleet(ctx context.Context, cfg *Config) *fleet {
	if cfg.Store == nil {
		return nil
	}
	f := &fleet{
		store: cfg.Store, key: cfg.Key, timeout: cfg.StoreTimeout, patience: cfg.Timeout + lease,
		log: cfg.Logger.With("key", cfg.Key), closed: ctx,
	}
	f.locker, _ = cfg.Store.(Locker)
	return f
}

// load reads the store.
func (f *fleet) load(ctx context.Context) (Token, error) {
	t, err := within.Call(ctx, f.timeout, func(ctx context.Context) (Token, error) {
		return unmasked(f.store.Load(ctx, f.key))
	})
	f.mu.Lock()
	f.looked = time.Now()
	f.mu.Unlock()
	f.note(&f.readErr, err)
	return t, err
}

// unmasked refuses what a Store has marshalled in place of a token.
func unmasked(t Token, err error) (Token, error) {
	if err == nil && secret.IsMask(t.Value) {
		return Token{}, ErrMasked
	}
	return t, err
}

// rests reports whether the store was read only just now.
func (f *fleet) rests() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Since(f.looked) < lookSpacing
}

// save puts t into the store and returns what is there now: t, or what another process has fetched since.
func (f *fleet) save(ctx context.Context, t Token, replaces Secret) Token {
	kept, err := within.Call(ctx, f.timeout, func(ctx context.Context) (Token, error) {
		return unmasked(f.store.Save(ctx, f.key, t, replaces))
	})
	f.note(&f.writeErr, err)
	if err != nil || !kept.fresh() || kept.Value == replaces {
		return t
	}
	return kept
}

// tryLock takes the lock of key; no lock and no error means that somebody else has it.
func (f *fleet) tryLock(ctx context.Context, key string, lease time.Duration) (Lock, error) {
	l, err := within.Call(ctx, f.timeout, func(ctx context.Context) (Lock, error) {
		return f.locker.TryLock(ctx, key, lease)
	})
	f.note(&f.writeErr, err)
	return l, err
}

// errPatience is why a process that waited for another gives up.
var errPatience = errors.New("token: other processes have been asking for too long")

// turn waits until this process may ask WeChat, holding the lock, or until another one has put a token into
// the store that will do. It returns what is in the store. Where the store is out of order there is no lock,
// and each process asks for itself.
func (f *fleet) turn(ctx context.Context, willDo func(Token) bool) (stored Token, lock Lock, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, f.patience, errPatience)
	defer cancel()
	for {
		lock, err = f.tryLock(ctx, f.key, lease)
		if err != nil {
			return Token{}, nil, nil
		}
		if lock == nil {
			if err := f.await(ctx); err != nil {
				return Token{}, nil, err
			}
		}
		stored, err = f.load(ctx)
		switch {
		case err != nil || lock != nil:
			return stored, lock, nil
		case willDo(stored):
			return stored, nil, nil
		}
	}
}

// await waits for the lock of another process. The error is why ctx ended. Trouble with the store only makes
// the wait short: the next call will show what it is.
func (f *fleet) await(ctx context.Context) error {
	err := within.Do(ctx, f.patience, func(ctx context.Context) error { return f.locker.AwaitUnlock(ctx, f.key) })
	if err != nil && ctx.Err() == nil {
		pause := time.NewTimer(lookSpacing / 4)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// hold extends the lock until release is called, which gives it back.
func (f *fleet) hold(ctx context.Context, lock Lock) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		f.extend(ctx, lock)
	}()
	return func() {
		cancel()
		<-stopped
		// It is given back even where Close has ended ctx: others wait for it.
		f.leave(ctx, lock)
	}
}

// extend keeps the lock. One that is lost does no harm: the store tells an older answer from a newer.
func (f *fleet) extend(ctx context.Context, lock Lock) {
	tick := time.NewTicker(extendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held, err := within.Call(ctx, f.timeout, func(ctx context.Context) (bool, error) {
			return lock.Extend(ctx, lease)
		})
		if err == nil && !held {
			return
		}
	}
}

// take takes one of n places that are each free again after d. Where the store has no locks it says yes, for
// then each process goes by its own count; where it is out of order it says no.
func (f *fleet) take(ctx context.Context, what string, n int, d time.Duration) (place Lock, ok bool) {
	if f.locker == nil {
		return nil, true
	}
	for i := range n {
		place, err := f.tryLock(ctx, fmt.Sprintf("%s:%s:%d", f.key, what, i), d)
		if err != nil {
			return nil, false
		}
		if place != nil {
			return place, true
		}
	}
	return nil, false
}

// leave gives a place back.
func (f *fleet) leave(ctx context.Context, place Lock) {
	if place != nil {
		_ = within.Do(context.WithoutCancel(ctx), f.timeout, place.Unlock)
	}
}

// down reports whether the last call failed.
func (f *fleet) down() bool { return f.readErr != nil || f.writeErr != nil }

// note remembers how a call ended, and logs when the store goes down or is back.
func (f *fleet) note(last *error, err error) {
	if f.closed.Err() != nil {
		return
	}
	was := f.down()
	*last = err
	switch {
	case !was && err != nil:
		f.log.Warn("token: the store fails; this process fetches for itself", "err", err)
	case was && !f.down():
		f.log.Info("token: the store works again")
	}
}
