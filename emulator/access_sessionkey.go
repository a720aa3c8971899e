package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	// keyAge is how long repeated logins keep the session key, and keyLife how long it works at all.
	// WeChat tells neither.
	keyAge  = 10 * time.Minute
	keyLife = 3 * 24 * time.Hour

	encryptKeyLife = time.Hour
)

var sessionKeyRoutes = []route{
	{method: http.MethodGet, path: "/wxa/checksession", token: appToken, kinds: mpOnly, handle: checkSession},
	{method: http.MethodGet, path: "/wxa/resetusersessionkey", token: appToken, kinds: mpOnly, handle: resetSession},
	{method: http.MethodGet, path: "/wxa/business/getuserencryptkey", token: appToken, kinds: mpOnly, handle: getEncryptKey},
}

// newSessionKey makes 16 random bytes, which the key spells in base64.
func (m *member) newSessionKey(w *world) {
	m.SessionKey = base64.StdEncoding.EncodeToString([]byte(w.ids.text(16, base62)))
}

// login gives the user a session key, a new one if the last login is a while ago.
func (m *member) login(w *world, now time.Time) {
	if m.SessionKey == "" || now.Sub(m.KeyMade) > keyAge {
		m.newSessionKey(w)
		m.KeyMade = now
	}
	m.KeyEnds = now.Add(keyLife)
}

// signedMember finds the user of a call that proves the session key.
func (c *call) signedMember() (*member, errcode.Code) {
	m := c.recipient(c.query.Get("openid"))
	switch {
	case m == nil:
		return nil, errcode.InvalidOpenID
	case c.query.Get("sig_method") != "hmac_sha256":
		return nil, errcode.InvalidSigMethod
	case m.SessionKey == "" || !c.now.Before(m.KeyEnds):
		return nil, errcode.SessionKeyExpired
	}
	// The key is the base64 text itself, and what is signed is nothing at all.
	mac := hmac.New(sha256.New, []byte(m.SessionKey))
	if hex.EncodeToString(mac.Sum(nil)) != c.query.Get("signature") {
		return nil, errcode.SessionKeyInvalid
	}
	return m, 0
}

// checkSession answers 87009 to a session key that is not, or no longer, the user's.
func checkSession(c *call) reply {
	switch _, code := c.signedMember(); code {
	case 0:
		return c.ok()
	case errcode.SessionKeyExpired:
		return c.fail(errcode.SessionKeyInvalid)
	default:
		return c.fail(code)
	}
}

// resetSession makes a new key that ends when the old one would have.
func resetSession(c *call) reply {
	m, code := c.signedMember()
	if code != 0 {
		return c.fail(code)
	}
	m.newSessionKey(c.w)
	return c.data(struct {
		envelope

		OpenID     string `json:"openid"`
		SessionKey string `json:"session_key"`
	}{success, m.OpenID, m.SessionKey})
}

// encryptKey is a key for the traffic between a Mini Program and its server.
type encryptKey struct {
	Key       string `json:"encrypt_key"`
	IV        string `json:"iv"`
	Version   int    `json:"version"`
	ExpiresIn int64  `json:"expire_in"`
	Created   int64  `json:"create_time"`
}

// getEncryptKey lists the last three keys, the newest first.
func getEncryptKey(c *call) reply {
	m, code := c.signedMember()
	if code != 0 {
		return c.fail(code)
	}
	keys := m.EncryptKeys
	if len(keys) == 0 || c.now.Unix() >= keys[0].Created+int64(encryptKeyLife/time.Second) {
		random := func() string { return base64.StdEncoding.EncodeToString([]byte(c.w.ids.text(16, base62))) }
		version := 1
		if len(keys) > 0 {
			version = keys[0].Version + 1
		}
		keys = append([]encryptKey{{Key: random(), IV: random(), Version: version, Created: c.now.Unix()}}, keys...)
		m.EncryptKeys = keys[:min(3, len(keys))]
	}
	out := make([]encryptKey, len(m.EncryptKeys))
	for i, k := range m.EncryptKeys {
		k.ExpiresIn = max(0, k.Created+int64(encryptKeyLife/time.Second)-c.now.Unix())
		out[i] = k
	}
	return c.data(struct {
		envelope

		Keys []encryptKey `json:"key_info_list"`
	}{success, out})
}
