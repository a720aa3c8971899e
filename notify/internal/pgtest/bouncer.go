//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bouncer puts a PgBouncer in transaction mode before a database of this package, with so many connections to the
// server, and returns the address through it. Without the program it skips the test on a laptop, and fails it
// where CI=true.
func Bouncer(tb testing.TB, dsn string, size int) string {
	tb.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil && os.Getenv("CI") != "true" {
			tb.Skip("PgBouncer is not installed")
		}
	}
	through, err := bounce(tb, program, dsn, size)
	if err != nil {
		tb.Fatal("PgBouncer: ", err)
	}
	return through
}

func bounce(tb testing.TB, program, dsn string, size int) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "pgbouncer")
	if err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	users, ini := filepath.Join(dir, "users"), filepath.Join(dir, "ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = %d
max_client_conn = 200
`, u.Hostname(), u.Port(), port, users, size)
	err = errors.Join(os.WriteFile(ini, []byte(text), 0o600), os.WriteFile(users, []byte(`"postgres" ""`+"\n"), 0o600))
	if err != nil {
		return "", err
	}
	credential, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	if credential != nil {
		for _, path := range []string{ini, users} {
			if err := os.Chown(path, int(credential.Uid), int(credential.Gid)); err != nil {
				return "", err
			}
		}
	}
	//nolint:gosec // the path is that of an installed program
	cmd := runAs(exec.CommandContext(context.Background(), "sh", "-c", keeper, dir, "TERM", program, "-q", ini), credential)
	cmd.Dir = dir
	var log strings.Builder
	cmd.Stderr = &log
	alive, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	tb.Cleanup(func() {
		_ = alive.Close()
		_ = cmd.Wait()
		if tb.Failed() {
			tb.Log(log.String())
		}
	})
	u.Host = "127.0.0.1:" + strconv.Itoa(port)
	return u.String(), answers(u.String())
}

// answers waits until somebody answers at an address.
func answers(dsn string) error {
	deadline := time.After(30 * time.Second)
	for {
		err := ask(dsn)
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("no answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func ask(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT 1")
	return errors.Join(err, conn.Close(ctx))
}
