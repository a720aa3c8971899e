package notify_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// beforeRenewals takes the tables back to what they were before reminders could be renewed and repeated: the ways down of
// these migrations.
func beforeRenewals(t *testing.T) (statements []string) {
	for _, name := range []string{"repeat", "renewal"} {
		files, err := filepath.Glob("internal/sqldb/migrations/*_" + name + ".sql")
		require.NoError(t, err)
		require.Len(t, files, 1)
		text, err := os.ReadFile(files[0])
		require.NoError(t, err)
		_, down, found := strings.Cut(string(text), "-- +goose Down\n")
		require.True(t, found)
		for s := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(down), ";"), ";") {
			statements = append(statements, s)
		}
		number, _, _ := strings.Cut(filepath.Base(files[0]), "_")
		version, err := strconv.Atoi(number)
		require.NoError(t, err)
		statements = append(statements, fmt.Sprintf("DELETE FROM notify_versions WHERE version_id = %d", version))
	}
	return statements
}

// TestUpgradeToRenewals opens a database of before, with reminders that are planned and sent: nothing is lost, and any of
// them can get a renewal. NOTIFY_UPGRADE says how many there are.
func TestUpgradeToRenewals(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "ledger.db")
		upgrade(t, func() *notify.Database { return must(notify.OpenSQLite(t.Context(), path)) }, func(statement string) {
			raw := must(sql.Open("sqlite", path))
			defer raw.Close()
			_, err := raw.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		})
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Database(t)
		upgrade(t, func() *notify.Database { return must(notify.OpenPostgres(t.Context(), dsn)) },
			func(statement string) { execute(t, dsn, statement) })
	})
}

func upgrade(t *testing.T, open func() *notify.Database, exec func(string)) {
	reminders := 100
	if text := os.Getenv("NOTIFY_UPGRADE"); text != "" {
		var err error
		reminders, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	clock := &turnedClock{now: start}
	cfg := smsConfig(open(), func(context.Context, *notify.Message) (int64, error) { return 0, nil })
	cfg.Now = clock.Now
	n, err := notify.New(cfg)
	require.NoError(t, err)
	var list []*notify.Reminder
	for i := range reminders {
		r := contract(fmt.Sprintf("c-%d", i))
		r.Renewal = nil
		if r.Due = start.AddDate(0, 0, 20); i < 10 {
			r.Due = start.AddDate(0, 0, 3) // of these a lead is sent before
		}
		list = append(list, r)
	}
	require.NoError(t, n.PlanAll(t.Context(), list))
	_, err = n.FireDue(t.Context())
	require.NoError(t, err)
	before := must(n.Counts(t.Context(), notify.Query{}))
	require.Equal(t, map[notify.State]int{notify.Accepted: 10, notify.Planned: 3*reminders - 10}, before)
	require.NoError(t, cfg.Database.Close())
	for _, statement := range beforeRenewals(t) {
		exec(statement)
	}

	began := time.Now()
	cfg.Database = open()
	t.Logf("%d reminders: opened in %s", reminders, time.Since(began))
	defer func() { require.NoError(t, cfg.Database.Close()) }()
	n, err = notify.New(cfg)
	require.NoError(t, err)
	require.Equal(t, before, must(n.Counts(t.Context(), notify.Query{})))
	require.NoError(t, n.PlanAll(t.Context(), list[:20]))
	require.Equal(t, before, must(n.Counts(t.Context(), notify.Query{})), "planned again nothing is sent again")
	for _, r := range list[:10] {
		r.Renewal = &notify.Renewal{Every: 1, Period: notify.Monthly}
	}
	require.NoError(t, n.PlanAll(t.Context(), list[:10]))
	clock.turn(start.AddDate(0, 0, 5))
	_, err = n.FireDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Accepted: 20, notify.Missed: 10, notify.Planned: 3 * reminders},
		must(n.Counts(t.Context(), notify.Query{})))
}
