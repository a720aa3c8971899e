package emulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// OpenData is what a Mini Program's client hands to its server as proof of what WeChat told it
// (开放数据).
type OpenData struct {
	RawData       string // the plain text
	Signature     string // hex SHA-1 of RawData and the session key
	EncryptedData string // base64 of the AES-128-CBC ciphertext
	IV            string // base64
}

// sealedAt is when the data behind a hash were encrypted, and for whom.
type sealedAt struct {
	app *App
	at  time.Time
}

func (s sealedAt) stale(now time.Time) bool { return lapsed(s.at.Add(mediaLife), now) }

// EncryptedPhone is the older form of the phone number, encrypted with the session key. The user must
// have logged in.
func (u *User) EncryptedPhone(mini *App) OpenData {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	m := u.loggedIn("EncryptedPhone", mini)
	now := u.s.world.clock.now()
	data := m.seal(m.phone(now))
	sum := sha256.Sum256([]byte(data.EncryptedData))
	u.s.world.sealed.put(hex.EncodeToString(sum[:]), sealedAt{mini, now}, now)
	return data
}

// OpenData signs and encrypts any data with the user's session key. A watermark is added. The user must
// have logged in.
func (u *User) OpenData(mini *App, data map[string]any) OpenData {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	m := u.loggedIn("OpenData", mini)
	all := map[string]any{"watermark": watermark{u.s.world.clock.now().Unix(), mini.AppID}}
	for k, v := range data {
		all[k] = v
	}
	return m.seal(all)
}

func (u *User) loggedIn(verb string, mini *App) *member {
	u.s.mustBe(verb, mini, MiniProgram)
	m := u.member(mini)
	if m.SessionKey == "" {
		u.s.misuse("%s: %s has not logged in to %s", verb, u.Name, mini.Name)
	}
	m.visit()
	return m
}

func (m *member) seal(v any) OpenData {
	raw, err := json.Marshal(v)
	if err != nil {
		m.app.s.misuse("OpenData: %v", err)
	}
	sum := sha1.Sum(append(bytes.Clone(raw), m.SessionKey...))
	iv := []byte(m.app.s.world.ids.text(aes.BlockSize, base62))
	key, err := base64.StdEncoding.DecodeString(m.SessionKey)
	if err != nil {
		panic(err) // newSessionKey has made it
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // it has 16 bytes
	}
	pad := aes.BlockSize - len(raw)%aes.BlockSize
	sealed := append(bytes.Clone(raw), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return OpenData{
		RawData: string(raw), Signature: hex.EncodeToString(sum[:]),
		EncryptedData: base64.StdEncoding.EncodeToString(sealed), IV: base64.StdEncoding.EncodeToString(iv),
	}
}

// checkEncrypted knows the encrypted phone numbers of the last three days. The answer's field is spelled
// as WeChat spells it.
func checkEncrypted(c *call, in *struct {
	Hash string `json:"encrypted_msg_hash"`
},
) reply {
	if in.Hash == "" {
		return c.fail(errcode.InvalidParameters)
	}
	found := c.w.sealed.get(in.Hash)
	if found.app == nil || found.app != c.app || c.now.Sub(found.at) > mediaLife {
		return c.failf(errcode.EncryptedDataNotFound, "no such encrypted data")
	}
	return c.data(struct {
		envelope

		Valid   bool  `json:"vaild"`
		Created int64 `json:"create_time"`
	}{success, true, found.at.Unix()})
}
