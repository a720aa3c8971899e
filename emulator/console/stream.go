package console

import (
	"cmp"
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
	rw.Header().Set("Content-Type", "text/event-stream")
	s := sender{rw, http.NewResponseController(rw)}
	cursor := cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"), c.live.newest())
	c.live.listen(1)
	defer c.live.listen(-1)
	c.live.poke()
	if s.send(": here are the changes\nretry: 1000\n\n") != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		more, err := c.catchUp(&s, &cursor)
		if err != nil {
			return
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

// catchUp sends all that is behind the cursor, and returns what to wait for.
func (c *Console) catchUp(s *sender, cursor *string) (more <-chan struct{}, err error) {
	for {
		list, more, ok := c.live.since(*cursor)
		if !ok {
			list = []event{{c.live.newest(), "reset", []byte("{}")}}
		}
		if len(list) == 0 {
			return more, nil
		}
		for _, e := range list {
			*cursor = e.cursor
			if err := s.send(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", e.cursor, e.kind, e.data)); err != nil {
				return nil, err
			}
		}
	}
}

// sender writes to one listener.
type sender struct {
	rw   http.ResponseWriter
	ctrl *http.ResponseController
}

func (s *sender) send(text string) error {
	_ = s.ctrl.SetWriteDeadline(time.Now().Add(slowestRead)) // not all writers have deadlines
	if _, err := s.rw.Write([]byte(text)); err != nil {
		return err
	}
	return s.ctrl.Flush()
}
