package wechat_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
)

// Sixteen calls at one a second: the last waits longer for its turn than a call may take.
func TestWaitingForOnesTurnIsNotPartOfTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := scripted(t, []step{answer(ok)}, wechat.WithRateLimit(1, 1), wechat.WithTimeout(10*time.Second))
		start := time.Now()
		errs := make([]error, 16)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil) })
		}
		wg.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Equal(t, 15*time.Second, time.Since(start).Round(time.Millisecond))
	})
}

func TestNoTurnBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, []step{answer(ok)}, wechat.WithRateLimit(1, 1))
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		err := client.Do(ctx, http.MethodPost, "/x", nil, nil, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "wechat.Do: no turn at the rate limit: context deadline exceeded")
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Len(t, s.seen, 1)
	})
}
