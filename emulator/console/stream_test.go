package console_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// listener reads the live events over a real connection.
type listener struct {
	b    *bundle
	in   *bufio.Scanner
	stop context.CancelFunc
}

type liveEvent struct {
	id, kind string
	data     object
}

func (b *bundle) url() string {
	b.t.Helper()
	srv := httptest.NewServer(b.con)
	b.t.Cleanup(srv.Close)
	return srv.URL
}

func (b *bundle) listen(base, cursor, lastID string) *listener {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/_emulator/api/events?after="+cursor, nil)
	require.NoError(b.t, err)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	require.Equal(b.t, "text/event-stream", resp.Header.Get("Content-Type"))
	l := &listener{b, bufio.NewScanner(resp.Body), stop}
	b.t.Cleanup(func() { stop(); _ = resp.Body.Close(); http.DefaultClient.CloseIdleConnections() })
	l.in.Buffer(nil, 1<<20)
	return l
}

// next is the next event of one of these kinds.
func (l *listener) next(kinds ...string) liveEvent {
	l.b.t.Helper()
	var e liveEvent
	for l.in.Scan() {
		name, value, _ := strings.Cut(l.in.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = l.b.decode([]byte(value))
		case "":
			if strings.Contains(strings.Join(kinds, " "), e.kind) && e.kind != "" {
				return e
			}
			e = liveEvent{}
		}
	}
	require.Fail(l.b.t, "the stream ended", "waiting for %v: %v", kinds, l.in.Err())
	return e
}

func TestStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cursor, _ := b.get("/state")["cursor"].(string)
	l := b.listen(b.url(), cursor, "")
	token := b.token(miniID, "mini-secret")
	call := l.next("call")
	require.Equal(t, "/cgi-bin/token", call.data["path"])
	require.NotContains(t, string(mustJSON(t, call.data)), token)

	b.post("/asks", `{"user":"alice","templateIds":["T1"]}`)
	require.Equal(t, "pending", l.next("ask").data["state"])
	b.post("/asks/1/answer", `{"accept":["T1"]}`)
	require.Equal(t, "answered", l.next("ask").data["state"])

	require.Zero(t, b.send(token, "T1", "Fire insurance"))
	m := l.next("message")
	require.Equal(t, "alice", m.data["user"])
	require.Equal(t, "Contract due", m.data["title"])

	b.post("/clock/advance", `{"by":"1h"}`)
	require.Equal(t, "2026-11-20T13:00:00+08:00", l.next("clock").data["now"])
	b.post("/apps/"+miniID+"/templates", `{"title":"New","keywords":["thing1"]}`)
	require.Len(t, l.next("app").data["templates"], 3)
	b.post("/users", `{"name":"carol"}`)
	require.Equal(t, "carol", l.next("user").data["name"])
}

func TestStreamOfFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := b.url()
	cursor, _ := b.get("/state")["cursor"].(string)
	b.post("/faults", `{"errcode":-1}`)
	rec := b.serve(b.request("GET", "/_emulator/api/state", ""))
	require.Contains(t, rec.Body.String(), `"faults":[{"id":1,`)
	l := b.listen(base, cursor, "")
	for l.in.Scan() && l.in.Text() != "event: faults" {
		continue
	}
	require.True(t, l.in.Scan())
	require.Equal(t, `data: [{"id":1,"errcode":-1,"hits":0}]`, l.in.Text())
}

// TestStreamGoesOn loses the connection and connects again: what happened meanwhile is told, once.
func TestStreamGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := b.url()
	cursor, _ := b.get("/state")["cursor"].(string)
	first := b.listen(base, cursor, "")
	b.post("/users", `{"name":"carol"}`)
	seen := first.next("user")
	first.stop()
	b.post("/users", `{"name":"dave"}`)
	b.post("/users", `{"name":"erin"}`)
	second := b.listen(base, cursor, seen.id)
	require.Equal(t, "dave", second.next("user").data["name"])
	require.Equal(t, "erin", second.next("user").data["name"])
}

func TestStreamResets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := b.url()
	l := b.listen(base, "another-7", "")
	require.Equal(t, "reset", l.next("reset", "user").kind)
	b.post("/users", `{"name":"carol"}`)
	require.Equal(t, "carol", l.next("user").data["name"], "the stream goes on behind the reset")

	l.stop()

	wx := b.con.Server()
	for i := range 1200 {
		wx.User(fmt.Sprintf("user%d", i))
	}
	cursor, _ := b.get("/state")["cursor"].(string)
	l = b.listen(base, cursor, "")
	wx.AddWebsite(emulator.AppConfig{}) // changes all users at once
	b.get("/state")
	require.Equal(t, "reset", l.next("reset", "user").kind, "too much to tell one by one")

	b.post("/reset", "")
	require.Equal(t, "reset", l.next("reset", "user").kind)
	require.Equal(t, "2", fmt.Sprint(b.get("/state")["userCount"]))
	b.post("/users", `{"name":"frank"}`)
	require.Equal(t, "frank", l.next("user").data["name"])
}

// TestStreamTellsOfOthers sees what a Go program does with the same emulator, which no request announces.
func TestStreamTellsOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := b.listen(b.url(), "", "")
	wx := b.con.Server()
	wx.User("alice").EnterChat(wx.App(miniID), "")
	accounts := l.next("user").data["accounts"].([]any)
	require.Contains(t, accounts[0], "window")
}

func TestStreamEndsWithTheConsole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := b.listen(b.url(), "", "")
	require.True(t, l.in.Scan())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for l.in.Scan() {
			continue
		}
	}()
	require.NoError(t, b.con.Close())
	<-done
}
