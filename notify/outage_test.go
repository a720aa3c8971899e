package notify_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// link is the way to a server, which can be cut.
type link struct {
	to     string
	listen net.Listener
	mu     sync.Mutex
	cut    bool
	conns  map[net.Conn]bool
	wg     sync.WaitGroup
}

// newLink returns the way to the server of dsn, and the dsn that leads over it.
func newLink(t *testing.T, dsn string) (*link, string) {
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	listen, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &link{to: u.Host, listen: listen, conns: map[net.Conn]bool{}}
	l.wg.Go(l.serve)
	t.Cleanup(func() {
		_ = listen.Close()
		l.set(true)
		l.wg.Wait()
	})
	u.Host = listen.Addr().String()
	return l, u.String()
}

func (l *link) serve() {
	for {
		in, err := l.listen.Accept()
		if err != nil {
			return
		}
		out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.to)
		if err != nil || !l.keep(in, out) {
			_ = in.Close()
			continue
		}
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			l.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_, _ = pair[0].Close(), pair[1].Close()
			})
		}
	}
}

func (l *link) keep(in, out net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		_ = out.Close()
		return false
	}
	l.conns[in], l.conns[out] = true, true
	return true
}

// set cuts all connections and refuses new ones, or lets them pass again.
func (l *link) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut = cut; cut {
		for c := range l.conns {
			_ = c.Close()
		}
		clear(l.conns)
	}
}

// counter counts the lines of a log that hold some words.
type counter struct {
	words string
	count atomic.Int64
}

func (c *counter) Write(line []byte) (int, error) {
	if strings.Contains(string(line), c.words) {
		c.count.Add(1)
	}
	return len(line), nil
}

// TestDatabaseAwayForLong takes the database away while messages are under way, for much longer than a process
// that is told to end would wait: it lives, knows the outcomes, and records them all.
func TestDatabaseAwayForLong(t *testing.T) {
	t.Parallel()
	way, dsn := newLink(t, pgtest.Database(t))
	db, err := notify.OpenPostgres(t.Context(), dsn)
	require.NoError(t, err)
	defer db.Close()
	log := &counter{words: "outcome of a send could not be stored"}
	answer := make(chan struct{})
	var sends atomic.Int64
	cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
		sends.Add(1)
		<-answer
		return 0, nil
	})
	cfg.Logger, cfg.SendTimeout = slog.New(slog.NewTextHandler(log, nil)), 20*time.Second
	n, err := notify.New(cfg)
	require.NoError(t, err)
	notify.Hurry(n, time.Millisecond)
	planSMS(t, n, keys("sms", 4)...)
	require.NoError(t, n.Start(t.Context()))
	require.Eventually(t, func() bool { return sends.Load() == 4 }, patience, 10*time.Millisecond)
	way.set(true)
	close(answer)
	require.Eventually(t, func() bool { return log.count.Load() >= 3 }, patience, 10*time.Millisecond)
	way.set(false)
	require.Eventually(t, func() bool {
		counts, err := n.Counts(context.Background(), notify.Query{})
		return err == nil && counts[notify.Accepted] == 4
	}, patience, 10*time.Millisecond)
	require.NoError(t, n.Shutdown(t.Context()))
	require.EqualValues(t, 4, sends.Load())
}

// TestStopWhileTheDatabaseIsAway ends a process that cannot record what it knows.
func TestStopWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	way, dsn := newLink(t, pgtest.Database(t))
	db, err := notify.OpenPostgres(t.Context(), dsn)
	require.NoError(t, err)
	defer db.Close()
	log := &counter{words: "outcome of a send could not be stored"}
	cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
		way.set(true)
		return 0, nil
	})
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	n, err := notify.New(cfg)
	require.NoError(t, err)
	notify.Hurry(n, time.Millisecond)
	planSMS(t, n, "one")
	require.NoError(t, n.Start(t.Context()))
	require.Eventually(t, func() bool { return log.count.Load() > 0 }, patience, 10*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, n.Shutdown(ctx), context.Canceled)
}

// TestReasonsThatNoDatabaseTakes has a door refuse a message in words that cannot be stored.
func TestReasonsThatNoDatabaseTakes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			return 0, &errcode.Error{Op: "gateway", Code: 1, Class: errcode.UserUnreachable, Message: "no\x00such \xff number"}
		}))
		require.NoError(t, err)
		notify.Hurry(n, time.Millisecond)
		planSMS(t, n, "one")
		_, err = n.FireDue(t.Context())
		require.NoError(t, err)
		list, err := n.List(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, notify.Refused, list[0].State)
		require.Contains(t, list[0].Reason, "nosuch \uFFFD number")
	})
}
