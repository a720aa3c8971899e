package within_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/within"
)

func TestCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := within.Call(t.Context(), time.Second, func(context.Context) (int, error) { return 7, nil })
		require.NoError(t, err)
		require.Equal(t, 7, got)

		failure := errors.New("own error")
		require.ErrorIs(t, within.Do(t.Context(), time.Second, func(context.Context) error { return failure }), failure)

		deaf := func(context.Context) error { time.Sleep(time.Minute); return nil }
		start := time.Now()
		err = within.Do(t.Context(), time.Second, deaf)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "no answer within 1s")
		require.Equal(t, time.Second, time.Since(start))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, within.Do(ctx, time.Second, deaf), context.Canceled)
		time.Sleep(2 * time.Minute) // the deaf ones end, too
	})
}
