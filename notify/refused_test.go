package notify_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// behind runs a test on both databases, with a way to their tables that bypasses the ledger.
func behind(t *testing.T, test func(t *testing.T, db *notify.Database, exec func(query string))) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "ledger.db")
		db := must(notify.OpenSQLite(t.Context(), path))
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		raw := must(sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)"))
		t.Cleanup(func() { require.NoError(t, raw.Close()) })
		test(t, db, func(query string) {
			_, err := raw.ExecContext(t.Context(), query)
			require.NoError(t, err)
		})
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Database(t)
		db := must(notify.OpenPostgres(t.Context(), dsn))
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		raw := must(pgx.Connect(t.Context(), dsn))
		t.Cleanup(func() { _ = raw.Close(context.Background()) })
		test(t, db, func(query string) {
			_, err := raw.Exec(t.Context(), query)
			require.NoError(t, err)
		})
	})
}

// TestBrokenRows has rows that nobody can read among others, which are sent.
func TestBrokenRows(t *testing.T) {
	t.Parallel()
	behind(t, func(t *testing.T, db *notify.Database, exec func(string)) {
		var sent atomic.Int64
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			sent.Add(1)
			return 0, nil
		})
		log := &counter{words: "cannot be decided about"}
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		n := must(notify.New(cfg))
		planSMS(t, n, append(keys("good", 40), "spec", "gone", "lead", "odd", "fax", "steps")...)
		exec(`UPDATE notify_reminders SET spec = '{' WHERE id = 'spec'`)
		exec(`DELETE FROM notify_reminders WHERE id = 'gone'`)
		exec(`UPDATE notify_firings SET lead = 'soon' WHERE reminder_id = 'lead'`)
		exec(`UPDATE notify_firings SET state = 'odd' WHERE reminder_id = 'odd'`)
		exec(`UPDATE notify_reminders SET spec = REPLACE(spec, '"sms"', '"fax"') WHERE id = 'fax'`)
		exec(`UPDATE notify_firings SET decision = '{' WHERE reminder_id = 'steps'`)
		require.NoError(t, n.Start(t.Context()))
		require.Eventually(t, func() bool { return sent.Load() == 41 }, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
		for key, want := range map[string]string{
			"spec": "failed: its reminder cannot be read", "gone": "failed: its reminder is gone",
			"fax": "planned: left to processes with the doors: fax", "steps": "accepted: ", "good-7": "accepted: ",
		} {
			list := must(n.List(t.Context(), notify.Query{Key: key}))
			require.Equal(t, want, fmt.Sprintf("%s: %s", list[0].State, list[0].Reason), key)
		}
		exec(`UPDATE notify_firings SET lead = '7d' WHERE reminder_id = 'lead'`) // so that it can be listed
		list := must(n.List(t.Context(), notify.Query{Key: "lead"}))
		require.Equal(t, notify.Failed, list[0].State)
		require.Equal(t, "its lead cannot be read", list[0].Reason)
		require.EqualValues(t, 41, sent.Load())
		require.EqualValues(t, 3, log.count.Load(), "each once")
	})
}

// refuse has a database refuse some change of a table, for leads whose reminder is named bad.
func refuse(t *testing.T, exec func(string), change, table, column, when string) (allow func()) {
	t.Helper()
	condition := fmt.Sprintf("NEW.%s LIKE 'bad%%' AND %s", column, when)
	if strings.HasSuffix(t.Name(), "SQLite") {
		exec(fmt.Sprintf(`CREATE TRIGGER refuse BEFORE %s ON %s WHEN %s BEGIN SELECT RAISE(ABORT, 'no'); END`, change, table, condition))
		return func() { exec(`DROP TRIGGER refuse`) }
	}
	exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END$$`)
	exec(fmt.Sprintf(`CREATE TRIGGER refuse BEFORE %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse()`, change, table, condition))
	return func() { exec(`DROP TRIGGER refuse ON ` + table) }
}

// TestLeadThatTheDatabaseRefuses has a database that refuses to commit to some messages: the others are sent.
func TestLeadThatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	behind(t, func(t *testing.T, db *notify.Database, exec func(string)) {
		var sent atomic.Int64
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			sent.Add(1)
			return 0, nil
		})
		cfg.Workers = 16
		n := must(notify.New(cfg))
		planSMS(t, n, append(keys("good", 20), keys("bad", 3)...)...)
		planSMS(t, n, keys("well", 20)...)
		refuse(t, exec, "INSERT", "notify_intents", "firing_id", "TRUE")
		require.NoError(t, n.Start(t.Context()))
		require.Eventually(t, func() bool {
			due, err := n.Counts(context.Background(), notify.Query{To: time.Now().Add(time.Minute)})
			return err == nil && due[notify.Accepted] == 40 && len(due) == 1
		}, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
		require.EqualValues(t, 40, sent.Load())
		for _, key := range keys("bad", 3) {
			s := must(n.List(t.Context(), notify.Query{Key: key}))[0]
			require.Equal(t, notify.Planned, s.State)
			require.Contains(t, s.Reason, "refused")
		}
		planSMS(t, n, "bad-late", "late")
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 41, sent.Load())
	})
}

// TestOpenLeadThatTheDatabaseRefuses has a database that refuses to settle what a process left open: the others are sent.
func TestOpenLeadThatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	behind(t, func(t *testing.T, db *notify.Database, exec func(string)) {
		var sent atomic.Int64
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			sent.Add(1)
			return 0, nil
		})
		cfg.SendTimeout = time.Millisecond // the lease ends soon
		log := &counter{words: "a lead is put off"}
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		n := must(notify.New(cfg))
		planSMS(t, n, "bad")
		require.Equal(t, 1, must(notify.TakeAndDie(t.Context(), n, 1)))
		refuse(t, exec, "UPDATE", "notify_intents", "firing_id", "TRUE")
		require.NoError(t, n.Start(t.Context()))
		require.Eventually(t, func() bool { return log.count.Load() == 1 }, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
		cfg.SendTimeout = patience
		n = must(notify.New(cfg))
		planSMS(t, n, keys("good", 10)...)
		require.Equal(t, 10, must(n.FireDue(t.Context())))
		require.EqualValues(t, 10, sent.Load())
	})
}

// TestOutcomeThatTheDatabaseRefuses has a database that refuses the outcome of some messages for a while: those of the
// others are stored meanwhile, and none is lost.
func TestOutcomeThatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	behind(t, func(t *testing.T, db *notify.Database, exec func(string)) {
		var sent atomic.Int64
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			sent.Add(1)
			return 0, nil
		})
		cfg.Workers, cfg.SendTimeout = 16, patience // nobody else is to settle them
		n := must(notify.New(cfg))
		planSMS(t, n, append(keys("good", 20), keys("bad", 3)...)...)
		allow := refuse(t, exec, "UPDATE", "notify_firings", "id", "NEW.state = 'accepted'")
		require.NoError(t, n.Start(t.Context()))
		accepted := func(want int) func() bool {
			return func() bool {
				counts, err := n.Counts(context.Background(), notify.Query{})
				return err == nil && counts[notify.Accepted] == want
			}
		}
		require.Eventually(t, accepted(20), patience, 10*time.Millisecond)
		allow()
		require.Eventually(t, accepted(23), patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
		require.EqualValues(t, 23, sent.Load())
	})
}

// TestJobsOfOthers has other processes get the jobs that this one calls for: what comes back here is stored all the same.
func TestJobsOfOthers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n := must(notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })))
		planSMS(t, n, keys("sms", 4)...)
		require.NoError(t, notify.TakeAndTend(t.Context(), n, 4))
		counts := must(n.Counts(t.Context(), notify.Query{}))
		require.Equal(t, map[notify.State]int{notify.Accepted: 4}, counts)
	})
}
