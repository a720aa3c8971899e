package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat/token"
)

// Store keeps tokens in Redis. It implements [token.Store] and [token.Locker] and is safe for concurrent use.
type Store struct{ settings }

var _ token.Locker = (*Store)(nil)

// New returns a Store, or an error that names the option that is wrong. It sends nothing yet.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	s, err := newSettings(client, opts)
	if err != nil {
		return nil, err
	}
	return &Store{s}, nil
}

// String returns "redisstore.Store".
func (s Store) String() string { return "redisstore.Store" }

// Format is for the verbs that do not ask String.
func (s Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// now is the beginning of scripts that need the time. It is the time of Redis: those of the processes differ.
const now = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`

// issued is 0 where it is not known, and age then -1.
var loadScript = redis.NewScript(now + `
local cur = redis.call('HMGET', KEYS[1], 'v', 'i')
if not cur[1] then return false end
local age = -1
if cur[2] ~= '0' then age = math.max(0, now - cur[2]) end
return {cur[1], age, redis.call('PTTL', KEYS[1])}
`)

// Load implements [token.Store].
func (s *Store) Load(ctx context.Context, key string) (token.Token, error) {
	key = s.prefix + key
	asked := time.Now()
	reply, err := s.run(ctx, loadScript, key)
	if errors.Is(err, redis.Nil) {
		return token.Token{}, nil
	}
	if err != nil {
		return token.Token{}, failed("load", err)
	}
	t, err := s.read(key, asked, reply)
	return t, failed("load", err)
}

// read makes a token of a script's answer. Ages count from before the question, so that a token never seems
// to last longer than it does.
func (s *Store) read(key string, asked time.Time, reply any) (token.Token, error) {
	list, ok := reply.([]any)
	if !ok || len(list) != 3 {
		return token.Token{}, errors.New("unexpected answer")
	}
	value, _ := list[0].(string)
	age, _ := list[1].(int64)
	ttl, _ := list[2].(int64)
	plain, err := s.open(key, value)
	if err != nil {
		return token.Token{}, err
	}
	t := token.Token{Value: token.Secret(plain)}
	if age >= 0 {
		t.Issued = asked.Add(-time.Duration(age) * time.Millisecond)
	}
	if ttl > 0 {
		t.Expiry = asked.Add(time.Duration(ttl) * time.Millisecond)
	}
	return t, nil
}

// What is replaced has digests from the fifth argument on.
var saveScript = redis.NewScript(now + `
local issued = 0
if tonumber(ARGV[3]) >= 0 then issued = now - ARGV[3] end
local cur = redis.call('HMGET', KEYS[1], 'v', 'f', 'i')
local replaced = not cur[1]
for i = 5, #ARGV do replaced = replaced or cur[2] == ARGV[i] end
if not replaced and tonumber(cur[3]) > issued then
	return {cur[1], math.max(0, now - cur[3]), redis.call('PTTL', KEYS[1])}
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'f', ARGV[2], 'i', string.format('%.0f', issued))
if tonumber(ARGV[4]) > 0 then
	redis.call('PEXPIRE', KEYS[1], ARGV[4])
else
	redis.call('PERSIST', KEYS[1])
end
return false
`)

// masked is how a Secret prints and marshals.
const masked token.Secret = "[redacted]"

// Save implements [token.Store].
func (s *Store) Save(ctx context.Context, key string, t token.Token, replaces token.Secret) (token.Token, error) {
	if t.Value == masked {
		return token.Token{}, failed("save", token.ErrMasked)
	}
	key = s.prefix + key
	value, digest := s.seal(key, t.Value.Reveal()), any("")
	if own := s.digests(t.Value); len(own) > 0 {
		digest = own[0]
	}
	asked := time.Now()
	args := append([]any{value, digest, age(t), ttl(t)}, s.digests(replaces)...)
	reply, err := s.run(ctx, saveScript, key, args...)
	switch {
	case errors.Is(err, redis.Nil):
		return t, nil
	case err != nil:
		return token.Token{}, failed("save", err)
	}
	kept, err := s.read(key, asked, reply)
	return kept, failed("save", err)
}

// age is how long ago t was asked for, in milliseconds; -1 where it is not known.
func age(t token.Token) int64 {
	if t.Issued.IsZero() {
		return -1
	}
	return max(0, time.Since(t.Issued).Milliseconds())
}

// ttl is how long t lasts, in milliseconds; 0 is for ever.
func ttl(t token.Token) int64 {
	if t.Expiry.IsZero() {
		return 0
	}
	return max(1, time.Until(t.Expiry).Milliseconds())
}

var dropScript = redis.NewScript(`
local digest = redis.call('HMGET', KEYS[1], 'f')[1]
for i = 1, #ARGV do
	if digest == ARGV[i] then return redis.call('DEL', KEYS[1]) end
end
return 0
`)

// Drop implements [token.Store].
func (s *Store) Drop(ctx context.Context, key string, t token.Secret) error {
	_, err := s.run(ctx, dropScript, s.prefix+key, s.digests(t)...)
	return failed("drop", err)
}

// owner is the beginning of scripts on locks. A value of another type is a stranger's, and nobody's name.
const owner = `
local owner = redis.pcall('GET', KEYS[1])
if type(owner) == 'table' then
	if not string.find(owner.err, 'WRONGTYPE', 1, true) then return owner end
	owner = ''
end
`

// The client repeats a command whose answer it lost. The lock is then ours all the same. What would last longer than a
// lock of ours, or for ever, is no lock that its holder extends: it gets the time of one, and no more.
var lockScript = redis.NewScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
` + owner + `
if owner == ARGV[1] then return 1 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`)

// TryLock implements [token.Locker]. Something else under the lock's name, left by another program or an operator, keeps
// it from being taken for one lease.
func (s *Store) TryLock(ctx context.Context, key string, lease time.Duration) (token.Lock, error) {
	l := &lock{store: s, key: s.prefix + key + ":lock", owner: rand.Text()}
	taken, err := s.run(ctx, lockScript, l.key, l.owner, lease.Milliseconds())
	if err != nil {
		return nil, failed("lock", err)
	}
	if taken != int64(1) {
		return nil, nil //nolint:nilnil // no lock and no error: somebody else has it
	}
	return l, nil
}

// longestSleep bounds a wait. The message that ends it may get lost while Redis fails over.
const longestSleep = 500 * time.Millisecond

// free is what the client makes of the answer that there is no such lock.
const free time.Duration = -2

// AwaitUnlock implements [token.Locker]. It waits for a message of the holder, at most half a second.
func (s *Store) AwaitUnlock(ctx context.Context, key string) error {
	key = s.prefix + key + ":lock"
	_, err := call(ctx, &s.settings, func() (struct{}, error) { return struct{}{}, s.listen(ctx, key) })
	return failed("wait", err)
}

func (s *Store) listen(ctx context.Context, key string) error {
	sub := s.secrets().client.Subscribe(ctx, key)
	defer sub.Close()
	_, deaf := sub.ReceiveTimeout(ctx, longestSleep) // the subscription stands before we look at the lock
	left, err := s.secrets().client.PTTL(ctx, key).Result()
	if err != nil || left == free || left == 0 {
		return err
	}
	sleep := longestSleep
	if left > 0 { // it has an end
		sleep = min(left, longestSleep)
	}
	if deaf == nil {
		_, _ = sub.ReceiveTimeout(ctx, sleep) // a message, or the end of the sleep
		return ctx.Err()
	}
	timer := time.NewTimer(sleep)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// lock is a lock that this process holds while its owner's name stands under key.
type lock struct {
	store *Store
	key   string
	owner string
}

var extendScript = redis.NewScript(owner + `
if owner == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`)

// Extend implements [token.Lock].
func (l *lock) Extend(ctx context.Context, lease time.Duration) (bool, error) {
	held, err := l.store.run(ctx, extendScript, l.key, l.owner, lease.Milliseconds())
	return held == int64(1), failed("extend", err)
}

// pcall: who may not publish still unlocks, and waiters find out a little later.
var unlockScript = redis.NewScript(owner + `
if owner ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', KEYS[1], '')
return 1
`)

// Unlock implements [token.Lock].
func (l *lock) Unlock(ctx context.Context) error {
	_, err := l.store.run(ctx, unlockScript, l.key, l.owner)
	return failed("unlock", err)
}

func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redisstore: %s: %w", what, err)
}
