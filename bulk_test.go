package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

// numbers counts from 0 to n-1, and notes how many were asked for.
func numbers(n int64, taken *atomic.Int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := range n {
			taken.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

func TestBulkOneOutcomeForEachMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken, running, most atomic.Int64
		seen := map[int64]error{}
		odd := errors.New("odd")
		var reports []wechat.Progress
		done, err := wechat.Bulk[int64]{
			Concurrency: 8,
			Send: func(_ context.Context, n int64) error {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				time.Sleep(time.Duration(n%7+1) * 10 * time.Millisecond)
				if n%2 == 1 {
					return odd
				}
				return nil
			},
			Outcome: func(i, n int64, err error) {
				require.Equal(t, i, n)
				require.NotContains(t, seen, i)
				require.LessOrEqual(t, taken.Load()-int64(len(seen)), int64(8+1), "nothing piles up")
				seen[i] = err
			},
			Report: func(p wechat.Progress) { reports = append(reports, p) },
		}.Run(t.Context(), numbers(1000, &taken))
		require.NoError(t, err)
		require.Equal(t, wechat.Progress{Next: 1000, Sent: 500, Failed: 500}, done)
		require.Len(t, seen, 1000)
		require.ErrorIs(t, seen[1], odd)
		require.LessOrEqual(t, most.Load(), int64(8))
		require.Equal(t, done, reports[len(reports)-1])
		require.Greater(t, len(reports), 3, "about once a second")
		require.Less(t, len(reports), 9)
	})
}

func TestBulkStopsAndResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var taken atomic.Int64
		sent := map[int64]int{}
		bulk := wechat.Bulk[int64]{
			Concurrency: 4,
			Send: func(ctx context.Context, n int64) error {
				select {
				case <-time.After(time.Duration(10-n%10) * time.Millisecond):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			},
			Outcome: func(i, _ int64, err error) {
				if err == nil {
					sent[i]++
				}
				if i == 50 {
					cancel()
				}
			},
		}
		done, err := bulk.Run(ctx, numbers(100, &taken))
		require.ErrorIs(t, err, context.Canceled)
		require.LessOrEqual(t, taken.Load(), int64(60))
		require.Equal(t, done.Sent, int64(len(sent)))

		bulk.Skip = done.Next
		rest, err := bulk.Run(t.Context(), numbers(100, &taken))
		require.NoError(t, err)
		require.Equal(t, int64(100), rest.Next)
		require.Equal(t, 100-done.Next, rest.Sent)
		for i, times := range sent {
			require.Equal(t, 1, times, i)
		}
	})
}

func TestBulkRefuses(t *testing.T) {
	t.Parallel()
	send := func(context.Context, int) error { return nil }
	for want, b := range map[string]wechat.Bulk[int]{
		"wechat: Bulk.Send: nil":                   {},
		"wechat: Bulk.Concurrency: -1 is negative": {Send: send, Concurrency: -1},
		"wechat: Bulk.Skip: -2 is negative":        {Send: send, Skip: -2},
		"wechat: Bulk.Every: -3ns is negative":     {Send: send, Every: -3},
	} {
		_, err := b.Run(t.Context(), nil)
		require.EqualError(t, err, want)
	}
}

// Ten thousand reminders, of which those to users without an acceptance come back with their reason.
func ExampleBulk() {
	wx, _ := emulator.Start()
	defer wx.Close()
	app := wx.MiniProgram()
	tpl := app.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1"}})
	client, _ := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	defer client.Close()
	messages := subscribe.New(client)

	due := func(yield func(*subscribe.Message) bool) { // from a database, a file, a queue
		for i := range 10_000 {
			user := wx.User(fmt.Sprint("user ", i))
			if i%100 != 0 {
				user.Accept(tpl)
			}
			if !yield(&subscribe.Message{ToUser: user.OpenID(app), TemplateID: tpl, Data: subscribe.Data{"thing1": "Insurance"}}) {
				return
			}
		}
	}
	refused := 0
	done, err := wechat.Bulk[*subscribe.Message]{
		Send: func(ctx context.Context, m *subscribe.Message) error {
			_, err := messages.Send(ctx, m)
			return err
		},
		Outcome: func(_ int64, _ *subscribe.Message, err error) {
			if errors.Is(err, errcode.UserRefused) {
				refused++
			}
		},
	}.Run(context.Background(), due)
	fmt.Println(done.Sent, done.Failed, refused, err)
	// Output: 9900 100 100 <nil>
}
