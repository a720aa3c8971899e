package callback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// TestWhatCountsAsTheSamePush pairs pushes that must be told apart, and some that must not.
func TestWhatCountsAsTheSamePush(t *testing.T) {
	t.Parallel()
	mediaCheck := `{"ToUserName":"gh_1","FromUserName":"oSystem","CreateTime":1763600000,"MsgType":"event","Event":"wxa_media_check","trace_id":"db6a"}`
	popup := read(t, "pushes/subscribe_popup_one.xml")
	view := read(t, "pushes/menu_view.xml")
	cases := map[string]struct {
		first, second string
		same          bool
	}{
		"message again":             {textPush, textPush, true},
		"message again, reordered":  {textPush, strings.Replace(textPush, "<MsgType>", "<Idx>1</Idx><MsgType>", 1), true},
		"message, in XML and JSON":  {textPush, jsonPush, true},
		"other MsgId":               {textPush, strings.Replace(textPush, "0001<", "0002<", 1), false},
		"MsgId of another user":     {textPush, strings.Replace(textPush, "oFan-1", "oFan-2", 1), false},
		"MsgId of another account":  {textPush, strings.Replace(textPush, originalID, "gh_2", 1), false},
		"event again":               {popup, popup, true},
		"event, in another second":  {popup, strings.Replace(popup, "1763600000", "1763600001", 1), false},
		"event, of another user":    {popup, strings.Replace(popup, "oUser-1", "oUser-2", 1), false},
		"event, of another name":    {popup, strings.Replace(popup, "subscribe_msg_popup", "subscribe_msg_change", 1), false},
		"event, of another content": {popup, strings.Replace(popup, "TplId_demo_01", "TplId_demo_02", 1), false},
		"event, of another key":     {view, strings.Replace(view, "a=1", "a=2", 1), false},
		"two checks in one second":  {mediaCheck, strings.Replace(mediaCheck, "db6a", "fbef", 1), false},
		"unknown event":             {read(t, "pushes/event_unknown.xml"), read(t, "pushes/event_unknown.json"), true},
		"message without MsgId":     {strings.Replace(textPush, "MsgId", "None", 2), strings.Replace(strings.Replace(textPush, "MsgId", "None", 2), "hello", "bye", 1), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, secureApp())
			b.push(t, c.first)
			b.push(t, c.second)
			require.Len(t, b.handled(), map[bool]int{true: 1, false: 2}[c.same])
		})
	}
}

// fleetStore is a store that several machines share, and that can be down.
type fleetStore struct {
	*callback.MemoryStore // hidden from New, which knows the bare type

	mu   sync.Mutex
	down bool
	keys []string
}

var errDown = errors.New("connection refused")

func (f *fleetStore) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *fleetStore) err(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = append(f.keys, key)
	if f.down {
		return errDown
	}
	return nil
}

func (f *fleetStore) Begin(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
	if err := f.err(key); err != nil {
		return callback.Claim{}, err
	}
	return f.MemoryStore.Begin(ctx, key, owner, lease)
}

func (f *fleetStore) Finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
	if err := f.err(key); err != nil {
		return err
	}
	return f.MemoryStore.Finish(ctx, key, answer, ttl)
}

func (f *fleetStore) Release(ctx context.Context, key, owner string) error {
	if err := f.err(key); err != nil {
		return err
	}
	return f.MemoryStore.Release(ctx, key, owner)
}

// fleet returns two machines that share a store.
func fleet(t *testing.T, mode callback.Mode) (store *fleetStore, one, two *bundle) {
	t.Helper()
	store = &fleetStore{MemoryStore: &callback.MemoryStore{}}
	share := func(c *callback.Config) { c.Store = store }
	return store, setup(t, appIn(mode), share), setup(t, appIn(mode), share)
}

func TestFleetRunsOnce(t *testing.T) {
	t.Parallel()
	store, one, two := fleet(t, callback.ModeSecure)
	callback.On(one.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "from one"}, nil
	})
	require.Contains(t, one.push(t, textPush), "from one")
	require.Contains(t, two.push(t, textPush), "from one", "the reply comes from the store")
	require.Empty(t, two.handled())
	two.requireReport(t, callback.ErrDuplicate)
	for _, k := range store.keys {
		require.NotContains(t, k, "oFan", "keys hold no OpenID")
	}
}

func TestFleetReplay(t *testing.T) {
	t.Parallel()
	_, one, two := fleet(t, callback.ModePlain)
	require.Equal(t, http.StatusOK, one.do(goldenRequest(one.app, textPush)).Code)
	two.requireRefused(t, goldenRequest(two.app, strings.Replace(textPush, "hello", "bye", 1)), callback.ErrReplay)
}

func TestFleetRetriesFailureElsewhere(t *testing.T) {
	t.Parallel()
	_, one, two := fleet(t, callback.ModeSecure)
	one.Fallback(func(context.Context, callback.Push) (callback.Reply, error) { return nil, errBoom })
	require.Equal(t, http.StatusInternalServerError, one.do(one.sender().Push(textPush)).Code)
	two.push(t, textPush)
	require.Len(t, two.handled(), 1)
}

// TestFleetOutlivesACrash: the machine that claimed the push is gone; the claim ends, and the next retry runs.
func TestFleetOutlivesACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, one, two := fleet(t, callback.ModeSecure)
		one.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
			store.set(true) // the machine never gets to say what became of it
			return nil, nil
		})
		require.Equal(t, http.StatusOK, one.do(one.sender().Push(textPush)).Code)
		one.requireReport(t, callback.ErrStore)
		store.set(false)

		start := time.Now()
		w := two.do(two.sender().Push(textPush))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.LessOrEqual(t, time.Since(start), 4500*time.Millisecond)
		two.requireReport(t, callback.ErrBusy)
		time.Sleep(500 * time.Millisecond)
		two.push(t, textPush)
		require.Len(t, two.handled(), 1)
	})
}

func TestStoreDown(t *testing.T) {
	t.Parallel()
	store, one, two := fleet(t, callback.ModePlain) // which asks the store for the nonce too
	store.set(true)
	one.push(t, textPush)
	require.Len(t, one.handled(), 1, "a push is not lost")
	for _, r := range one.reported() {
		require.ErrorIs(t, r.Err, callback.ErrStore)
		require.ErrorIs(t, r.Err, errDown)
	}
	one.push(t, textPush)
	require.Empty(t, one.handled(), "one machine still runs it once")
	two.push(t, textPush)
	require.Len(t, two.handled(), 1, "but each machine does")

	one.Fallback(func(context.Context, callback.Push) (callback.Reply, error) { return nil, errBoom })
	other := strings.Replace(textPush, "0001<", "0002<", 1)
	for range 2 {
		require.Equal(t, http.StatusInternalServerError, one.do(one.sender().Push(other)).Code, "what failed runs again")
	}
}

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	begin := func(t *testing.T, m *callback.MemoryStore, key, owner string) callback.Claim {
		t.Helper()
		claim, err := m.Begin(ctx, key, owner, time.Minute)
		require.NoError(t, err)
		return claim
	}
	t.Run("claims", func(t *testing.T) {
		t.Parallel()
		m := &callback.MemoryStore{}
		require.Equal(t, callback.Claimed, begin(t, m, "k", "a").State)
		require.Equal(t, callback.Claimed, begin(t, m, "k", "a").State, "again for the same owner")
		require.Equal(t, callback.Running, begin(t, m, "k", "b").State)
		require.Equal(t, callback.Claimed, begin(t, m, "other", "b").State)

		require.NoError(t, m.Release(ctx, "k", "b"))
		require.Equal(t, callback.Running, begin(t, m, "k", "b").State, "not b's to release")
		require.NoError(t, m.Release(ctx, "k", "a"))
		require.Equal(t, callback.Claimed, begin(t, m, "k", "b").State)

		require.NoError(t, m.Finish(ctx, "k", []byte("answer"), time.Minute))
		for _, owner := range []string{"a", "b"} {
			require.Equal(t, callback.Claim{State: callback.Done, Answer: []byte("answer")}, begin(t, m, "k", owner))
		}
		require.NoError(t, m.Release(ctx, "k", "b"))
		require.Equal(t, callback.Done, begin(t, m, "k", "b").State, "done stays done")
		require.NoError(t, m.Release(ctx, "nobody", "b"))
	})
	t.Run("time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			m := &callback.MemoryStore{}
			begin(t, m, "claimed", "a")
			require.NoError(t, m.Finish(ctx, "done", nil, 2*time.Minute))
			time.Sleep(time.Minute)
			require.Equal(t, callback.Claimed, begin(t, m, "claimed", "b").State)
			require.Equal(t, callback.Done, begin(t, m, "done", "b").State)
			time.Sleep(time.Minute)
			require.Equal(t, callback.Claimed, begin(t, m, "done", "b").State)
		})
	})
	t.Run("bound", func(t *testing.T) {
		t.Parallel()
		m := &callback.MemoryStore{MaxBytes: 100_000}
		answer := make([]byte, 1000)
		for i := range 1000 {
			require.NoError(t, m.Finish(ctx, fmt.Sprint(i), answer, time.Hour))
		}
		kept := 0
		for i := range 1000 {
			if begin(t, m, fmt.Sprint(999-i), "b").State == callback.Done {
				kept++
			} else if i < 50 {
				require.Fail(t, "the newest must be kept", i)
			}
		}
		require.Less(t, kept, 100)
	})
	t.Run("one that is too large is kept alone", func(t *testing.T) {
		t.Parallel()
		m := &callback.MemoryStore{MaxBytes: 10}
		require.NoError(t, m.Finish(ctx, "k", make([]byte, 1000), time.Hour))
		require.Equal(t, callback.Done, begin(t, m, "k", "b").State)
	})
}
