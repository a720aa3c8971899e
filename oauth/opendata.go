package oauth

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
)

// What can be wrong with encrypted data; errors.Is finds them.
var (
	// ErrEncryptedData marks data that does not open: the session key is not the one that sealed it (a
	// login meanwhile may have replaced it), or the data is damaged. Which of the two cannot be told.
	ErrEncryptedData = errors.New("encrypted data does not open with this session key")
	// ErrForeignData marks data whose watermark names another app.
	ErrForeignData = errors.New("encrypted data is another app's")
	// ErrOldData marks data that is older than [EncryptedData.MaxAge], or from the future.
	ErrOldData = errors.New("encrypted data is not fresh")
)

// EncryptedData is open data of a user as the Mini Program's device gets it (开放数据).
type EncryptedData struct {
	Data string // encryptedData, in base64
	IV   string // iv, in base64
	// MaxAge bounds the age of the data by its watermark, and how far it may be ahead of this machine's
	// clock. 0 takes data of any age.
	MaxAge time.Duration
}

// Watermark is WeChat's mark in the data that it hands out.
type Watermark struct {
	AppID string // the Mini Program that the data was made for
	Time  time.Time
}

type wireWatermark struct {
	AppID lenient.String `json:"appid"`
	Time  lenient.Int64  `json:"timestamp"`
}

func (w *wireWatermark) watermark() Watermark {
	return Watermark{AppID: string(w.AppID), Time: w.Time.Time()}
}

// Decrypt opens encrypted data of a Mini Program's user (开放数据解密) into out, a pointer to a struct with the
// JSON fields that the data has, and checks that its watermark names this Mini Program. It makes no request.
//
// Use the newest session key: let the Mini Program call wx.login, and exchange the code, before it asks for
// the data. A "+" that arrived as a space, the usual damage of a form, is mended.
//
// The encryption keeps others from reading, not a device from writing: whoever sends IV can change the first 16
// bytes, which may be those of an OpenID. Take the OpenID and the UnionID from [Client.Login].
//
// The error matches [ErrEncryptedData], [ErrForeignData] or [ErrOldData], and says nothing of key and data.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
func (c *Client) Decrypt(key wechat.Secret, d *EncryptedData, out any) (Watermark, error) {
	if d == nil {
		return Watermark{}, fieldError("EncryptedData", "nil")
	}
	if err := checkSecret("key", key); err != nil {
		return Watermark{}, err
	}
	plain, err := d.open(key)
	if err != nil {
		return Watermark{}, fmt.Errorf("oauth.Decrypt: %w", err)
	}
	var marked struct {
		Watermark wireWatermark `json:"watermark"`
	}
	if err := lenient.Unmarshal(plain, &marked); err != nil { // a wrong key may leave good padding behind
		return Watermark{}, fmt.Errorf("oauth.Decrypt: %w", ErrEncryptedData)
	}
	mark := marked.Watermark.watermark()
	if err := c.checkMark(mark, d.MaxAge); err != nil {
		return mark, fmt.Errorf("oauth.Decrypt: %w", err)
	}
	if err := lenient.Unmarshal(plain, out); err != nil {
		return mark, fmt.Errorf("oauth.Decrypt: the data does not fit into %T", out)
	}
	return mark, nil
}

func (c *Client) checkMark(mark Watermark, maxAge time.Duration) error {
	if mark.AppID != c.core.AppID() {
		return ErrForeignData
	}
	if age := time.Since(mark.Time); maxAge > 0 && age.Abs() > maxAge {
		return ErrOldData
	}
	return nil
}

// open decrypts AES-128-CBC and takes the padding off.
func (d *EncryptedData) open(key wechat.Secret) ([]byte, error) {
	data, iv, err := d.decode()
	if err != nil {
		return nil, err
	}
	rawKey, err := base64.StdEncoding.DecodeString(plusRestored(key.Reveal()))
	if err != nil || len(rawKey) != aes.BlockSize {
		return nil, fmt.Errorf("%w: a session key is 16 bytes in base64", ErrEncryptedData)
	}
	block, err := aes.NewCipher(rawKey)
	if err != nil {
		return nil, ErrEncryptedData
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	plain, ok := unpad(data)
	if !ok {
		return nil, ErrEncryptedData
	}
	return plain, nil
}

func (d *EncryptedData) decode() (data, iv []byte, err error) {
	data, err = base64.StdEncoding.DecodeString(plusRestored(d.Data))
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, nil, fmt.Errorf("%w: Data is not base64 of whole blocks of 16 bytes", ErrEncryptedData)
	}
	iv, err = base64.StdEncoding.DecodeString(plusRestored(d.IV))
	if err != nil || len(iv) != aes.BlockSize {
		return nil, nil, fmt.Errorf("%w: IV is not base64 of 16 bytes", ErrEncryptedData)
	}
	return data, iv, nil
}

// plusRestored mends base64 that went through the decoding of a form.
func plusRestored(s string) string { return strings.ReplaceAll(s, " ", "+") }

// unpad takes PKCS #7 padding off, which must be right in every byte.
func unpad(data []byte) ([]byte, bool) {
	n := int(data[len(data)-1])
	if n == 0 || n > aes.BlockSize {
		return nil, false
	}
	body, padding := data[:len(data)-n], data[len(data)-n:]
	return body, bytes.Count(padding, []byte{byte(n)}) == n
}

// VerifyUserData reports whether signature is WeChat's for rawData (rawData, signature), which must be
// exactly the text that the Mini Program's device got. It compares in constant time.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
func VerifyUserData(key wechat.Secret, rawData, signature string) bool {
	sum := sha1.Sum([]byte(rawData + key.Reveal()))
	want := hex.EncodeToString(sum[:])
	return key != "" && subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(signature))) == 1
}
