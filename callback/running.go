package callback

import (
	"context"
	"sync"
)

// borrowed lends the values of a request's context until the request is answered. Some servers and routers use a context
// again for the next request, whose values nobody else may see.
type borrowed struct {
	context.Context // the request's

	mu       sync.RWMutex // held while the context is asked, so that end waits
	answered bool
}

// Value finds nothing once the request is answered.
func (b *borrowed) Value(key any) any {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.answered {
		return nil
	}
	return b.Context.Value(key)
}

func (b *borrowed) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = true
}

// handlerContext ends with the Handler, not with the request, and has values of the request's context.
type handlerContext struct {
	context.Context // Handler.base
	values          context.Context
	raw             []byte
}

type rawKey struct{}

// Value looks at the Handler first, so that deriving from c costs no goroutine.
func (c *handlerContext) Value(key any) any {
	if key == (rawKey{}) {
		return c.raw
	}
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

// Raw returns the decrypted body of the push that ctx belongs to, as XML or JSON, or nil if ctx is not from a
// handler. It must not be changed.
func Raw(ctx context.Context) []byte {
	raw, _ := ctx.Value(rawKey{}).([]byte)
	return raw
}

// runCounter counts running handlers up to a limit.
type runCounter struct {
	limit int

	mu     sync.Mutex // guards all below
	n      int
	closed bool
	idle   chan struct{} // made by close, closed at zero
}

func newRunCounter(limit int) *runCounter { return &runCounter{limit: limit} }

func (c *runCounter) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.n >= c.limit:
		return ErrBusy
	}
	c.n++
	return nil
}

func (c *runCounter) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// close lets nothing begin any more, waits for zero, and returns how many are left if ctx ends first.
func (c *runCounter) close(ctx context.Context) (left int, err error) {
	c.mu.Lock()
	c.closed = true
	if c.n > 0 && c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	if idle == nil {
		return 0, nil
	}
	select {
	case <-idle:
		return 0, nil
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.n, ctx.Err()
	}
}
