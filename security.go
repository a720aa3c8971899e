package wechat

import (
	"crypto"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/security"
)

// APISecurity holds the keys of a Mini Program's API security mode (API安全), which encrypts and signs
// calls beyond TLS. They come from the Mini Program's console: development, development settings, API
// security. Numbers are those that the console shows.
//
// Of the algorithms that the console offers, AES256_GCM and RSAwithSHA256 need nothing but the keys. SM4_GCM and SM2withSM3
// (国密), which Go's standard library does not have, or a key that stays in an HSM, are brought by the program as Cipher,
// Signer and Verify, one of them or all. No header names the algorithms: keys and numbers must be those of the algorithms that
// the console shows. examples/api-security does it with github.com/emmansun/gmsm.
//
// With SM2withSM3, the id (用户标识) of a request is the number of the asymmetric key. Which id an answer has, and whether
// signatures are ASN.1 (DER), as in WeChat Pay, or the bare 64 bytes, is not documented; Signer and Verify decide it, this
// package passes on what they make.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/getting_started/api_signature.html
type APISecurity struct {
	// EncryptionKey is the symmetric key (API对称密钥): 32 bytes in base64. Empty where Cipher is given.
	EncryptionKey Secret
	// EncryptionKeyNumber is the number of EncryptionKey (密钥编号).
	EncryptionKeyNumber string
	// PrivateKey is the RSA key whose public half is in the console (API非对称密钥). It signs requests. PEM, or
	// the base64 within, of PKCS #1 or PKCS #8. Empty where Signer is given.
	PrivateKey Secret
	// Certificate is WeChat's (开放平台证书), with which answers are verified: PEM, or the base64 within. While
	// WeChat replaces it, the old one goes on to work. Empty where Verify is given.
	Certificate string
	// CertificateNumber is the number of Certificate in the console (证书编号). It is not the serial number in
	// the certificate.
	CertificateNumber string

	// Cipher encrypts and decrypts with a symmetric key of another algorithm, such as SM4_GCM, whose key has 16 bytes. WeChat's
	// envelope wants a nonce (iv) of 12 bytes and an overhead (authtag) of 16; New reports others. It must be safe
	// for concurrent use, as those of crypto/cipher are.
	Cipher cipher.AEAD
	// Signer signs requests with an asymmetric key of another algorithm, such as SM2withSM3, or with one that is somewhere else.
	// [crypto.SignMessage] calls it: with the whole message where it is a [crypto.MessageSigner] or where SignerOpts names no hash
	// function, else with the hash. What it returns is sent as it is. It must be safe for concurrent use; a call waits for
	// it, whatever its context says, once for each attempt.
	Signer crypto.Signer
	// SignerOpts tells Signer how. Defaults, for an RSA key, to PSS with SHA-256 and a salt of 32 bytes, which is RSAwithSHA256;
	// all others need it, since the options of SM2 hold the id.
	SignerOpts crypto.SignerOpts
	// Verify reports whether signature is one of WeChat's under message, by the key in WeChat's certificate. It is asked only
	// about signatures that bear CertificateNumber. It must be safe for concurrent use.
	Verify func(message, signature []byte) bool

	// AppID is the one that requests and answers are signed for. Defaults to [Config.AppID]; a third-party
	// platform (第三方平台) sets its own.
	AppID string
	// Host is the one that requests are signed for, since signatures cover the URL. Defaults to the host of
	// the request where it is WeChat's, and to api.weixin.qq.com where it is a proxy or an emulator.
	Host string
	// Paths are the endpoints whose calls are encrypted and signed. Defaults to [SecuredPaths].
	Paths []string
	// Now is the clock for timestamps. Defaults to time.Now; tests may set it.
	Now func() time.Time
}

// String returns "wechat.APISecurity(AppID)".
func (s APISecurity) String() string { return "wechat.APISecurity(" + s.AppID + ")" }

// Format keeps every verb of fmt from walking into the keys of Cipher and Signer.
func (s APISecurity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// SecuredPaths returns the endpoints that WeChat documents with API security and that this module can call
// that way. Pages say so one by one, as "encryption support" (加密支持), so there may be more: append to the
// list for [APISecurity.Paths]. Mini Program codes (小程序码) are not in it, for their answer is a picture. The one
// of getuserencryptkey has a use for [Client.Do] only: oauth asks with a GET, as WeChat's newer pages do, and so
// in the clear.
func SecuredPaths() []string {
	return []string{
		"/cgi-bin/clear_quota",
		"/cgi-bin/message/custom/send",
		"/cgi-bin/openapi/quota/get",
		"/cgi-bin/openapi/rid/get",
		"/wxa/business/checkencryptedmsg",
		"/wxa/business/getuserencryptkey",
		"/wxa/business/getuserphonenumber",
		"/wxa/getpluginopenpid",
		"/wxa/getuserriskrank",
		"/wxa/media_check_async",
		"/wxa/msg_sec_check",
	}
}

// ErrUnverified marks an answer that [WithAPISecurity] does not trust: its signature, serial number, AppID
// or time is wrong, it cannot be decrypted, or it reports success without being encrypted. The call is not
// repeated. errors.Is finds it.
var ErrUnverified = errors.New("answer not verified")

// WithAPISecurity encrypts and signs the calls of a Mini Program to the endpoints of s.Paths, and verifies
// and decrypts their answers (API安全鉴权). All other calls are made as before, and so are uploads, calls that
// answer with a file, and GETs. A signature costs about a millisecond of CPU.
//
// WeChat answers some errors in the clear, for instance when it cannot decrypt a request. Such an error is
// reported as what it says. An answer in the clear that reports success is refused with [ErrUnverified]:
// whoever could forge one would otherwise only have to leave the encryption away.
//
// Errors: [errcode.InvalidSignature], [errcode.InvalidEncryption], [errcode.SignatureTooOld] and their
// neighbours tell that keys, numbers or the clock are wrong. New reports a key that cannot be read. Where s.Cipher or s.Signer
// fails or panics, the error names it and nothing was sent; where s.Verify panics, the answer is [ErrUnverified].
func WithAPISecurity(s APISecurity) Option {
	return func(set *settings) error {
		keys := s
		if keys.Paths == nil {
			keys.Paths = SecuredPaths()
		}
		secured, err := security.New(security.Config(keys))
		if err != nil {
			return fieldErrorf("WithAPISecurity", "%v", err)
		}
		set.security = secured
		return nil
	}
}

// isSecured reports whether the call is encrypted and signed.
func (r *run) isSecured() bool {
	call, sec := &r.call, r.client.keys().security
	return sec != nil && call.Method == http.MethodPost && call.Auth == AuthToken &&
		call.Upload == nil && call.Binary == nil && sec.Covers(call.Path)
}

// seal encrypts and signs the body for the attempt that begins, so that each has its own time and IV. It
// does nothing where the call goes in the clear.
func (r *run) seal() error {
	if !r.isSecured() {
		return nil
	}
	if r.signed == "" {
		r.req.Plain, r.req.PlainQuery = r.req.Body, r.call.Query
	}
	sec := r.client.keys().security
	r.signed = sec.URL(r.req.Base, r.call.Path)
	body, header, err := sec.Seal(r.signed, r.call.Query, r.req.Plain)
	if err != nil {
		return notSent(err)
	}
	r.req.Body, r.req.Header, r.req.Query = body, header, "" // the query is in the body now
	return nil
}

// open verifies and decrypts the answer to a sealed request in place. An answer in the clear stays as it is,
// and opened tells.
func (r *run) open(answer *rest.Answer) (opened bool, err error) {
	if r.signed == "" {
		return false, nil
	}
	sec := r.client.keys().security
	plain, opened, err := sec.Open(r.signed, answer.Header, answer.Body)
	switch {
	case err != nil:
		return false, r.unverified(answer, err.Error())
	case !opened:
		return false, nil
	}
	answer.Body = plain
	if sec.IsReplaced(answer.Header) {
		r.client.log.Warn("wechat: WeChat is replacing its platform certificate: download the new one",
			slog.String("certificate", sec.CertificateNumber()))
	}
	return true, nil
}

func (r *run) unverified(answer *rest.Answer, reason string) error {
	return fmt.Errorf("%w: %w", ErrUnverified, rest.NewResponseError(&r.req, answer, reason))
}
