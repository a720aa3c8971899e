package emulator

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// Sizes of the parts of an encrypted body.
const (
	ivBytes  = 12
	tagBytes = 16
)

// signatureAge is how old the timestamp of a signed request may be.
const signatureAge = 300 * time.Second

// securedPaths are the calls whose pages say that they may be signed and encrypted.
var securedPaths = []string{
	"/cgi-bin/message/custom/send",
	"/wxa/business/getuserphonenumber",
	"/wxa/business/checkencryptedmsg",
	"/wxa/getpluginopenpid",
	"/wxa/getuserriskrank",
	"/cgi-bin/clear_quota",
	"/cgi-bin/openapi/quota/get",
	"/cgi-bin/openapi/rid/get",
	textCheckPath,
	mediaCheckPath,
}

// Security is what a Mini Program has set up for signed and encrypted calls (API 安全鉴权): AES256_GCM and
// RSAwithSHA256, unless AEAD, Verify and Sign stand for other algorithms, such as SM4_GCM and SM2withSM3. The three run while
// the emulator answers a call, one call after the other, and must not use the emulator.
type Security struct {
	// PublicKey checks the signatures of requests; its private half stays with the developer.
	PublicKey *rsa.PublicKey
	PublicSN  string // number of that key, made up if empty
	// SymmetricKey is base64 of 32 bytes, made up if empty and no AEAD is given.
	SymmetricKey string
	SymmetricSN  string // number of the symmetric key, made up if empty
	// Certificate is WeChat's, with which the developer checks answers. SecureAPI fills it in, as PEM, unless Sign is given.
	Certificate   []byte
	CertificateSN string // the number shown in the console, not the one in the certificate

	// AEAD takes the place of AES256_GCM with SymmetricKey. Its nonce has 12 bytes, its tag 16.
	AEAD cipher.AEAD
	// Verify takes the place of PublicKey: whether signature is the developer's under message. It may be asked more than once a
	// call, with the ways in which the URL may be written.
	Verify func(message, signature []byte) bool
	// Sign takes the place of a key of WeChat's that SecureAPI makes up. Where it fails, the call is answered with status 500.
	Sign func(message []byte) ([]byte, error)
}

// security is a Security in use: all of AEAD, Verify and Sign are set.
type security struct{ Security }

// SecureAPI switches signed and encrypted calls on: from now on the calls of the Mini Program that allow
// it must be signed. It returns cfg with what was made up.
func (a *App) SecureAPI(cfg Security) Security {
	a.s.mustBe("SecureAPI", a, MiniProgram)
	var platform *rsa.PrivateKey
	if cfg.Sign == nil {
		var err error
		if platform, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			a.s.misuse("SecureAPI: %v", err)
		}
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.fillIn(&cfg)
	used := security{cfg}
	if used.AEAD == nil {
		used.AEAD = a.aes(cfg.SymmetricKey)
	}
	if used.AEAD.NonceSize() != ivBytes || used.AEAD.Overhead() != tagBytes {
		a.s.misuse("SecureAPI: AEAD: want a nonce of %d bytes and an overhead of %d", ivBytes, tagBytes)
	}
	if used.Verify == nil {
		used.Verify = a.verifyRSA(cfg.PublicKey)
	}
	if platform != nil {
		cfg.Certificate = certificate(platform, a.s.world.clock.now())
		used.Sign = signRSA(platform)
	}
	a.access.security = &used
	return cfg
}

// fillIn makes up what cfg leaves out.
func (a *App) fillIn(cfg *Security) {
	ids := &a.s.world.ids
	if cfg.AEAD == nil {
		cfg.SymmetricKey = orElse(cfg.SymmetricKey, func() string {
			return base64.StdEncoding.EncodeToString([]byte(ids.text(32, base62)))
		})
	}
	cfg.SymmetricSN = orElse(cfg.SymmetricSN, func() string { return ids.hex(32) })
	cfg.PublicSN = orElse(cfg.PublicSN, func() string { return ids.hex(32) })
	cfg.CertificateSN = orElse(cfg.CertificateSN, func() string { return ids.hex(32) })
}

// aes is AES256_GCM.
func (a *App) aes(key string) cipher.AEAD {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != 32 {
		a.s.misuse("SecureAPI: SymmetricKey: want 32 bytes in base64")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic(err) // the length is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block
	}
	return aead
}

// verifyRSA is RSAwithSHA256 of the developer.
func (a *App) verifyRSA(key *rsa.PublicKey) func(message, signature []byte) bool {
	if key == nil {
		a.s.misuse("SecureAPI: want a PublicKey, or Verify")
	}
	return func(message, signature []byte) bool {
		sum := sha256.Sum256(message)
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, &rsa.PSSOptions{SaltLength: 32}) == nil
	}
}

// signRSA is RSAwithSHA256 of WeChat.
func signRSA(key *rsa.PrivateKey) func(message []byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: 32})
	}
}

func certificate(key *rsa.PrivateKey, now time.Time) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Tencent.com (emulator)"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err) // the template is complete
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// envelopeGCM is a body in its encrypted form.
type envelopeGCM struct {
	IV   string `json:"iv"`
	Data string `json:"data"`
	Tag  string `json:"authtag"`
}

// secured reports whether the call must be signed.
func (c *call) secured() bool {
	return c.app != nil && c.app.access.security != nil && slices.Contains(securedPaths, c.path)
}

// handleSecured checks and opens a signed request, and closes and signs the answer. What goes wrong before
// that is answered in plain.
func (c *call) handleSecured(r *route) reply {
	url, code := c.verify()
	if code == 0 {
		code = c.openBody(url)
	}
	if code != 0 {
		return c.fail(code)
	}
	return c.sealReply(url, r.handle(c))
}

// verify checks headers and signature and returns the URL that they were made for.
func (c *call) verify() (url string, code errcode.Code) {
	appID, stamp := c.header.Get("Wechatmp-Appid"), c.header.Get("Wechatmp-TimeStamp")
	signature := c.header.Get("Wechatmp-Signature")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	switch {
	case appID == "":
		return "", errcode.SignatureAppIDMissing
	case stamp == "":
		return "", errcode.SignatureTimestampMissing
	case signature == "":
		return "", errcode.SignatureMissing
	case c.w.apps[appID] == nil:
		return "", errcode.InvalidSignatureAppID
	case appID != c.app.AppID:
		return "", errcode.SignatureAppIDMismatch
	case err != nil || c.now.Sub(time.Unix(seconds, 0)).Abs() > signatureAge:
		return "", errcode.SignatureTooOld
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return "", errcode.InvalidSignature
	}
	for _, url := range []string{"https://api.weixin.qq.com" + c.path, "https://" + c.host + c.path, "http://" + c.host + c.path} {
		if c.app.access.security.Verify(signed(url, appID, stamp, c.body), raw) {
			return url, 0
		}
	}
	return "", errcode.InvalidSignature
}

// signed is what a signature covers.
func signed(url, appID, stamp string, body []byte) []byte {
	return []byte(strings.Join([]string{url, appID, stamp, string(body)}, "\n"))
}

func (s *security) additional(url, appID, stamp string) []byte {
	return []byte(strings.Join([]string{url, appID, stamp, s.SymmetricSN}, "|"))
}

// openBody puts the plain body in place of the encrypted one.
func (c *call) openBody(url string) errcode.Code {
	s := c.app.access.security
	var e envelopeGCM
	if json.Unmarshal(c.body, &e) != nil {
		return errcode.InvalidEncryption
	}
	iv, err1 := base64.StdEncoding.DecodeString(e.IV)
	data, err2 := base64.StdEncoding.DecodeString(e.Data)
	tag, err3 := base64.StdEncoding.DecodeString(e.Tag)
	if err1 != nil || err2 != nil || err3 != nil || len(iv) != ivBytes || len(tag) != tagBytes {
		return errcode.InvalidEncryption
	}
	stamp := c.header.Get("Wechatmp-TimeStamp")
	plain, err := s.AEAD.Open(nil, iv, append(data, tag...), s.additional(url, c.app.AppID, stamp))
	if err != nil {
		return errcode.InvalidEncryption
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(plain, &all) != nil || !hasEnvelopeFields(all, c.app.AppID, stamp) {
		return errcode.InvalidEncryption
	}
	c.body = plain
	return 0
}

func hasEnvelopeFields(all map[string]json.RawMessage, appID, stamp string) bool {
	return len(all["_n"]) > 2 && string(all["_appid"]) == quote(appID) && string(all["_timestamp"]) == stamp
}

// sealReply encrypts a JSON answer and signs it with the platform's key.
func (c *call) sealReply(url string, out reply) reply {
	if out.contentType != jsonType {
		return out
	}
	s, stamp := c.app.access.security, strconv.FormatInt(c.now.Unix(), 10)
	var all map[string]json.RawMessage
	if err := json.Unmarshal(out.body, &all); err != nil {
		panic(err) // it is an answer of this package
	}
	all["_n"] = json.RawMessage(quote(c.w.ids.text(24, base62)))
	all["_appid"], all["_timestamp"] = json.RawMessage(quote(c.app.AppID)), json.RawMessage(stamp)
	iv := []byte(c.w.ids.text(ivBytes, base62))
	sealed := s.AEAD.Seal(nil, iv, joinObject(all), s.additional(url, c.app.AppID, stamp))
	data, tag := sealed[:len(sealed)-tagBytes], sealed[len(sealed)-tagBytes:]
	b64 := base64.StdEncoding.EncodeToString
	closed := c.data(envelopeGCM{b64(iv), b64(data), b64(tag)})
	closed.code, closed.rid, closed.plain = out.code, out.rid, out.body

	signature, err := s.Sign(signed(url, c.app.AppID, stamp, closed.body))
	if err != nil {
		return reply{status: http.StatusInternalServerError, contentType: "text/plain", body: []byte("emulator: Security.Sign: " + err.Error())}
	}
	closed.header = http.Header{
		"Wechatmp-Appid": {c.app.AppID}, "Wechatmp-Timestamp": {stamp},
		"Wechatmp-Serial": {s.CertificateSN}, "Wechatmp-Signature": {b64(signature)},
	}
	return closed
}

// joinObject writes the fields in the order of their names.
func joinObject(all map[string]json.RawMessage) []byte {
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, quote(name)...), ':'), all[name]...)
	}
	return append(b, '}')
}
