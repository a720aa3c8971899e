package notify_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestMalformedDSN has errors that neither show nor hold the DSN.
func TestMalformedDSN(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	for dsn, want := range map[string]string{
		"postgres://user:hunter2@127.0.0.1:port/db":                          "invalid port",
		"postgres://user:hun/hunter2@127.0.0.1/db":                           "DSN",
		"postgres://user:%zzhunter2@127.0.0.1/db":                            "failed to parse as URL",
		"postgres://user:hunter2@127.0.0.1:99999/db":                         "invalid port",
		"host=127.0.0.1 password='hunter2":                                   "failed to parse as keyword/value",
		"user:hunter2@127.0.0.1":                                             "failed to parse as keyword/value",
		"postgres://user:hunter2@127.0.0.1/db?pool_max_conns=hunter2":        "cannot parse pool_max_conns",
		"postgres://user:hunter2@127.0.0.1/db?default_query_exec_mode=x":     "invalid default_query_exec_mode",
		"postgres://user:hunter2@127.0.0.1/db?sslmode=hunter2":               "failed to configure TLS",
		"postgres://user:hunter2@127.0.0.1/db?sslrootcert=/no/such/file.pem": "failed to configure TLS",
		"postgres://user:hunter2@127.0.0.1/db?engine_schema=hunter2-":        "engine_schema",
		"postgres://user:hunter2@127.0.0.1:1/db?connect_timeout=5":           "failed to connect",
	} {
		_, err := notify.OpenPostgres(t.Context(), dsn)
		require.ErrorContains(t, err, want)
		requireNowhere(t, err, password)
		var parse *pgconn.ParseConfigError
		require.NotErrorAs(t, err, &parse)
		var connect *pgconn.ConnectError
		if errors.As(err, &connect) {
			require.Empty(t, connect.Config.Password)
		}
	}
	_, err := notify.OpenPostgres(t.Context(),
		"postgres://user:hunter2@127.0.0.1/db?sslmode=verify-ca&sslrootcert=/no/such/file")
	require.ErrorIs(t, err, fs.ErrNotExist)
	var path *fs.PathError
	require.ErrorAs(t, err, &path)
	_, err = notify.OpenPostgres(t.Context(), "postgres://user:hunter2@127.0.0.1:1/db")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// TestPasswordOfALaterConnection has the database go away while the program runs.
func TestPasswordOfALaterConnection(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	name := query[string](t, dsn, `SELECT current_database()`)
	db, err := notify.OpenPostgres(t.Context(), strings.Replace(dsn, "postgres@", "postgres:hunter2@", 1))
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, nil))
	require.NoError(t, err)
	execute(t, strings.Replace(dsn, name, "postgres", 1), `DROP DATABASE `+name+` WITH (FORCE)`)
	var connect *pgconn.ConnectError
	for try := 0; connect == nil && try < 100; try++ {
		_, err = n.List(t.Context(), notify.Query{})
		require.Error(t, err)
		errors.As(err, &connect)
	}
	require.NotNil(t, connect)
	require.Empty(t, connect.Config.Password)
	requireNowhere(t, err, "hunter2")
}

// requireNowhere fails if a secret stands in the text of an error, or of one that it can be unwrapped to.
func requireNowhere(t *testing.T, err error, secret string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, err), secret)
	}
	switch e := err.(type) { //nolint:errorlint // each layer is looked at
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			requireNowhere(t, inner, secret)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			requireNowhere(t, inner, secret)
		}
	}
}
