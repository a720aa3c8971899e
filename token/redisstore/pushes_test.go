package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/token/redisstore"
)

var pushApp = callback.App{
	AppID: "wx0000000000000001", Kind: callback.OfficialAccount, Token: "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

// pushOf returns a text message with this MsgId.
func pushOf(msgID int) string {
	return fmt.Sprintf(`<xml><ToUserName>gh_1</ToUserName><FromUserName>oFan-1</FromUserName><CreateTime>1763600000</CreateTime><MsgType>text</MsgType><Content>hello</Content><MsgId>%d</MsgId></xml>`, msgID)
}

// patient waits for Redis as long as it takes, unless in a hurry: a busy machine is no outage.
type patient struct {
	callback.Store
	hurry atomic.Bool
}

func (p *patient) context(ctx context.Context) context.Context {
	if p.hurry.Load() {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func (p *patient) Begin(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
	return p.Store.Begin(p.context(ctx), key, owner, lease)
}

func (p *patient) Finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
	return p.Store.Finish(p.context(ctx), key, answer, ttl)
}

func (p *patient) Release(ctx context.Context, key, owner string) error {
	return p.Store.Release(p.context(ctx), key, owner)
}

func newPatient(t *testing.T, rdb redis.UniversalClient) *patient {
	t.Helper()
	pushes, err := redisstore.NewPushes(rdb)
	require.NoError(t, err)
	return &patient{Store: pushes}
}

// machine is one of several that WeChat's pushes may come to.
type machine struct {
	*callback.Handler
	store *patient
	ran   atomic.Int32
	down  atomic.Int32 // reports of a store that fails
}

func newMachine(t *testing.T, s *server, name string) *machine {
	t.Helper()
	m := &machine{store: newPatient(t, s.client())}
	h, err := callback.New(callback.Config{
		Apps: []callback.App{pushApp}, Store: m.store, AnswerWithin: 5 * time.Second,
		Observer: func(_ context.Context, r callback.Report) {
			if errors.Is(r.Err, callback.ErrStore) {
				m.down.Add(1)
			}
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	h.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
		m.ran.Add(1)
		return callback.TextReply{Content: "from " + name}, nil
	})
	m.Handler = h
	return m
}

// answer delivers a request and returns the status, and the reply without its envelope.
func (m *machine) answer(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return w.Code, ""
	}
	reply, err := callbacktest.Reply(pushApp, w.Body.Bytes())
	require.NoError(t, err)
	return w.Code, reply
}

func ran(machines []*machine) (sum int) {
	for _, m := range machines {
		sum += int(m.ran.Load())
	}
	return sum
}

// TestOnePushToAFleet sends one push a hundred times at once to four machines, half of the times as the same request,
// half signed anew.
func TestOnePushToAFleet(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var machines []*machine
	for i := range 4 {
		machines = append(machines, newMachine(t, s, fmt.Sprint(i)))
	}
	same := callbacktest.Sender{App: pushApp, Time: time.Now(), Nonce: "1320562132", Random: [16]byte([]byte("aaaabbbbccccdddd"))}
	var mu sync.Mutex
	replies := make(map[string]int)
	var wg sync.WaitGroup
	for i := range 100 {
		r := callbacktest.Push(pushApp, pushOf(1))
		if i%2 == 0 {
			r = same.Push(pushOf(1))
		}
		wg.Go(func() {
			status, reply := machines[i%len(machines)].answer(t, r)
			mu.Lock()
			defer mu.Unlock()
			replies[reply]++
			// Where the time is over before the first one is done, WeChat is told to come again.
			require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, status)
		})
	}
	wg.Wait()
	require.Equal(t, 1, ran(machines))
	t.Logf("100 times at once to 4 machines: ran once, %d different answers", len(replies))

	_, want := machines[0].answer(t, callbacktest.Push(pushApp, pushOf(1)))
	require.Contains(t, want, "from ")
	for _, m := range machines {
		status, reply := m.answer(t, callbacktest.Push(pushApp, pushOf(1)))
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, want, reply, "the answer of the machine that ran it")
		require.Zero(t, m.down.Load())
	}
	delete(replies, want)
	delete(replies, "") // 503
	require.Empty(t, replies)
	require.Equal(t, 1, ran(machines))

	rdb := s.client()
	keys, err := rdb.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.NotContains(t, keys[0], "oFan-1")
	left, err := rdb.PTTL(t.Context(), keys[0]).Result()
	require.NoError(t, err)
	require.Positive(t, left, "nothing stays for ever")
	require.LessOrEqual(t, left, 11*time.Minute)
}

func TestPushesWhileRedisIsInTrouble(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct{ begin, end func(s *server) }{
		"stopped":        {(*server).kill, (*server).start},
		"frozen":         {(*server).freeze, (*server).thaw},
		"wrong password": {changePassword, takePasswordBack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startRedis(t)
			machines := []*machine{newMachine(t, s, "0"), newMachine(t, s, "1")}
			everywhere := func(msgID, times int) {
				for range times {
					for _, m := range machines {
						status, reply := m.answer(t, callbacktest.Push(pushApp, pushOf(msgID)))
						require.Equal(t, http.StatusOK, status)
						require.Contains(t, reply, "from ")
					}
				}
			}
			everywhere(1, 2)
			require.Equal(t, 1, ran(machines))

			trouble.begin(s)
			for _, m := range machines {
				m.store.hurry.Store(true)
			}
			everywhere(2, 3)
			require.Equal(t, 3, ran(machines), "once on each machine: neither lost nor repeated there")
			for _, m := range machines {
				require.Positive(t, m.down.Load())
				m.store.hurry.Store(false)
			}
			trouble.end(s)
			everywhere(3, 2)
			require.Equal(t, 4, ran(machines), "shared again, without a restart")
		})
	}
}

// dyingEnv makes the test binary a machine that dies while it handles a push. Its value is the address of Redis.
const dyingEnv = "REDISSTORE_TEST_DYING"

// dieAtWork does not return.
func dieAtWork(addr string) {
	pushes, err := redisstore.NewPushes(redis.NewClient(&redis.Options{Addr: addr}))
	must(err)
	h, err := callback.New(callback.Config{
		Apps: []callback.App{pushApp}, Store: &patient{Store: pushes}, AnswerWithin: 2 * time.Second,
	})
	must(err)
	h.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
		must(syscall.Kill(os.Getpid(), syscall.SIGKILL))
		select {}
	})
	h.ServeHTTP(httptest.NewRecorder(), callbacktest.Push(pushApp, pushOf(1)))
	panic("alive")
}

// TestPushOfAMachineThatDied: the claim of a process that was killed ends by itself, and the next retry runs.
func TestPushOfAMachineThatDied(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	dying := exec.Command(os.Args[0])
	dying.Env = append(os.Environ(), dyingEnv+"="+s.addr())
	err := dying.Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, "signal: killed", exit.String())

	start := time.Now()
	rdb := s.client()
	keys, err := rdb.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.True(t, strings.HasPrefix(rdb.Get(t.Context(), keys[0]).Val(), "r"), "it died as the owner of the push")
	lease := rdb.PTTL(t.Context(), keys[0]).Val()
	require.LessOrEqual(t, lease, 3500*time.Millisecond)

	m := newMachine(t, s, "heir")
	status, reply := m.answer(t, callbacktest.Push(pushApp, pushOf(1)))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, reply, "from heir")
	require.GreaterOrEqual(t, time.Since(start), lease, "not before the claim is over")
	require.Equal(t, int32(1), m.ran.Load())
}
