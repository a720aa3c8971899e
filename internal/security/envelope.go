package security

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/internal/rest"
)

// Headers of signed requests and answers, sent as WeChat's page spells them: one is not in Go's canonical form.
// Deprecated ones come along while WeChat replaces its certificate.
const (
	headerAppID     = "Wechatmp-Appid"
	headerTime      = "Wechatmp-TimeStamp"
	headerSignature = "Wechatmp-Signature"
	headerSerial    = "Wechatmp-Serial"
	deprecated      = "-Deprecated"
)

// longestSkew is how far the time of an answer may be from the local clock.
const longestSkew = 300 * time.Second

// envelope is an encrypted body. encoding/json reads and writes the fields as base64.
type envelope struct {
	IV   []byte `json:"iv"`
	Data []byte `json:"data"`
	Tag  []byte `json:"authtag"`
}

// Seal encrypts and signs a request: a POST of body, a JSON object or nothing, whose query goes into the object. address is what
// [Security.URL] says. Each call has a time and an IV of its own.
func (sec *Security) Seal(address string, query url.Values, body []byte) ([]byte, http.Header, error) {
	now := sec.now().Unix()
	stamp := strconv.FormatInt(now, 10)
	plain, err := sec.plaintext(query, body, now)
	if err != nil {
		return nil, nil, err
	}
	iv := random(nonceSize)
	sealed, err := sec.encrypt(iv, plain, sec.additional(address, stamp))
	if err != nil {
		return nil, nil, err
	}
	cut := len(sealed) - tagSize
	out, err := json.Marshal(envelope{IV: iv, Data: sealed[:cut], Tag: sealed[cut:]})
	if err != nil {
		return nil, nil, err
	}
	signature, err := sec.sign(address, stamp, out)
	if err != nil {
		return nil, nil, err
	}
	return out, http.Header{
		headerAppID: {sec.appID}, headerTime: {stamp},
		headerSignature: {base64.StdEncoding.EncodeToString(signature)},
	}, nil
}

// plaintext puts the safety fields and the parameters of the query before the fields of the body.
func (sec *Security) plaintext(query url.Values, body []byte, now int64) ([]byte, error) {
	body = bytes.TrimSpace(body)
	if body == nil {
		body = []byte("{}")
	}
	if !bytes.HasPrefix(body, []byte("{")) || !bytes.HasSuffix(body, []byte("}")) {
		return nil, errors.New("WithAPISecurity: the request body is not a JSON object")
	}
	o := rest.NewObject(make([]byte, 0, len(body)+128))
	o.String("_n", base64.RawStdEncoding.EncodeToString(random(16)))
	o.String("_appid", sec.appID)
	o.Int("_timestamp", now)
	for _, key := range slices.Sorted(maps.Keys(query)) {
		o.String(key, query.Get(key))
	}
	head := o.Close()
	fields := bytes.TrimSpace(body[1 : len(body)-1])
	if len(fields) == 0 {
		return head, nil
	}
	return append(append(append(head[:len(head)-1], ','), fields...), '}'), nil
}

// additional is the data that the encryption authenticates beside the text.
func (sec *Security) additional(address, stamp string) []byte {
	return []byte(strings.Join([]string{address, sec.appID, stamp, sec.keyNumber}, "|"))
}

func (sec *Security) encrypt(iv, plain, additional []byte) ([]byte, error) {
	if sec.ownCipher {
		return sec.encryptOwn(iv, plain, additional)
	}
	return sec.aead.Seal(nil, iv, plain, additional), nil
}

func (sec *Security) decrypt(iv, sealed, additional []byte) ([]byte, error) {
	if sec.ownCipher {
		return sec.decryptOwn(iv, sealed, additional)
	}
	plain, err := sec.aead.Open(nil, iv, sealed, additional)
	if err != nil {
		return nil, errClosed
	}
	return plain, nil
}

var errClosed = errors.New("cannot be decrypted with the key at hand")

func (sec *Security) sign(address, stamp string, body []byte) ([]byte, error) {
	if sec.signer != nil {
		return sec.signOwn(append(sec.before(address, stamp), body...))
	}
	signature, err := rsa.SignPSS(rand.Reader, sec.private, crypto.SHA256, sec.digest(address, stamp, body), pss)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return signature, nil
}

func (sec *Security) verify(address, stamp string, body, signature []byte) (fits bool, err error) {
	if sec.verifier != nil {
		return sec.verifyOwn(append(sec.before(address, stamp), body...), signature)
	}
	return rsa.VerifyPSS(sec.platform, crypto.SHA256, sec.digest(address, stamp, body), signature, nil) == nil, nil
}

// before is what both sides sign before the body, which is taken byte for byte.
func (sec *Security) before(address, stamp string) []byte {
	return []byte(address + "\n" + sec.appID + "\n" + stamp + "\n")
}

func (sec *Security) digest(address, stamp string, body []byte) []byte {
	h := sha256.New()
	h.Write(sec.before(address, stamp))
	h.Write(body)
	return h.Sum(nil)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// sealedIn returns the envelope that body is, if it is one.
func sealedIn(body []byte) (e *envelope, ok bool) {
	e = new(envelope)
	err := json.Unmarshal(body, e)
	return e, err == nil && e.IV != nil && e.Data != nil && e.Tag != nil
}

// Open verifies and decrypts the answer to a sealed request. sealed is false where it came in the clear, and plain is nil then.
// Errors hold nothing of what was read.
func (sec *Security) Open(address string, header http.Header, body []byte) (plain []byte, sealed bool, err error) {
	e, ok := sealedIn(body)
	if !ok {
		return nil, false, nil
	}
	plain, err = sec.open(address, header, body, e)
	if err != nil {
		return nil, true, err
	}
	return withoutSafetyFields(plain), true, nil
}

// IsReplaced reports, once, that WeChat's certificate at hand will soon not do any more.
func (sec *Security) IsReplaced(h http.Header) bool {
	return strings.EqualFold(h.Get(headerSerial+deprecated), sec.certNumber) && sec.warned.CompareAndSwap(false, true)
}

// open returns the text of an answer.
func (sec *Security) open(address string, header http.Header, body []byte, e *envelope) ([]byte, error) {
	stamp := header.Get(headerTime)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	switch {
	case header.Get(headerAppID) != sec.appID:
		return nil, errors.New("signed for another AppID")
	case err != nil:
		return nil, errors.New("the time of the signature is not a number")
	}
	if skew := sec.now().Sub(time.Unix(seconds, 0)).Truncate(time.Second); skew.Abs() > longestSkew {
		return nil, fmt.Errorf("signed %v away from the local clock, limit %v", skew.Abs(), longestSkew)
	}
	signature, err := sec.signature(header)
	if err != nil {
		return nil, err
	}
	fits, err := sec.verify(address, stamp, body, signature)
	switch {
	case err != nil:
		return nil, err
	case !fits:
		return nil, errors.New("the signature does not fit")
	case len(e.IV) != nonceSize || len(e.Tag) != tagSize:
		return nil, errors.New("iv or authtag has a wrong length")
	}
	return sec.decrypt(e.IV, append(e.Data, e.Tag...), sec.additional(address, stamp))
}

// signature picks the one that was made with the certificate at hand.
func (sec *Security) signature(h http.Header) ([]byte, error) {
	for _, suffix := range []string{"", deprecated} {
		if !strings.EqualFold(h.Get(headerSerial+suffix), sec.certNumber) {
			continue
		}
		signature, err := base64.StdEncoding.DecodeString(h.Get(headerSignature + suffix))
		if err != nil {
			return nil, errors.New("the signature is not base64")
		}
		return signature, nil
	}
	return nil, errors.New("signed with another certificate than CertificateNumber")
}

// withoutSafetyFields leaves what WeChat would answer in the clear. JSON that cannot be read is left to the
// repair that comes later.
func withoutSafetyFields(plain []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(plain, &fields) != nil {
		return plain
	}
	for _, key := range []string{"_n", "_appid", "_timestamp"} {
		delete(fields, key)
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return plain
	}
	return out
}
