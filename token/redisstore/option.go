package redisstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// Option changes a setting of [New] and [NewPushes].
type Option func(*settings) error

type settings struct {
	prefix  string
	secrets func() *secrets // no printer looks into a function
}

// secrets are the keys, and the client with its password.
type secrets struct {
	client redis.UniversalClient
	keys   []cipher.AEAD // the first seals; none: values are in clear
	macs   [][]byte      // make digests, one for each key
}

func newSettings(client redis.UniversalClient, opts []Option) (settings, error) {
	hidden := &secrets{client: client}
	s := settings{secrets: func() *secrets { return hidden }}
	if client == nil {
		return s, fieldErrorf("client", "nil")
	}
	for _, opt := range opts {
		if err := opt(&s); err != nil {
			return s, err
		}
	}
	if len(s.secrets().macs) == 0 {
		s.secrets().macs = [][]byte{nil} // beside a value in clear a digest has nothing to hide
	}
	return s, nil
}

// WithPrefix puts prefix before each name in Redis, such as "staging:". Defaults to none.
func WithPrefix(prefix string) Option {
	return func(s *settings) error {
		s.prefix = prefix
		return nil
	}
}

// WithEncryption encrypts values with AES-256-GCM, so that neither a dump nor MONITOR shows them, and takes no
// other ones: a value that was put there in clear, or under another name, is refused with an error. Keys have
// 32 bytes. The first one encrypts; older ones still decrypt, so that keys can be changed one process at a
// time: first add the new key as an older one everywhere, then make it the first. The older one is needed for as
// long as there are values of its time: two hours for access tokens, and for refresh tokens of a third-party
// platform until component.Restore has written them anew.
//
// Values in clear are not taken over. Switch encryption on together with a new [WithPrefix].
func WithEncryption(key []byte, older ...[]byte) Option {
	return func(s *settings) error {
		for i, k := range append([][]byte{key}, older...) {
			if len(k) != 32 {
				return fieldErrorf("WithEncryption", "key %d: %d bytes, want 32", i, len(k))
			}
			block, err := aes.NewCipher(k)
			if err != nil {
				return fieldErrorf("WithEncryption", "key %d: %v", i, err)
			}
			aead, err := cipher.NewGCMWithRandomNonce(block)
			if err != nil {
				return fieldErrorf("WithEncryption", "key %d: %v", i, err)
			}
			s.secrets().keys = append(s.secrets().keys, aead)
			mac := hmac.New(sha256.New, k) // so that no key serves two purposes
			mac.Write([]byte("redisstore digest"))
			s.secrets().macs = append(s.secrets().macs, mac.Sum(nil))
		}
		return nil
	}
}

// The first byte of a value says how it is written.
const (
	inClear = "p"
	sealed  = "e"
)

// seal writes a value for the given name.
func (s *settings) seal(name, value string) string {
	if len(s.secrets().keys) == 0 {
		return inClear + value
	}
	return sealed + string(s.secrets().keys[0].Seal(nil, nil, []byte(value), []byte(name))) //nolint:gosec // the nonce is random
}

var errUnreadable = errors.New("the value is not of this key's (see WithEncryption)")

// open reads a value.
func (s *settings) open(name, value string) (string, error) {
	if len(s.secrets().keys) == 0 && len(value) > 0 && value[:1] == inClear {
		return value[1:], nil
	}
	if len(value) > 0 && value[:1] == sealed {
		for _, key := range s.secrets().keys {
			if plain, err := key.Open(nil, nil, []byte(value[1:]), []byte(name)); err == nil {
				return string(plain), nil
			}
		}
	}
	return "", errUnreadable
}

// digests name a token without showing it, to compare by: by the key that seals, and then by each older one, for
// that may be what another process has written. Of no token there are none.
func (s *settings) digests(t token.Secret) []any {
	if t == "" {
		return nil
	}
	var list []any
	for _, key := range s.secrets().macs {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(t.Reveal()))
		list = append(list, hex.EncodeToString(mac.Sum(nil)[:16]))
	}
	return list
}

// run runs a script on one key.
func (s *settings) run(ctx context.Context, script *redis.Script, key string, args ...any) (any, error) {
	return call(ctx, s, func() (any, error) { return script.Run(ctx, s.secrets().client, []string{key}, args...).Result() })
}

// call returns when ctx ends, at the latest. The client does so only where it was made with ContextTimeoutEnabled;
// without, its own timeouts end the call that was left alone.
func call[T any](ctx context.Context, s *settings, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		s.heed(err)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		s.heed(ctx.Err())
		var none T
		return none, ctx.Err()
	}
}

// heed lets a Cluster client ask who has taken over where a node did not answer: by itself it asks once a minute.
func (s *settings) heed(err error) {
	var answer redis.Error
	if err == nil || errors.As(err, &answer) {
		return
	}
	if cluster, ok := s.secrets().client.(interface{ ReloadState(ctx context.Context) }); ok {
		cluster.ReloadState(context.Background())
	}
}

// fieldErrorf returns the finding of a check of settings.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "redisstore", Field: field, Reason: fmt.Sprintf(format, args...)}
}
