//go:build unix

// Package pgtest starts a PostgreSQL server of its own for tests.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is started by the first test that needs it, one for the test binary.
var server struct {
	once  sync.Once
	err   error
	dir   string
	port  int
	cmd   *exec.Cmd
	alive io.Closer // the server ends when it is closed, as it is when this process dies
	mu    sync.Mutex
	count int
	free  []string // databases that are empty again: to make one takes longer than to wipe one
}

// keeper runs a server until its input ends, then sends it a signal, and removes the directory $0.
const keeper = `signal=$1; shift; "$@" & cat >/dev/null; kill -$signal $!; wait $!; rm -rf "$0"`

var errMissing = errors.New("PostgreSQL is not installed")

// Database lends an empty database until the test ends and returns its address. Without the binaries of PostgreSQL it
// skips the test on a laptop, and fails it where CI=true.
func Database(tb testing.TB) string {
	tb.Helper()
	server.once.Do(func() { server.err = start() })
	if errors.Is(server.err, errMissing) && os.Getenv("CI") != "true" {
		tb.Skip(server.err)
	}
	if server.err != nil {
		tb.Fatal(server.err)
	}
	name, err := borrow()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := wipe(name); err != nil {
			tb.Logf("%s is not lent again: %v", name, err)
			return
		}
		server.mu.Lock()
		defer server.mu.Unlock()
		server.free = append(server.free, name)
	})
	return address(name)
}

func borrow() (string, error) {
	server.mu.Lock()
	defer server.mu.Unlock()
	if last := len(server.free) - 1; last >= 0 {
		name := server.free[last]
		server.free = server.free[:last]
		return name, nil
	}
	server.count++
	name := fmt.Sprintf("test%d", server.count)
	return name, execute("postgres", "CREATE DATABASE "+name)
}

// wipe makes a database as CREATE DATABASE leaves it. Connections that a test has left open, and those of processes that it
// has killed, are closed before.
func wipe(name string) error {
	return execute(name, `
		SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid();
		ALTER DATABASE `+name+` RESET ALL;
		DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' LOOP
				EXECUTE format('DROP SCHEMA %I CASCADE', name);
			END LOOP;
			CREATE SCHEMA public;
			IF current_setting('server_version_num')::int < 150000 THEN
				GRANT ALL ON SCHEMA public TO PUBLIC;
			ELSE
				ALTER SCHEMA public OWNER TO pg_database_owner;
				GRANT USAGE ON SCHEMA public TO PUBLIC;
			END IF;
		END $$;`)
}

// Stop ends the server and removes its files. TestMain calls it; should the tests be killed before, the server
// ends all the same.
func Stop() {
	if server.alive != nil {
		_ = server.alive.Close()
		_ = server.cmd.Wait()
	}
}

func address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", server.port, database)
}

func execute(database, query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address(database))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, query)
	return errors.Join(err, conn.Close(ctx))
}

func start() (err error) {
	bin, err := binaries()
	if err != nil {
		return err
	}
	if server.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	credential, err := unprivileged(server.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(server.dir, "data")
	//nolint:gosec // the path is that of an installed program
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	if out, err := runAs(initdb, credential).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if server.port, err = freePort(); err != nil {
		return err
	}
	//nolint:gosec // as above
	server.cmd = runAs(exec.CommandContext(context.Background(), "sh", "-c", keeper, server.dir, "QUIT",
		filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(server.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
		"-c", "fsync="+fsync()), credential)
	if server.alive, err = server.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := server.cmd.Start(); err != nil {
		return err
	}
	return answers(address("postgres"))
}

// fsync is off for tests, which care for the processes and not for the power; benchmarks set it.
func fsync() string {
	if v := os.Getenv("PGTEST_FSYNC"); v != "" {
		return v
	}
	return "off"
}

func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errMissing
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged chooses a user for a test that runs as root, which PostgreSQL refuses, and gives it dir.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

func runAs(cmd *exec.Cmd, credential *syscall.Credential) *exec.Cmd {
	cmd.Dir = server.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}
	return cmd
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
