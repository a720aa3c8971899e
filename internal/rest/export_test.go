package rest

// NewTransport makes the transport of clients that bring none.
var NewTransport = newTransport

// WithLimit makes a client whose answers are bounded by another limit.
func WithLimit(c *Client, limit int64) *Client { return &Client{c.resty, limit} }
