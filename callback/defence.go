package callback

import (
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/callback/internal/seal"
	"github.com/wechatkit/wechat/callback/internal/tree"
)

// opened is a push that has passed every check but the last, whether it has run before.
type opened struct {
	app     *account
	token   string
	key     *seal.Key // the key that opened it, nil in ModePlain
	nonce   string
	age     time.Duration // of the timestamp
	format  tree.Format
	message []byte // decrypted
	push    Push
	id      string // names the push in the duplicate store
}

// signer is an account with the token of it that made a signature.
type signer struct {
	app   *account
	token string
}

// checkURL verifies the request for echostr. The signature is the same as in ModePlain, so the nonce is
// remembered: nobody shall use it for a push afterwards.
func (h *Handler) checkURL(r *http.Request) (echo string, err error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	if q.signature == "" || q.echostr == "" || len(q.echostr) > maxEchostr {
		return "", ErrQuery
	}
	for _, a := range h.accounts() {
		for _, token := range a.tokens {
			if !seal.Verify(q.signature, token, q.timestamp, q.nonce) {
				continue
			}
			if _, err := h.age(q); err != nil {
				return "", err
			}
			return q.echostr, h.bindNonce(r, q, a, "check "+q.echostr)
		}
	}
	return "", ErrSignature
}

// open takes a request apart whose query has passed, in this order: signature over what is really used, nonce,
// decryption, app id, parsing.
func (h *Handler) open(r *http.Request, q admitted, body []byte) (*opened, error) {
	text := string(body)
	var encrypted string
	if h.encrypted {
		envelope, err := tree.ParsePush(text)
		if err != nil {
			return nil, tagged(ErrParse, err)
		}
		encrypted = envelope.Root().Child("Encrypt").Text()
	}
	signers, err := h.signers(q.query, encrypted)
	if err != nil {
		return nil, err
	}
	if plain := signers[0].app; plain.mode == ModePlain {
		if err := h.bindNonce(r, q.query, plain, digest(text)); err != nil {
			return nil, err
		}
	}
	in, err := decryptAny(signers, encrypted, body)
	if err != nil {
		return nil, err
	}
	in.nonce, in.age = q.nonce, q.age
	return in, in.read()
}

// signers returns the accounts whose token made the signature. More than one is possible if apps share a token;
// the encrypted app id then decides. The mode of the account alone says which signature counts.
func (h *Handler) signers(q query, encrypted string) ([]signer, error) {
	out := make([]signer, 0, 2)
	unencrypted := false
	for _, a := range h.accounts() {
		if a.mode != ModePlain && encrypted == "" {
			unencrypted = true
			continue
		}
		for _, token := range a.tokens {
			if a.verify(q, token, encrypted) {
				out = append(out, signer{app: a, token: token})
				break
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case unencrypted:
		return nil, ErrMode
	}
	return nil, ErrSignature
}

func (a *account) verify(q query, token, encrypted string) bool {
	if a.mode == ModePlain {
		return seal.Verify(q.signature, token, q.timestamp, q.nonce)
	}
	return seal.Verify(q.msgSignature, token, q.timestamp, q.nonce, encrypted)
}

// age returns how old the signature is, and refuses what is out of the time window.
func (h *Handler) age(q query) (time.Duration, error) {
	age := h.cfg.Now().Sub(q.time)
	if age > h.cfg.Window || age < -h.cfg.Window {
		return 0, ErrStale
	}
	return age, nil
}

// bindNonce refuses a timestamp and nonce that came with another content before. With the same content they may come
// again, for that may be a retry of WeChat's: the duplicate check knows what to do.
//
// Only a signature that leaves out the content needs this. In the encrypted modes the content cannot be another, and
// two pushes of one second with the same nonce by chance are both good.
func (h *Handler) bindNonce(r *http.Request, q query, a *account, content string) error {
	key := "n:" + a.id + ":" + q.timestamp + ":" + q.nonce
	claim, err := h.pushes.begin(r.Context(), key, content, h.memory())
	if err != nil {
		h.report(r.Context(), Report{Err: err, AppID: a.id, RemoteAddr: r.RemoteAddr}, err)
	}
	if claim.State != Claimed {
		return ErrReplay
	}
	return nil
}

// memory is how long a push and its nonce are remembered: as long as its timestamp could pass, and a minute for
// the retries of a push that came at the very end.
func (h *Handler) memory() time.Duration { return 2*h.cfg.Window + time.Minute }

// decryptAny opens the message with the keys of the first signer that fits.
func decryptAny(signers []signer, encrypted string, body []byte) (*opened, error) {
	var failed error
	for _, s := range signers {
		if s.app.mode == ModePlain {
			return &opened{app: s.app, token: s.token, message: body}, nil
		}
		in, err := s.decrypt(encrypted)
		if err == nil {
			return in, nil
		}
		if failed == nil || err == ErrAppID { //nolint:errorlint // straight from decrypt
			failed = err
		}
	}
	return nil, failed
}

func (s signer) decrypt(encrypted string) (*opened, error) {
	failed := ErrDecrypt
	for _, key := range s.app.keys {
		message, appID, ok := key.Open(encrypted)
		if !ok {
			continue
		}
		if subtle.ConstantTimeCompare(appID, []byte(s.app.id)) == 1 {
			return &opened{app: s.app, token: s.token, key: key, message: message}, nil
		}
		failed = ErrAppID
	}
	return nil, failed
}

// read parses the message.
func (in *opened) read() error {
	doc, err := tree.ParsePush(string(in.message))
	if err != nil {
		return tagged(ErrParse, err)
	}
	root := doc.Root()
	if in.app.mode == ModePlain && root.Child("Encrypt").Exists() {
		return ErrMode
	}
	in.format = doc.Format
	in.push = newPush(root, in)
	head := in.push.Head()
	if in.app.originalID != "" && head.ToUserName != in.app.originalID {
		return ErrAppID
	}
	in.id = pushID(root, in.push)
	return nil
}
