package redisstore_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

// journal is a log that may be read while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.buf.String(), text)
}

// pair is two Managers of one account with a Redis between them.
type pair struct {
	wx       *emulator.Server
	redis    *server
	managers [2]*token.Manager
	log      [2]*journal
}

func newPair(t *testing.T) *pair {
	p := &pair{wx: emulator.New(t), redis: startRedis(t)}
	app := p.wx.MiniProgram()
	for i := range p.managers {
		p.log[i] = &journal{}
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: p.wx.HTTPClient(),
			StoreTimeout: 3 * time.Second, // a busy machine is no outage
			Store:        newStore(t, p.redis.client()), Logger: slog.New(slog.NewTextHandler(p.log[i], nil)),
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, m.Close()) })
		p.managers[i] = m
	}
	return p
}

// revoke makes WeChat reject the token, lets both Managers find out, and returns how often WeChat was asked.
func (p *pair) revoke(t *testing.T) (calls int) {
	t.Helper()
	// Which of two tokens is the newer is told by the millisecond, less what the way to Redis takes. WeChat's tokens
	// are further apart than those of a test.
	<-time.After(500 * time.Millisecond)
	calls = p.wx.TokenCalls()
	var rejected [2]token.Secret
	for i, m := range p.managers {
		got, err := m.Token(t.Context())
		require.NoError(t, err)
		rejected[i] = got.Value
	}
	require.Equal(t, calls, p.wx.TokenCalls(), "a token at hand costs nothing")
	p.wx.Revoke(p.wx.MiniProgram())
	var tokens [2]token.Secret
	for i, m := range p.managers {
		start := time.Now()
		got, err := m.Renew(t.Context(), rejected[i])
		require.NoError(t, err)
		require.NotEqual(t, rejected[i], got.Value)
		require.Less(t, time.Since(start), patience, "a store that hangs costs its timeout")
		tokens[i] = got.Value
	}
	require.Equal(t, tokens[0], tokens[1])
	return p.wx.TokenCalls() - calls
}

// trouble is one that a Redis may be in.
type trouble struct {
	begin, end func(s *server)
	down       bool // processes notice
}

var troubles = map[string]trouble{
	"stopped":        {(*server).kill, (*server).start, true},
	"frozen":         {(*server).freeze, (*server).thaw, true},
	"restarted":      {func(s *server) { s.kill(); s.start() }, func(*server) {}, false},
	"flushed":        {func(s *server) { s.do("FLUSHALL"); s.do("SCRIPT", "FLUSH") }, func(*server) {}, false},
	"wrong password": {changePassword, takePasswordBack, true},
	"read-only": {
		func(s *server) { s.do("REPLICAOF", "127.0.0.1", "1") },
		func(s *server) { s.do("REPLICAOF", "NO", "ONE") }, true,
	},
}

// calls is how often n processes ask WeChat at most when a token is revoked meanwhile.
func (t trouble) calls(n int) int {
	if t.down {
		return n
	}
	return 1
}

func TestRedisInTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			for _, m := range p.managers {
				_, err := m.Token(t.Context())
				require.NoError(t, err)
			}
			require.Equal(t, 1, p.wx.TokenCalls())

			c.begin(p.redis)
			require.LessOrEqual(t, p.revoke(t), c.calls(2))
			c.end(p.redis)
			require.Equal(t, 1, p.revoke(t), "shared again, without a restart")
			lines := 0
			if c.down {
				lines = 1
			}
			for i, log := range p.log {
				require.Equal(t, lines, log.count("the store fails"), "one line for each change of state: %d", i)
				require.Zero(t, log.count("fetching fails"))
			}
			// The second Manager has not written since, and may not know that it can.
			require.Equal(t, lines, p.log[0].count("the store works again"))
			require.LessOrEqual(t, p.log[1].count("the store works again"), lines)
		})
	}
}

// All of it in the middle of traffic: no send fails, and WeChat is asked once by each process at most where there is no
// store, and once by all of them where there is.
func TestRedisInTroubleAmidTraffic(t *testing.T) {
	t.Parallel()
	for name, c := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, token.Stable)
			f.setup.StoreTimeout = 3 * time.Second // a busy machine is no outage
			f.launch(fleetSize)
			require.Zero(t, f.everywhere(order{Goroutines: 1, Each: 1}).Failed)
			require.Equal(t, 1, f.wx.TokenCalls())
			revoke := func() { f.wx.Revoke(f.app) }

			during := f.amid(func() { c.begin(f.redis); f.flows(); revoke() })
			calls := f.wx.TokenCalls() - 1
			after := f.amid(func() { c.end(f.redis); f.flows(); revoke() })
			again := f.wx.TokenCalls() - 1 - calls
			t.Logf("Redis %s: %d sent, %d failed, %d upstream calls; back: %d sent, %d failed, %d upstream calls; slowest %v",
				name, during.Sent, during.Failed, calls, after.Sent, after.Failed, again,
				max(during.Slowest, after.Slowest).Round(time.Millisecond))
			require.Zero(t, during.Failed, during.Err)
			require.Zero(t, after.Failed, after.Err)
			require.LessOrEqual(t, calls, c.calls(fleetSize))
			require.Equal(t, 1, again, "shared again, without a restart")
		})
	}
}

func changePassword(s *server) {
	rdb := s.client()
	require.NoError(s.t, rdb.ConfigSet(s.t.Context(), "requirepass", "other").Err())
	require.NoError(s.t, rdb.Do(s.t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err())
}

func takePasswordBack(s *server) {
	rdb := redis.NewClient(&redis.Options{Addr: s.addr(), Password: "other"})
	defer rdb.Close()
	require.NoError(s.t, rdb.ConfigSet(s.t.Context(), "requirepass", "").Err())
}

// A Redis that hangs in the middle of a fetch costs its timeout, not the token.
func TestRedisFreezesDuringTheFetch(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	release := p.wx.Fail(emulator.Fault{Path: "/cgi-bin/stable_token", Delay: 300 * time.Millisecond})
	defer release()
	got := make(chan error, 1)
	start := time.Now()
	go func() {
		_, err := p.managers[0].Token(t.Context())
		got <- err
	}()
	rdb := p.redis.client()
	require.Eventually(t, func() bool { return rdb.Exists(t.Context(), p.key()+":lock").Val() == 1 }, patience, time.Millisecond)
	p.redis.freeze()
	require.NoError(t, <-got)
	require.Less(t, time.Since(start), patience)
	p.redis.thaw()
	require.Equal(t, 1, p.wx.TokenCalls())
	require.Equal(t, 1, p.log[0].count("the store fails"))
}

func (p *pair) key() string { return "wechat:token:{" + p.wx.MiniProgram().AppID + "}:stable" }

// A process with another key can neither read the token nor does it write over it: it works for itself, and says so.
func TestProcessWithAnotherKeyWorksAlone(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	app, rdb := wx.MiniProgram(), startRedis(t).client()
	process := func(key byte) (*token.Manager, *journal) {
		log := &journal{}
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
			StoreTimeout: patience, // a busy machine is no outage
			Store:        newStore(t, rdb, redisstore.WithEncryption(bytes.Repeat([]byte{key}, 32))),
			Logger:       slog.New(slog.NewTextHandler(log, nil)),
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, m.Close()) })
		return m, log
	}
	first, _ := process(1)
	want, err := first.Token(t.Context())
	require.NoError(t, err)
	other, log := process(2)
	got, err := other.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Value, got.Value, "WeChat gives out the same stable token")
	_, err = other.Renew(t.Context(), got.Value)
	require.NoError(t, err)
	require.Equal(t, 3, wx.TokenCalls())
	require.Equal(t, 1, log.count("the store fails"))
	require.Equal(t, 1, log.count("see WithEncryption"))
	third, _ := process(1)
	got, err = third.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Value, got.Value)
	require.Equal(t, 3, wx.TokenCalls(), "the token of the others is still there")
}
