package token

import (
	"context"
	"sync"
)

// A Store keeps tokens where several processes find them. It is safe for concurrent use.
//
// Without one a [Manager] keeps its token in its own memory, which is enough for one process; with the
// stable token (see [Stable]) it is even enough for many, since WeChat gives all of them the same one.
type Store interface {
	// Load returns the token saved under key, or the zero Token where there is none.
	Load(ctx context.Context, key string) (Token, error)
	// Save keeps t under key until its Expiry, unless the token that is there expires later.
	Save(ctx context.Context, key string, t Token) error
}

// A Locker is a Store that lets one process at a time fetch a token. The Manager uses it if it is there.
type Locker interface {
	// Lock waits for the lock of key and returns the function that gives it back. A lock that is not
	// given back ends by itself.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// MemoryStore is a Store and Locker within one process, for several Managers of one account and for tests.
// The zero value is ready.
type MemoryStore struct {
	mu     sync.Mutex
	tokens map[string]Token
	locks  map[string]chan struct{}
}

// Load implements [Store].
func (s *MemoryStore) Load(_ context.Context, key string) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[key], nil
}

// Save implements [Store].
func (s *MemoryStore) Save(_ context.Context, key string, t Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = make(map[string]Token)
	}
	if !s.tokens[key].Expiry.After(t.Expiry) {
		s.tokens[key] = t
	}
	return nil
}

// Lock implements [Locker].
func (s *MemoryStore) Lock(ctx context.Context, key string) (func(), error) {
	lock := s.lock(key)
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *MemoryStore) lock(key string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks == nil {
		s.locks = make(map[string]chan struct{})
	}
	if s.locks[key] == nil {
		s.locks[key] = make(chan struct{}, 1)
	}
	return s.locks[key]
}
