// Package callbacktest makes the requests that WeChat sends to a [callback.Handler], signed and encrypted, so that
// handlers can be tested without WeChat.
//
//	answer := httptest.NewRecorder()
//	handler.ServeHTTP(answer, callbacktest.Push(app, `<xml>…</xml>`))
package callbacktest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/internal/seal"
	"github.com/wechatkit/wechat/callback/internal/tree"
)

// Push returns the request that carries body, XML or JSON in clear, to app in the app's mode. It panics if body is
// neither or the app's key is none, as it is for tests only.
func Push(app callback.App, body string) *http.Request { return Sender{App: app}.Push(body) }

// Check returns the request that WeChat sends when the URL is saved in its console. The answer must be echostr.
func Check(app callback.App, echostr string) *http.Request { return Sender{App: app}.Check(echostr) }

// Reply verifies and decrypts the answer to a push and returns the reply in clear, or "" for "success".
func Reply(app callback.App, answer []byte) (string, error) { return Sender{App: app}.Reply(answer) }

// Sender is WeChat with choices. The zero value of a field but App stands for the usual.
type Sender struct {
	// App is the app that is pushed to. Its current token and key are used.
	App callback.App
	// URL of the requests. Defaults to "/".
	URL string
	// Time of the signature. Defaults to now.
	Time time.Time
	// Nonce of the signature. Defaults to a new one for each request; a retry of WeChat's may have the same.
	Nonce string
	// Random is what the message is encrypted with. Defaults to random bytes.
	Random [16]byte
}

// Push returns the request that carries body; see the function [Push].
func (s Sender) Push(body string) *http.Request {
	doc, err := tree.ParsePush(body)
	if err != nil {
		panic("callbacktest: Push: " + err.Error())
	}
	q := s.query()
	if s.App.Mode != callback.ModePlain {
		encrypted := s.seal(body)
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", s.sign(q, encrypted))
		body = s.envelope(doc, body, encrypted)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, s.target(q), strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml")
	if doc.Format == tree.JSON {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// Check returns the request that checks the URL; see the function [Check].
func (s Sender) Check(echostr string) *http.Request {
	q := s.query()
	q.Set("echostr", echostr)
	return httptest.NewRequestWithContext(context.Background(), http.MethodGet, s.target(q), nil)
}

// Reply reads the answer to a push; see the function [Reply].
func (s Sender) Reply(answer []byte) (string, error) {
	clear := string(answer)
	switch {
	case clear == "" || clear == "success":
		return "", nil
	case s.App.Mode == callback.ModePlain:
		return clear, nil
	}
	doc, err := tree.Parse(clear)
	if err != nil {
		return "", errors.New("callbacktest: Reply: neither XML nor JSON")
	}
	root := doc.Root()
	encrypted := root.Child("Encrypt").Text()
	if !seal.Verify(root.Child("MsgSignature").Text(), s.App.Token.Reveal(),
		root.Child("TimeStamp").Text(), root.Child("Nonce").Text(), encrypted) {
		return "", errors.New("callbacktest: Reply: signature does not match")
	}
	message, appID, ok := s.key().Open(encrypted)
	if !ok || string(appID) != s.App.AppID {
		return "", errors.New("callbacktest: Reply: not encrypted for this app")
	}
	return string(message), nil
}

// query returns the parameters that every request has.
func (s Sender) query() url.Values {
	at := s.Time
	if at.IsZero() {
		at = time.Now()
	}
	nonce := s.Nonce
	if nonce == "" {
		nonce = rand.Text()[:10]
	}
	q := url.Values{"timestamp": {strconv.FormatInt(at.Unix(), 10)}, "nonce": {nonce}}
	q.Set("signature", s.sign(q))
	return q
}

func (s Sender) sign(q url.Values, more ...string) string {
	return seal.Signature(append([]string{s.App.Token.Reveal(), q.Get("timestamp"), q.Get("nonce")}, more...)...)
}

func (s Sender) target(q url.Values) string {
	if s.URL == "" {
		return "/?" + q.Encode()
	}
	return s.URL + "?" + q.Encode()
}

func (s Sender) key() *seal.Key {
	key, err := seal.NewKey(s.App.EncodingAESKey.Reveal())
	if err != nil {
		panic("callbacktest: App.EncodingAESKey: " + err.Error())
	}
	return key
}

func (s Sender) seal(body string) string {
	if s.Random == [16]byte{} {
		return s.key().Seal([]byte(body), s.App.AppID)
	}
	return s.key().SealWith(s.Random, []byte(body), s.App.AppID)
}

// envelope returns the body of an encrypted push: the receiver and the ciphertext, or, in compatible mode, all of the
// plain message too.
func (s Sender) envelope(doc *tree.Doc, body, encrypted string) string {
	receiver := "ToUserName"
	if !doc.Root().Child(receiver).Exists() {
		receiver = "AppId"
	}
	name := doc.Root().Child(receiver).Text()
	compatible := s.App.Mode == callback.ModeCompatible
	if doc.Format == tree.JSON {
		if compatible {
			return body[:strings.LastIndexByte(body, '}')] + `,"Encrypt":"` + encrypted + `"}`
		}
		return `{"` + receiver + `":` + strconv.Quote(name) + `,"Encrypt":"` + encrypted + `"}`
	}
	element := "<Encrypt><![CDATA[" + encrypted + "]]></Encrypt>"
	if compatible {
		end := strings.LastIndex(body, "</")
		return body[:end] + element + body[end:]
	}
	return "<xml><" + receiver + "><![CDATA[" + name + "]]></" + receiver + ">" + element + "</xml>"
}
