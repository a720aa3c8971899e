package callback

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/callback/internal/seal"
)

// admitted is a request of which all has passed that can be known without its body.
type admitted struct {
	query
	age    time.Duration // of the timestamp
	proven bool          // the signature of the query is right: the sender knows the token, or has seen one who does
}

// admit looks at the query, so that nothing is read of a stranger's body: the parameters, their shape, the signature of
// the query where it counts, the time window.
func (h *Handler) admit(r *http.Request) (admitted, error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return admitted{}, err
	}
	in := admitted{query: q}
	if in.proven, err = h.mayBeSigned(q); err != nil {
		return admitted{}, err
	}
	in.age, err = h.age(q)
	return in, err
}

// mayBeSigned refuses a query under which no body can be right. In ModePlain the signature of the query is all there is.
// In the encrypted modes it decides nothing: msg_signature does, which covers the content too. But WeChat sends it
// in all modes, so it tells who may use memory.
func (h *Handler) mayBeSigned(q query) (proven bool, err error) {
	plain := false
	for _, a := range h.accounts() {
		for _, token := range a.tokens {
			if q.signature != "" && seal.Verify(q.signature, token, q.timestamp, q.nonce) {
				proven = true
				plain = plain || a.mode == ModePlain
			}
		}
	}
	switch {
	case plain, h.encrypted && seal.IsSignature(q.msgSignature):
		return proven, nil
	case q.signature == "" && q.msgSignature == "":
		return false, ErrQuery
	case proven && q.msgSignature == "":
		return false, ErrMode // genuine, and in clear
	}
	return false, ErrSignature
}

// allowance is the memory that bodies share as long as their senders have proved nothing: one who guesses a
// msg_signature has the body read, for without it there is nothing to compare. The pushes of WeChat do not
// draw on it.
type allowance struct{ left atomic.Int64 }

// strangersBodies is how many bodies of the largest size strangers may keep in memory at one time.
const strangersBodies = 32

func newAllowance(maxBody int64) *allowance {
	a := &allowance{}
	a.left.Store(strangersBodies * (maxBody + 1))
	return a
}

// share is what one body has taken. A nil allowance gives without end.
type share struct {
	from  *allowance
	taken int64
}

func (s *share) take(n int64) bool {
	if s.from == nil {
		return true
	}
	if s.from.left.Add(-n) < 0 {
		s.from.left.Add(n)
		return false
	}
	s.taken += n
	return true
}

func (s *share) giveBack() {
	if s.from != nil {
		s.from.left.Add(s.taken)
	}
}

// firstRoom is enough for nearly every push. A length is only a promise: more room is made as the body comes.
const firstRoom = 8 << 10

// readBody reads a body up to a limit.
func readBody(r *http.Request, limit int64, s *share) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	if r.Body == nil { // a request that no server made
		return nil, nil
	}
	size := min(limit, firstRoom)
	if r.ContentLength >= 0 {
		size = min(size, r.ContentLength)
	}
	size++ // to see the end without growing
	if !s.take(size) {
		return nil, ErrBusy
	}
	body := make([]byte, 0, size)
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, ErrTooLarge
		case err == io.EOF: // the contract of io.Reader
			return body, nil
		case err != nil:
			return nil, ErrBody
		case len(body) == cap(body):
			more := min(int64(len(body)), limit+1-int64(len(body)))
			if !s.take(more) {
				return nil, ErrBusy
			}
			body = append(make([]byte, 0, int64(len(body))+more), body...)
		}
	}
}
