package redisstore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
	"github.com/wechatkit/wechat/token/tokentest"
)

func newStore(t *testing.T, rdb redis.UniversalClient, opts ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(rdb, opts...)
	require.NoError(t, err)
	return s
}

func fresh(value string, age, rest time.Duration) token.Token {
	now := time.Now()
	return token.Token{Value: token.Secret(value), Issued: now.Add(-age), Expiry: now.Add(rest)}
}

func requireToken(t *testing.T, want, got token.Token) {
	t.Helper()
	require.Equal(t, want.Value.Reveal(), got.Value.Reveal())
	require.WithinDuration(t, want.Issued, got.Issued, 2*time.Second)
	require.WithinDuration(t, want.Expiry, got.Expiry, 2*time.Second)
}

func TestStoreKeepsTheNewerToken(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	older := fresh("older", time.Minute, 2*time.Hour)
	newer := fresh("newer", 0, time.Hour)
	forever := token.Token{Value: "forever", Issued: newer.Issued}
	cases := map[string]struct {
		first, second token.Token
		replaces      token.Secret
		want          token.Token
	}{
		"newer after older":                   {older, newer, "", newer},
		"late answer, though it lasts longer": {newer, older, "", newer},
		"late answer that replaces another":   {newer, older, "third", newer},
		"older by the clock, but it replaces": {newer, older, "newer", older},
		"for ever":                            {older, forever, "", forever},
		"no longer for ever":                  {forever, newer, "forever", newer},
		"nobody knows when":                   {token.Token{Value: "a"}, token.Token{Value: "b"}, "", token.Token{Value: "b"}},
	}
	for _, encrypted := range []bool{false, true} {
		for name, c := range cases {
			t.Run(fmt.Sprintf("%s/%v", name, encrypted), func(t *testing.T) {
				t.Parallel()
				s := newStore(t, rdb, redisstore.WithPrefix(t.Name()+":"))
				if encrypted {
					s = newStore(t, rdb, redisstore.WithPrefix(t.Name()+":"), redisstore.WithEncryption(make([]byte, 32)))
				}
				none, err := s.Load(t.Context(), "k")
				require.NoError(t, err)
				require.Zero(t, none)
				_, err = s.Save(t.Context(), "k", c.first, "")
				require.NoError(t, err)
				kept, err := s.Save(t.Context(), "k", c.second, c.replaces)
				require.NoError(t, err)
				requireToken(t, c.want, kept)
				got, err := s.Load(t.Context(), "k")
				require.NoError(t, err)
				requireToken(t, c.want, got)

				require.NoError(t, s.Drop(t.Context(), "k", "another"))
				got, _ = s.Load(t.Context(), "k")
				requireToken(t, c.want, got)
				require.NoError(t, s.Drop(t.Context(), "k", c.want.Value))
				got, err = s.Load(t.Context(), "k")
				require.NoError(t, err)
				require.Zero(t, got)
			})
		}
	}
}

// A process whose clock is wrong by hours sees its own times and hands no others on.
func TestClocksOfProcessesDoNotMatter(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	s := newStore(t, rdb)
	saved := fresh("a", 10*time.Minute, time.Hour)
	_, err := s.Save(t.Context(), "k", saved, "")
	require.NoError(t, err)
	at, err := rdb.Time(t.Context()).Result()
	require.NoError(t, err)
	issued, err := rdb.HGet(t.Context(), "k", "i").Int64()
	require.NoError(t, err)
	require.WithinDuration(t, at.Add(-10*time.Minute), time.UnixMilli(issued), 2*time.Second, "by the clock of Redis")
	require.NoError(t, rdb.HSet(t.Context(), "k", "i", issued+time.Hour.Milliseconds()).Err())
	got, err := s.Load(t.Context(), "k")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), got.Issued, 2*time.Second, "no token is from the future")
}

func TestExpiryEndsAToken(t *testing.T) {
	t.Parallel()
	s := newStore(t, startRedis(t).client())
	_, err := s.Save(t.Context(), "k", fresh("a", 0, 50*time.Millisecond), "")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got, err := s.Load(t.Context(), "k")
		return err == nil && got == token.Token{}
	}, patience, 5*time.Millisecond)
}

func TestLock(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	s := newStore(t, rdb)
	lock := func(lease time.Duration) token.Lock {
		l, err := s.TryLock(t.Context(), "k", lease)
		require.NoError(t, err)
		return l
	}
	first := lock(time.Minute)
	require.NotNil(t, first)
	require.Nil(t, lock(time.Minute))
	held, err := first.Extend(t.Context(), 100*time.Millisecond)
	require.NoError(t, err)
	require.True(t, held)
	require.Eventually(t, func() bool {
		return s.AwaitUnlock(t.Context(), "k") == nil && rdb.Exists(t.Context(), "k:lock").Val() == 0
	},
		patience, time.Millisecond)
	held, err = first.Extend(t.Context(), time.Minute)
	require.NoError(t, err)
	require.False(t, held)

	second := lock(time.Minute)
	require.NotNil(t, second)
	require.NoError(t, first.Unlock(t.Context()), "the first holder comes late")
	require.Nil(t, lock(time.Minute), "and frees nothing")
	require.NoError(t, second.Unlock(t.Context()))
	require.NoError(t, s.AwaitUnlock(t.Context(), "k"), "free")
	require.NotNil(t, lock(time.Minute))
}

// Were it not for the message, each round would take half a second.
func TestWaiterIsWoken(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	s := newStore(t, rdb)
	const rounds = 40
	var waited time.Duration
	for range rounds {
		l, err := s.TryLock(t.Context(), "k", time.Minute)
		require.NoError(t, err)
		woken := make(chan error, 1)
		go func() { woken <- s.AwaitUnlock(t.Context(), "k") }()
		require.Eventually(t, func() bool {
			n, err := rdb.PubSubNumSub(t.Context(), "k:lock").Result()
			return err == nil && n["k:lock"] == 1
		}, patience, time.Millisecond)
		start := time.Now()
		require.NoError(t, l.Unlock(t.Context()))
		require.NoError(t, <-woken)
		waited += time.Since(start)
	}
	require.Less(t, waited, rounds*250*time.Millisecond)
}

// Eight processes wait for a lock: they look at it twice a second, and no more often.
func TestWaitersDoNotPoll(t *testing.T) {
	t.Parallel()
	srv := startRedis(t)
	rdb := srv.client()
	_, err := newStore(t, rdb).TryLock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	const wait = 2 * time.Second
	var wg sync.WaitGroup
	for range 8 {
		s := newStore(t, srv.client())
		wg.Go(func() {
			for start := time.Now(); time.Since(start) < wait; {
				if err := s.AwaitUnlock(t.Context(), "k"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	stats, err := rdb.Info(t.Context(), "commandstats").Result()
	require.NoError(t, err)
	found := regexp.MustCompile(`cmdstat_pttl:calls=(\d+)`).FindStringSubmatch(stats)
	require.Len(t, found, 2, stats)
	looks, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	t.Logf("8 waiters looked %d times in %v", looks, wait)
	require.GreaterOrEqual(t, looks, 8)
	require.LessOrEqual(t, looks, 8*5)
}

func TestWaiterLeavesWithItsContext(t *testing.T) {
	t.Parallel()
	srv := startRedis(t)
	s := newStore(t, srv.client())
	_, err := s.TryLock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.AwaitUnlock(ctx, "k"), context.Canceled)

	srv.freeze()
	for what, call := range map[string]func(context.Context) error{
		"load":    func(ctx context.Context) error { _, err := s.Load(ctx, "k"); return err },
		"save":    func(ctx context.Context) error { _, err := s.Save(ctx, "k", token.Token{}, ""); return err },
		"drop":    func(ctx context.Context) error { return s.Drop(ctx, "k", "x") },
		"trylock": func(ctx context.Context) error { _, err := s.TryLock(ctx, "k", time.Minute); return err },
		"await":   func(ctx context.Context) error { return s.AwaitUnlock(ctx, "k") },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, what)
		require.Less(t, time.Since(start), patience, what)
		cancel()
	}
	srv.thaw()
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	key := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 32)) }
	ctx := t.Context()
	before := newStore(t, rdb, redisstore.WithEncryption(key('a')))
	_, err := before.Save(ctx, "k", fresh("planted-token-value", 0, time.Hour), "")
	require.NoError(t, err)
	stored, err := rdb.HGetAll(ctx, "k").Result()
	require.NoError(t, err)
	for field, value := range stored {
		require.NotContains(t, value, "planted", field)
	}

	after := newStore(t, rdb, redisstore.WithEncryption(key('b'), key('a')))
	got, err := after.Load(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, token.Secret("planted-token-value"), got.Value, "an older key decrypts")

	foreign := map[string]*redisstore.Store{
		"another key": newStore(t, rdb, redisstore.WithEncryption(key('c'))),
		"no key":      newStore(t, rdb),
	}
	for name, s := range foreign {
		_, err = s.Load(ctx, "k")
		require.ErrorContains(t, err, "WithEncryption", name)
	}
	_, err = newStore(t, rdb).Save(ctx, "clear", fresh("a", 0, time.Hour), "")
	require.NoError(t, err)
	_, err = after.Load(ctx, "clear")
	require.ErrorContains(t, err, "WithEncryption", "a value in clear may be anybody's")
	require.NoError(t, rdb.Copy(ctx, "k", "other", 0, false).Err())
	_, err = after.Load(ctx, "other")
	require.ErrorContains(t, err, "WithEncryption", "a value belongs to its name")
}

// What one process wrote with the older key, another one that has the newer key first drops and replaces all the
// same. Refresh tokens of third-party platforms may stay under an older key for years.
func TestKeysAreChangedOneProcessAtATime(t *testing.T) {
	t.Parallel()
	rdb, ctx := startRedis(t).client(), t.Context()
	a, b := make([]byte, 32), bytes.Repeat([]byte{1}, 32)
	for name, keys := range map[string][2][]byte{"not yet changed": {b, a}, "changed": {a, b}} {
		before := newStore(t, rdb, redisstore.WithPrefix(name), redisstore.WithEncryption(keys[0], keys[1]))
		after := newStore(t, rdb, redisstore.WithPrefix(name), redisstore.WithEncryption(keys[1], keys[0]))
		_, err := before.Save(ctx, "k", fresh("first", 0, time.Hour), "")
		require.NoError(t, err)
		kept, err := after.Save(ctx, "k", fresh("older by the clock", time.Minute, time.Hour), "first")
		require.NoError(t, err)
		require.Equal(t, token.Secret("older by the clock"), kept.Value, name)
		require.NoError(t, before.Drop(ctx, "k", "first"))
		require.NoError(t, before.Drop(ctx, "k", "older by the clock"))
		got, err := after.Load(ctx, "k")
		require.NoError(t, err)
		require.Zero(t, got, name)
	}
}

// The rights that the package comment names are enough, and some of them can be spared.
func TestRightsThatAreNeeded(t *testing.T) {
	t.Parallel()
	srv := startRedis(t)
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	named := regexp.MustCompile(`needs the commands ([A-Z, \n/]+?) and SUBSCRIBE`).FindSubmatch(text)
	require.Len(t, named, 2)
	commands := regexp.MustCompile(`[A-Z]+`).FindAllString(string(named[1]), -1)
	without := func(c string) []string {
		return slices.DeleteFunc(slices.Clone(commands), func(have string) bool { return have == c })
	}
	check := func(t *testing.T, commands []string, more ...string) error {
		args := []any{"ACL", "SETUSER", t.Name(), "on", ">password", "~tokentest:*", "~wechat:push:*"}
		for _, c := range commands {
			args = append(args, "+"+c)
		}
		for _, right := range more {
			args = append(args, right)
		}
		srv.do(args...)
		rdb := redis.NewClient(&redis.Options{Addr: srv.addr(), Username: t.Name(), Password: "password"})
		defer rdb.Close()
		pushes, err := redisstore.NewPushes(rdb)
		require.NoError(t, err)
		if err := callbacktest.CheckStore(t.Context(), pushes); err != nil {
			return err
		}
		return tokentest.CheckStore(t.Context(), newStore(t, rdb))
	}
	for name, rights := range map[string][]string{"All": {"+SUBSCRIBE", "&tokentest:*"}, "Deaf": nil, "DeafAndDumb": {"-PUBLISH"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, check(t, commands, rights...))
		})
	}
	for _, c := range without("PUBLISH") {
		if strings.HasPrefix(c, "EVAL") { // either of the two serves once the scripts are there
			continue
		}
		t.Run("Without"+c, func(t *testing.T) {
			t.Parallel()
			require.Error(t, check(t, without(c)))
		})
	}
}

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	for name, opts := range map[string][]redisstore.Option{
		"in clear":  nil,
		"encrypted": {redisstore.WithEncryption(make([]byte, 32)), redisstore.WithPrefix("x:")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, tokentest.CheckStore(t.Context(), newStore(t, rdb, opts...)))
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := redisstore.New(nil)
	require.ErrorContains(t, err, "client: nil")
	rdb := redis.NewClient(&redis.Options{})
	defer rdb.Close()
	_, err = redisstore.New(rdb, redisstore.WithEncryption(make([]byte, 16)))
	require.EqualError(t, err, "redisstore: WithEncryption: key 0: 16 bytes, want 32")
	_, err = redisstore.NewPushes(rdb, redisstore.WithEncryption(make([]byte, 32), nil))
	require.ErrorContains(t, err, "key 1: 0 bytes")
	s, err := redisstore.New(rdb, redisstore.WithEncryption(make([]byte, 32)))
	require.NoError(t, err)
	require.Equal(t, "redisstore.Store", fmt.Sprintf("%+v", s))
	p, err := redisstore.NewPushes(rdb)
	require.NoError(t, err)
	require.Equal(t, "redisstore.Pushes", fmt.Sprintf("%#v", p))
}

func TestPushesKeepTheContract(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	for name, opts := range map[string][]redisstore.Option{
		"in clear":  nil,
		"encrypted": {redisstore.WithEncryption(make([]byte, 32)), redisstore.WithPrefix("x:")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := redisstore.NewPushes(rdb, opts...)
			require.NoError(t, err)
			require.NoError(t, callbacktest.CheckStore(t.Context(), p))
		})
	}
}

func TestPushesHideAnswers(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	p, err := redisstore.NewPushes(rdb, redisstore.WithEncryption(make([]byte, 32)))
	require.NoError(t, err)
	require.NoError(t, p.Finish(t.Context(), "key", []byte("planted message"), time.Minute))
	require.NotContains(t, rdb.Get(t.Context(), "wechat:push:key").Val(), "planted")
	claim, err := p.Begin(t.Context(), "key", "me", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "planted message", string(claim.Answer))

	other, err := redisstore.NewPushes(rdb)
	require.NoError(t, err)
	_, err = other.Begin(t.Context(), "key", "me", time.Minute)
	require.ErrorContains(t, err, "WithEncryption")
}
