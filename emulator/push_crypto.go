package emulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// padTo is the block that plaintexts are padded to, twice the block of AES.
const padTo = 32

// sign is the lower-case hex SHA-1 of the parts, sorted and joined.
func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// aesKey decodes an EncodingAESKey. Its last character may carry bits that base64 calls superfluous.
func aesKey(encoded string) []byte {
	key, err := base64.StdEncoding.DecodeString(encoded + "=")
	if err != nil {
		panic(err) // SetCallback has checked the form
	}
	return key
}

// seal encrypts a push: 16 random characters, the length, the message, the AppID, padded.
func seal(encodedKey, random, appID string, message []byte) string {
	var b bytes.Buffer
	b.WriteString(random)
	_ = binary.Write(&b, binary.BigEndian, uint32(len(message)))
	b.Write(message)
	b.WriteString(appID)
	pad := padTo - b.Len()%padTo
	b.Write(bytes.Repeat([]byte{byte(pad)}, pad))

	key := aesKey(encodedKey)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	out := b.Bytes()
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(out, out)
	return base64.StdEncoding.EncodeToString(out)
}

var errUnsealed = errors.New("cannot be decrypted with the account's key")

// unseal decrypts a reply and checks for whom it is meant.
func unseal(encodedKey, appID, sealed string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errUnsealed
	}
	key := aesKey(encodedKey)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padTo || pad > len(data) {
		return nil, errUnsealed
	}
	data = data[:len(data)-pad]
	if len(data) < 20 {
		return nil, errUnsealed
	}
	length := int(binary.BigEndian.Uint32(data[16:20]))
	if length > len(data)-20 || string(data[20+length:]) != appID {
		return nil, errUnsealed
	}
	return data[20 : 20+length], nil
}
