package wechat

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/token"
)

// The addresses of WeChat's API, for [WithBaseURL]. All serve the same paths.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html
const (
	BaseURL         = token.DefaultBaseURL           // general: WeChat routes to the nearest site
	BaseURLRecovery = "https://api2.weixin.qq.com"   // disaster recovery (异地容灾)
	BaseURLShanghai = "https://sh.api.weixin.qq.com" // always Shanghai
	BaseURLShenzhen = "https://sz.api.weixin.qq.com" // always Shenzhen
	BaseURLHongKong = "https://hk.api.weixin.qq.com" // always Hong Kong
)

// hosts picks the address for a request: the first one, or the next in turn for a while after one failed.
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
		u, err := rest.ParseBaseURL(cmp.Or(raw, BaseURL))
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

// pickHost sets the address of the next attempt. An address that is not WeChat's own, a proxy or an
// emulator, stands in for [Call.Host] too.
func (r *run) pickHost() {
	r.req.Base, r.host = r.client.hosts.pick()
	if r.call.Host != "" && route.IsWeChat(r.req.Base) {
		r.req.Base = &url.URL{Scheme: r.req.Base.Scheme, Host: r.call.Host}
	}
}

// leaveHost moves this call and those that follow to the next address where err shows that the one in use
// is in trouble. [Call.Host] has no other address.
func (r *run) leaveHost(err error) {
	if err != nil && r.call.Host == "" && r.hostInTrouble(err) {
		r.client.hosts.failed(r.host)
	}
}

// hostInTrouble reports whether no connection came about, or a call that may be repeated found silence or a
// broken gateway. A call with an effect that may have arrived is not tried elsewhere and proves nothing, nor
// does a caller who gave up, nor a connection of HTTP/2 that a gateway ends in good order.
func (r *run) hostInTrouble(err error) bool {
	var transport *TransportError
	var unprocessed *rest.Unprocessed
	var answer *ResponseError
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &unprocessed):
		return false
	case errors.As(err, &transport):
		return !transport.Sent || r.repeatable() && !callersDeadline(err)
	case errors.As(err, &answer):
		return answer.Status >= http.StatusInternalServerError && r.repeatable()
	}
	return false
}

// callersDeadline tells the deadline of the caller's context from a limit of this module.
func callersDeadline(err error) bool {
	var limit rest.Timeout
	return errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &limit)
}
