// Package seal signs, encrypts and decrypts what WeChat pushes and what is answered to it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
)

const (
	// KeyLength is the number of characters of an EncodingAESKey.
	KeyLength = 43

	randomSize = 16 // random bytes before the message, so that equal messages look different
	headerSize = randomSize + 4
	padBlock   = 32 // WeChat pads to 32 bytes although the cipher's block has 16

	usualSize = 2 << 10 // what nearly all encrypted texts stay below; so much finds room on the stack
)

// Signature returns the lower-case hexadecimal SHA-1 of the parts, sorted and joined.
func Signature(parts ...string) string {
	sum := digest(parts)
	return string(sum[:])
}

// Verify tells, in constant time, whether signature is the one of the parts.
func Verify(signature string, parts ...string) bool {
	sum := digest(parts)
	return subtle.ConstantTimeCompare(sum[:], []byte(signature)) == 1
}

// IsSignature tells whether s has the form of a signature: 40 lower-case hexadecimal digits.
func IsSignature(s string) bool {
	if len(s) != 2*sha1.Size {
		return false
	}
	for i := range len(s) {
		if b := s[i]; (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

func digest(parts []string) (out [2 * sha1.Size]byte) {
	sorted := append(make([]string, 0, 4), parts...)
	slices.Sort(sorted)
	var room [usualSize]byte
	joined := room[:0]
	for _, p := range sorted {
		joined = append(joined, p...)
	}
	sum := sha1.Sum(joined)
	hex.Encode(out[:], sum[:])
	return out
}

// A Key is an EncodingAESKey made ready. It is safe for concurrent use.
type Key struct {
	block cipher.Block
	iv    [aes.BlockSize]byte
}

// NewKey reads an EncodingAESKey. Its error never shows the key.
func NewKey(encodingAESKey string) (*Key, error) {
	if len(encodingAESKey) != KeyLength {
		return nil, errors.New("not 43 characters long")
	}
	// Not Strict: the last character of many real keys carries bits beyond the 32 bytes.
	raw, err := base64.RawStdEncoding.DecodeString(encodingAESKey)
	if err != nil || len(raw) != 32 {
		return nil, errors.New("not base64")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, errors.New("not an AES key")
	}
	k := &Key{block: block}
	copy(k.iv[:], raw)
	return k, nil
}

// Open decrypts the text of an Encrypt element into the message and the app id behind it.
// ok is false for whatever this key did not encrypt; there is one answer for all the ways to be wrong.
func (k *Key) Open(encrypted string) (message, appID []byte, ok bool) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, nil, false
	}
	cipher.NewCBCDecrypter(k.block, k.iv[:]).CryptBlocks(data, data)
	data, ok = unpad(data)
	if !ok || len(data) < headerSize {
		return nil, nil, false
	}
	size := uint64(binary.BigEndian.Uint32(data[randomSize:headerSize]))
	data = data[headerSize:]
	if size > uint64(len(data)) {
		return nil, nil, false
	}
	return data[:size:size], data[size:], true
}

// unpad cuts 1 to 32 bytes that all hold their own number.
func unpad(data []byte) ([]byte, bool) {
	n := int(data[len(data)-1])
	if n < 1 || n > padBlock || n > len(data) {
		return nil, false
	}
	rest := len(data) - n
	for _, b := range data[rest:] {
		if int(b) != n {
			return nil, false
		}
	}
	return data[:rest], true
}

// Seal encrypts message for appID with fresh random bytes and returns the text of an Encrypt element.
func (k *Key) Seal(message []byte, appID string) string {
	return k.SealWith(Random(), message, appID)
}

// SealWith is [Key.Seal] with chosen random bytes, for tests that compare ciphertexts.
func (k *Key) SealWith(random [randomSize]byte, message []byte, appID string) string {
	size := headerSize + len(message) + len(appID)
	pad := padBlock - size%padBlock
	data := make([]byte, 0, size+pad)
	data = append(data, random[:]...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(message)))
	data = append(data, message...)
	data = append(data, appID...)
	for range pad {
		data = append(data, byte(pad))
	}
	cipher.NewCBCEncrypter(k.block, k.iv[:]).CryptBlocks(data, data)
	var room [usualSize]byte
	return string(base64.StdEncoding.AppendEncode(room[:0], data))
}

// Random returns 16 random printable characters: WeChat's own samples take care to use nothing else.
func Random() (out [randomSize]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	_, _ = rand.Read(out[:]) // never fails, by its contract
	for i, b := range out {
		out[i] = alphabet[b%64]
	}
	return out
}
