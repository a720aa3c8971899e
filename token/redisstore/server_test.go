package redisstore_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// patience bounds each wait of these tests for something that a real server or process does.
const patience = 30 * time.Second

// server is a redis-server of the test's own.
type server struct {
	t    *testing.T
	port string
	dir  string
	args []string
	cmd  *exec.Cmd
	done chan struct{}
}

// startRedis starts a redis-server that keeps its data in a file while it is stopped in good order.
func startRedis(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed; CI must not skip these tests")
		}
		t.Skip("redis-server is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s := &server{t: t, port: port, dir: t.TempDir(), args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) addr() string { return "127.0.0.1:" + s.port }

func (s *server) start() {
	s.t.Helper()
	args := []string{"--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no"}
	if len(s.args) > 0 && filepath.Ext(s.args[0]) == ".conf" {
		args = append([]string{s.args[0], "--sentinel", "--port", s.port, "--dir", s.dir}, s.args[1:]...)
	} else {
		args = append(args, s.args...)
	}
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(s.t, s.cmd.Start())
	done := make(chan struct{})
	s.done = done
	go func(cmd *exec.Cmd) {
		defer close(done)
		_ = cmd.Wait()
	}(s.cmd)
	rdb := redis.NewClient(&redis.Options{Addr: s.addr()})
	defer rdb.Close()
	require.Eventually(s.t, func() bool {
		err := rdb.Ping(context.Background()).Err()
		return err == nil || strings.Contains(err.Error(), "NOAUTH")
	}, patience, 10*time.Millisecond, "redis-server does not answer")
}

// kill ends the server at once; frozen or not.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// freeze lets the server accept connections and say nothing.
func (s *server) freeze() { require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGSTOP)) }

func (s *server) thaw() { require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGCONT)) }

// client returns a client with go-redis's own settings, which do not look at the contexts' deadlines.
func (s *server) client() *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: s.addr()})
	s.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// do runs one command as an operator would.
func (s *server) do(args ...any) {
	s.t.Helper()
	require.NoError(s.t, s.client().Do(s.t.Context(), args...).Err())
}

// sentinel starts a Sentinel that watches the server.
func (s *server) sentinel() *server {
	s.t.Helper()
	conf := filepath.Join(s.t.TempDir(), "sentinel.conf")
	require.NoError(s.t, os.WriteFile(conf, fmt.Appendf(nil,
		"sentinel monitor main 127.0.0.1 %s 1\nsentinel down-after-milliseconds main 300\n"+
			"sentinel failover-timeout main 3000\n", s.port), 0o600))
	return startRedis(s.t, conf)
}
