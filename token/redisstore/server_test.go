package redisstore_test

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
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
	s := &server{t: t, port: freePort(t), dir: t.TempDir(), args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// A server's port must be its own from one start to the next, and the one 10,000 above it is that of a Cluster's bus:
// both are below those that the system gives to others, which begin at 32,768.
const firstPort, lastPort = 11_000, 22_000

var ports atomic.Int64

func init() { ports.Store(int64(rand.N(lastPort - firstPort))) }

func freePort(t *testing.T) string {
	t.Helper()
	for range lastPort - firstPort {
		port := int(firstPort + ports.Add(1)%(lastPort-firstPort))
		if mayListen(port) && mayListen(port+10_000) {
			return strconv.Itoa(port)
		}
	}
	t.Fatal("no port is free")
	return ""
}

func mayListen(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func (s *server) addr() string { return "127.0.0.1:" + s.port }

func (s *server) start() {
	s.t.Helper()
	args := []string{"--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no",
		"--repl-diskless-sync-delay", "0"}
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
