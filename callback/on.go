package callback

import (
	"context"
	"maps"
	"reflect"
)

// HandlerFunc handles one push. The [Reply] is nil for none. An error makes WeChat send the push again, if it comes
// within [Config.AnswerWithin]; see the package comment for what is guaranteed.
//
// ctx ends only when [Handler.Shutdown] gives up waiting. It has the values of the request's context until the request is
// answered, and then no more: fasthttp, fiber and chi, for three, use what is in the context of a request again for a later
// one. A handler that may take longer than [Config.AnswerWithin] reads such values first, and copies what they point
// to; or [Config.Values] keeps them.
type HandlerFunc func(ctx context.Context, p Push) (Reply, error)

// On registers fn for all pushes of type P, such as *[Follow]. Panics if P has a function already, or is no concrete
// type. Register before the handler serves: pushes that come earlier are answered "success" and lost.
func On[P Push](h *Handler, fn func(ctx context.Context, p P) (Reply, error)) {
	typ := reflect.TypeFor[P]()
	if typ.Kind() == reflect.Interface {
		panic("callback: On: " + typ.String() + " is an interface; use Fallback for all other pushes")
	}
	if fn == nil {
		panic("callback: On: nil function for " + typ.String())
	}
	h.register(func(r *routes) {
		if _, dup := r.byType[typ]; dup {
			panic("callback: On: " + typ.String() + " has a function already")
		}
		r.byType[typ] = func(ctx context.Context, p Push) (Reply, error) { return fn(ctx, p.(P)) } // the key of byType
	})
}

// Fallback registers fn for all pushes that no function of [On] takes, *[Unknown] among them. It replaces an earlier
// one. Without it they are answered "success".
func (h *Handler) Fallback(fn HandlerFunc) {
	if fn == nil {
		fn = ignore
	}
	h.register(func(r *routes) { r.fallback = fn })
}

// Use puts a layer around the handling of every push, for what all pushes have in common: bookkeeping, tracing, time
// limits. The layer calls next, or answers by itself. The first one registered is the outermost.
func (h *Handler) Use(layer func(next HandlerFunc) HandlerFunc) {
	if layer == nil {
		panic("callback: Use: nil layer")
	}
	h.register(func(r *routes) { r.layers = append(r.layers, layer) })
}

func ignore(context.Context, Push) (Reply, error) { return nil, nil }

// routes is what is registered. It is never changed, only replaced.
type routes struct {
	byType   map[reflect.Type]HandlerFunc
	fallback HandlerFunc
	layers   []func(HandlerFunc) HandlerFunc
	chain    HandlerFunc // layers around dispatch
}

func newRoutes() *routes {
	r := &routes{byType: make(map[reflect.Type]HandlerFunc), fallback: ignore}
	r.chain = r.dispatch
	return r
}

func (r *routes) dispatch(ctx context.Context, p Push) (Reply, error) {
	if fn := r.byType[reflect.TypeOf(p)]; fn != nil {
		return fn(ctx, p)
	}
	return r.fallback(ctx, p)
}

func (h *Handler) register(change func(*routes)) {
	h.registering.Lock()
	defer h.registering.Unlock()
	old := h.routes.Load()
	r := &routes{byType: maps.Clone(old.byType), fallback: old.fallback}
	r.layers = append(r.layers, old.layers...)
	change(r)
	r.chain = r.dispatch
	for i := len(r.layers) - 1; i >= 0; i-- {
		r.chain = r.layers[i](r.chain)
	}
	h.routes.Store(r)
}
