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

	longestName = len("msg_signature")
	escape      = len("%6E") // of one byte
)

// parseQuery reads a raw query. A parameter that is there twice is an error, for two readers may each take
// another one. So is one that only some readers see, because a semicolon stands before or behind it.
//
// Timestamp and nonce are held to their shapes because the signature joins the sorted parts without a separator:
// with a nonce of any length an attacker could move the first blocks of a ciphertext into it and keep the
// signature.
func parseQuery(raw string) (query, error) {
	var q query
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if strings.Contains(pair, ";") {
			if q.knowsOneOf(pair) {
				return query{}, ErrQuery
			}
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		field := q.field(name)
		if field == nil {
			continue
		}
		value, err := unescape(value, maxEchostr)
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

// unescape decodes a name or a value, unless it is so long that it cannot be one of ours.
func unescape(s string, limit int) (string, error) {
	if len(s) > limit*escape {
		return "", ErrQuery
	}
	return url.QueryUnescape(s)
}

// knowsOneOf tells whether a parameter of ours is among what semicolons separate.
func (q *query) knowsOneOf(pairs string) bool {
	for pair := range strings.SplitSeq(pairs, ";") {
		name, _, _ := strings.Cut(pair, "=")
		if q.field(name) != nil {
			return true
		}
	}
	return false
}

// field returns what a name, escaped or not, stands for, nil if for nothing of ours.
func (q *query) field(name string) *string {
	name, err := unescape(name, longestName)
	if err != nil {
		return nil
	}
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
