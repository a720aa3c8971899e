package callback

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query holds the parameters of WeChat's that this package believes in. encrypt_type is none of them: the mode is
// configured. Nor is openid, which no signature covers.
type query struct {
	signature, msgSignature, timestamp, nonce, echostr string
	time                                               time.Time
}

const (
	timestampLength = 10 // digits of Unix seconds until the year 2286
	maxNonce        = 32
	maxEchostr      = 1024
)

// parseQuery reads a raw query. A parameter that is there twice is an error, for two readers may each take
// another one.
//
// Timestamp and nonce are held to their shapes because the signature joins the sorted parts without a separator:
// with a nonce of any length an attacker could move the first blocks of a ciphertext into it and keep the
// signature.
func parseQuery(raw string) (query, error) {
	var q query
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		field := q.field(name)
		if field == nil {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil || *field != "" || value == "" {
			return query{}, ErrQuery
		}
		*field = value
	}
	if !isDigits(q.timestamp) || len(q.timestamp) != timestampLength || !isNonce(q.nonce) {
		return query{}, ErrQuery
	}
	seconds, err := strconv.ParseInt(q.timestamp, 10, 64)
	if err != nil {
		return query{}, ErrQuery
	}
	q.time = time.Unix(seconds, 0)
	return q, nil
}

func (q *query) field(name string) *string {
	switch name {
	case "signature":
		return &q.signature
	case "msg_signature":
		return &q.msgSignature
	case "timestamp":
		return &q.timestamp
	case "nonce":
		return &q.nonce
	case "echostr":
		return &q.echostr
	}
	return nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isNonce accepts printable ASCII. WeChat sends up to ten digits, its documentation shows letters too.
func isNonce(s string) bool {
	if s == "" || len(s) > maxNonce {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
