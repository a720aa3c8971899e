package notify_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestOpenThroughAPooler has many starters at once behind a PgBouncer that gives each transaction another
// connection: none fails, none leaves a lock behind, and one that comes directly afterwards need not wait.
func TestOpenThroughAPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{
		"", "&default_query_exec_mode=exec", "&default_query_exec_mode=simple_protocol", "&pool_max_conns=1",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			direct := pgtest.Database(t)
			through := pgtest.Bouncer(t, direct, 2) + mode
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					db, err := notify.OpenPostgres(ctx, through)
					if err == nil {
						err = db.Close()
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.Zero(t, query[int](t, direct, `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))
			db, err := notify.OpenPostgres(ctx, direct)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		})
	}
}

// TestSendThroughAPooler runs the engine behind a PgBouncer of few connections, where notifications never come.
func TestSendThroughAPooler(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t)
	through := pgtest.Bouncer(t, direct, 4)
	for _, mode := range []string{"", "&default_query_exec_mode=simple_protocol", "&pool_max_conns=1"} {
		sendAll(t, through+mode, 40)
	}
	require.Zero(t, query[int](t, direct, `SELECT COUNT(*) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN%'`))
}

// TestPreparedBehindAPooler insists on prepared statements where they do not hold: the error says who stands
// between and what to do.
func TestPreparedBehindAPooler(t *testing.T) {
	t.Parallel()
	through := pgtest.Bouncer(t, pgtest.Database(t), 3)
	var failed error
	for try := 0; failed == nil && try < 20; try++ {
		db, err := notify.OpenPostgres(t.Context(), through+"&default_query_exec_mode=cache_statement")
		if failed = err; err != nil {
			break
		}
		n, err := notify.New(smsConfig(db, nil))
		require.NoError(t, err)
		errs := make(chan error, 8)
		for i := range cap(errs) {
			go func() {
				_, err := n.List(t.Context(), notify.Query{Key: fmt.Sprint(i), Limit: try + 1})
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				failed = err
			}
		}
		require.NoError(t, db.Close())
	}
	require.ErrorContains(t, failed, "PgBouncer")
	require.ErrorContains(t, failed, "default_query_exec_mode=exec")
	_, err := notify.OpenPostgres(t.Context(), through+"&search_path=elsewhere")
	require.ErrorContains(t, err, "PgBouncer")
	require.ErrorContains(t, err, "ALTER ROLE")
}

// TestSettingsOfOthers has another client of the pooler leave a search_path behind on the connection of all.
func TestSettingsOfOthers(t *testing.T) {
	t.Parallel()
	through := pgtest.Bouncer(t, pgtest.Database(t), 1)
	db, err := notify.OpenPostgres(t.Context(), through)
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil }))
	require.NoError(t, err)
	execute(t, through, `SET search_path TO nowhere`)
	planSMS(t, n, "one")
	require.NoError(t, n.Start(t.Context()))
	require.NoError(t, finished(t.Context(), n))
	require.NoError(t, n.Shutdown(t.Context()))
}
