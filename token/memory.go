package token

import (
	"context"
	"sync"
	"time"

	"github.com/wechatkit/wechat/internal/secret"
)

// MemoryStore is a Store and Locker within one process, for several Managers of one account and for tests.
// The zero value is ready. It is safe for concurrent use.
type MemoryStore struct {
	mu     sync.Mutex
	tokens map[string]func() Token // functions do not print
	locks  map[string]*memoryLock
}

// Load implements [Store].
func (s *MemoryStore) Load(_ context.Context, key string) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valid(key), nil
}

// valid returns the token under key unless it has expired.
func (s *MemoryStore) valid(key string) Token {
	held := s.tokens[key]
	if held == nil {
		return Token{}
	}
	t := held()
	if !t.Expiry.IsZero() && time.Until(t.Expiry) <= 0 {
		delete(s.tokens, key)
		return Token{}
	}
	return t
}

// Save implements [Store].
func (s *MemoryStore) Save(_ context.Context, key string, t Token, replaces Secret) (Token, error) {
	if secret.IsMask(t.Value) {
		return Token{}, ErrMasked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = make(map[string]func() Token)
	}
	old := s.valid(key)
	if old.Value != "" && old.Value != replaces && old.Issued.After(t.Issued) {
		return old, nil
	}
	s.tokens[key] = func() Token { return t }
	return t, nil
}

// Drop implements [Store].
func (s *MemoryStore) Drop(_ context.Context, key string, t Secret) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.tokens[key]; held != nil && held().Value == t {
		delete(s.tokens, key)
	}
	return nil
}

// memoryLock is a lock that is held until its end or until it is given back.
type memoryLock struct {
	store *MemoryStore
	key   string
	ends  time.Time
	freed chan struct{} // closed when it is given back
}

func (l *memoryLock) held() bool { return l.store.locks[l.key] == l && time.Until(l.ends) > 0 }

// TryLock implements [Locker].
func (s *MemoryStore) TryLock(_ context.Context, key string, lease time.Duration) (Lock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locks[key]; l != nil && l.held() {
		return nil, nil
	}
	if s.locks == nil {
		s.locks = make(map[string]*memoryLock)
	}
	l := &memoryLock{store: s, key: key, ends: time.Now().Add(lease), freed: make(chan struct{})}
	s.locks[key] = l
	return l, nil
}

// AwaitUnlock implements [Locker].
func (s *MemoryStore) AwaitUnlock(ctx context.Context, key string) error {
	s.mu.Lock()
	l := s.locks[key]
	if l == nil || !l.held() {
		s.mu.Unlock()
		return nil
	}
	end := time.NewTimer(time.Until(l.ends))
	s.mu.Unlock()
	defer end.Stop()
	select {
	case <-l.freed:
	case <-end.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Extend implements [Lock].
func (l *memoryLock) Extend(_ context.Context, lease time.Duration) (bool, error) {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if !l.held() {
		return false, nil
	}
	l.ends = time.Now().Add(lease)
	return true, nil
}

// Unlock implements [Lock].
func (l *memoryLock) Unlock(context.Context) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if l.store.locks[l.key] == l {
		delete(l.store.locks, l.key)
		close(l.freed)
	}
	return nil
}
