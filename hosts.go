package wechat

import (
	"net/url"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/internal/rest"
)

// hosts picks the address for a request: the first one, or the next in turn for a while after no
// connection to it came about.
type hosts struct {
	urls    []*url.URL
	current atomic.Int64 // index into urls
	until   atomic.Int64 // Unix nanoseconds when the first one is tried again
}

// awayFor is how long a fallback is used before the first address is tried again.
const awayFor = time.Minute

func newHosts(addresses []string) (*hosts, error) {
	h := &hosts{}
	for _, raw := range addresses {
		u, err := rest.ParseBaseURL(raw)
		if err != nil {
			return nil, err
		}
		h.urls = append(h.urls, u)
	}
	return h, nil
}

// pick returns the address to use and its index for [hosts.failed].
func (h *hosts) pick() (*url.URL, int64) {
	i := h.current.Load()
	if i != 0 && time.Now().UnixNano() > h.until.Load() && h.current.CompareAndSwap(i, 0) {
		i = 0
	}
	return h.urls[i], i
}

// failed moves on from address i. Of many calls that failed with it only the first one moves.
func (h *hosts) failed(i int64) {
	next := (i + 1) % int64(len(h.urls))
	if next == i || h.current.Load() != i {
		return
	}
	h.until.Store(time.Now().Add(awayFor).UnixNano())
	h.current.CompareAndSwap(i, next)
}
