package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

const (
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base64url = base62 + "-_"
)

// idSource makes everything that WeChat makes up: ids, tokens, secrets. Its values depend on the seed
// and on the order of the requests only.
type idSource struct {
	seed    uint64
	source  *rand.ChaCha8 // of rand
	rand    *rand.Rand
	message int64
}

func newIDSource(seed uint64) idSource {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	source := rand.NewChaCha8(key)
	return idSource{seed: seed, source: source, rand: rand.New(source), message: 3_200_000_000_000_000_000}
}

// forTry makes up what one try of a push needs. It depends on the seed and on which try it is, and takes
// nothing from the sequence of all other values: pushes go out while calls come in.
func (s *idSource) forTry(push, attempt int) *idSource {
	h := sha256.New()
	for _, v := range []uint64{s.seed, uint64(push), uint64(attempt)} {
		_ = binary.Write(h, binary.LittleEndian, v) // a hash does not fail
	}
	source := rand.NewChaCha8([32]byte(h.Sum(nil)))
	return &idSource{seed: s.seed, source: source, rand: rand.New(source)}
}

func (s *idSource) text(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rand.IntN(len(alphabet))]
	}
	return string(b)
}

func (s *idSource) hex(n int) string { return s.text(n, "0123456789abcdef") }

// messageID is a number of 19 digits, beyond what a float64 can hold.
func (s *idSource) messageID() int64 {
	s.message += 1 + s.rand.Int64N(1000)
	return s.message
}

// token looks like WeChat's: a number of two digits, an underscore, 133 characters.
func (s *idSource) token() string {
	return strconv.Itoa(70+s.rand.IntN(30)) + "_" + s.text(133, base64url)
}

// rid is the request id of a failed call.
func (s *idSource) rid(unix int64) string {
	return padHex(uint64(unix)) + "-" + s.hex(8) + "-" + s.hex(8)
}

func padHex(v uint64) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return hex.EncodeToString(b[:])
}

// named derives an id from names instead of from the order of calls, so that a user has the same OpenID
// however many users were added before. It has the 28 characters of WeChat's OpenIDs and UnionIDs.
func (s *idSource) named(parts ...string) string {
	h := sha256.New()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], s.seed)
	h.Write(seed[:])
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return "o" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))[:27]
}
