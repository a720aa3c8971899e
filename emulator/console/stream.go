package console

import (
	"fmt"
	"net/http"
	"time"
)

const (
	heartbeat   = 15 * time.Second
	slowestRead = 10 * time.Second // of a listener, before it is given up
)

// stream sends the live events to one listener (Server-Sent Events).
func (c *Console) stream(rw http.ResponseWriter, r *http.Request) {
	cursor := r.Header.Get("Last-Event-ID")
	if cursor == "" {
		cursor = r.URL.Query().Get("after")
	}
	if cursor == "" {
		cursor = c.live.newest()
	}
	c.live.listen(1)
	defer c.live.listen(-1)
	c.live.poke()
	rw.Header().Set("Content-Type", "text/event-stream")
	s := sender{rw, http.NewResponseController(rw)}
	if s.send(": here are the changes\nretry: 1000\n\n") != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		list, more, ok := c.live.since(cursor)
		if !ok {
			cursor = c.live.newest()
			list = nil
			if s.event(cursor, "reset", []byte("{}")) != nil {
				return
			}
		}
		for _, e := range list {
			cursor = e.cursor
			if s.event(cursor, e.kind, e.data) != nil {
				return
			}
		}
		if len(list) > 0 || !ok {
			continue
		}
		select {
		case <-more:
		case <-beat.C:
			if s.send(": still here\n\n") != nil {
				return
			}
		case <-c.live.done:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// sender writes to one listener.
type sender struct {
	rw   http.ResponseWriter
	ctrl *http.ResponseController
}

func (s *sender) event(id, kind string, data []byte) error {
	return s.send(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", id, kind, data))
}

func (s *sender) send(text string) error {
	_ = s.ctrl.SetWriteDeadline(time.Now().Add(slowestRead)) // not all writers have deadlines
	if _, err := s.rw.Write([]byte(text)); err != nil {
		return err
	}
	return s.ctrl.Flush()
}
