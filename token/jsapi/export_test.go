package jsapi

// SignAt is Sign with everything given.
var SignAt = sign
