package oauth

import (
	"context"
	"slices"
	"sync"
)

// Store keeps the entries of a [Directory], one for each account and OpenID. A database does with one table, a
// unique key on both and an index on the UnionID.
type Store interface {
	// Put stores identities. Where one of the account and OpenID is there, the result is the old one's
	// [Identity.Merge] with the new one.
	Put(ctx context.Context, identities []Identity) error
	// Get returns the identity of an account and OpenID; ok is false if there is none.
	Get(ctx context.Context, appID, openID string) (id Identity, ok bool, err error)
	// ByUnionID returns the identities with a UnionID, in any order.
	ByUnionID(ctx context.Context, unionID string) ([]Identity, error)
}

// MemoryStore is a [Store] in memory, for one process: about 400 bytes for each identity. What it holds is
// gone with the process; a [Directory.Backfill] brings the followers back. The zero value is ready. It is safe for concurrent
// use.
type MemoryStore struct {
	mu      sync.RWMutex
	entries map[memoryKey]Identity // guarded by mu
	unions  map[string][]memoryKey // by UnionID, guarded by mu
}

type memoryKey struct{ appID, openID string }

// Put implements [Store].
func (m *MemoryStore) Put(_ context.Context, identities []Identity) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries, m.unions = map[memoryKey]Identity{}, map[string][]memoryKey{}
	}
	for _, id := range identities {
		m.put(id)
	}
	return nil
}

func (m *MemoryStore) put(id Identity) {
	key := memoryKey{id.AppID, id.OpenID}
	old := m.entries[key]
	id = old.Merge(id)
	m.entries[key] = id
	if old.UnionID == id.UnionID {
		return
	}
	m.leave(old.UnionID, key)
	m.unions[id.UnionID] = append(m.unions[id.UnionID], key)
}

// leave takes an entry out of the index, for an account that was bound to another Open Platform account.
func (m *MemoryStore) leave(unionID string, key memoryKey) {
	if unionID == "" {
		return
	}
	rest := slices.DeleteFunc(m.unions[unionID], func(k memoryKey) bool { return k == key })
	if len(rest) == 0 {
		delete(m.unions, unionID)
		return
	}
	m.unions[unionID] = rest
}

// Get implements [Store].
func (m *MemoryStore) Get(_ context.Context, appID, openID string) (Identity, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	id, ok := m.entries[memoryKey{appID, openID}]
	return id, ok, nil
}

// ByUnionID implements [Store].
func (m *MemoryStore) ByUnionID(_ context.Context, unionID string) ([]Identity, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := make([]Identity, 0, len(m.unions[unionID]))
	for _, key := range m.unions[unionID] {
		list = append(list, m.entries[key])
	}
	return list, nil
}

// Len returns how many identities are stored.
func (m *MemoryStore) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries)
}
