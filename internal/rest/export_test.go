package rest

// NewTransport makes the transport of clients that bring none.
var NewTransport = newTransport

// WithLimit makes a client whose answers are bounded by another limit.
func WithLimit(c *Client, limit int64) *Client {
	c.limit = limit
	return c
}

// ProxyHook is what clients that bring no transport do when a proxy refuses.
var ProxyHook = proxyHook
