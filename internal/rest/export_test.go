package rest

// NewTransport makes the transport of clients that bring none.
var NewTransport = newTransport
