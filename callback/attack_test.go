package callback_test

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/callback/internal/seal"
)

// forge returns a request with this body and the given parameters beside a fresh timestamp and nonce.
func forge(body string, params ...string) *http.Request {
	q := url.Values{"timestamp": {"1763600000"}, "nonce": {"1320562132"}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return httptest.NewRequest(http.MethodPost, "/?"+q.Encode(), strings.NewReader(body))
}

// guess has the form of a signature.
var guess = strings.Repeat("0", 40)

// guessed returns a request of a stranger who knows what WeChat's look like.
func guessed(body string) *http.Request { return forge(body, "msg_signature", guess) }

// plainSignature is what anybody has who saw one request.
var plainSignature = seal.Signature(token, "1763600000", "1320562132")

// signed returns a request whose ciphertext is correctly signed, whatever is in it.
func signed(encrypted string) *http.Request {
	return signedAs(encrypted, "<xml><Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>")
}

// signedAs returns a request whose signature is right for a ciphertext, wherever in the body that is.
func signedAs(encrypted, body string) *http.Request {
	return forge(body, "msg_signature", seal.Signature(token, "1763600000", "1320562132", encrypted))
}

// sealed encrypts a message with the right key for the right app.
func sealed(t testing.TB, message string) string {
	t.Helper()
	k, err := seal.NewKey(key)
	require.NoError(t, err)
	return k.Seal([]byte(message), appID)
}

// rawSealed encrypts a layout of choice: length field, message, app id, and a padding of n bytes of value pad.
func rawSealed(t testing.TB, length uint32, message, id string, n int, pad byte) string {
	t.Helper()
	raw, err := base64.RawStdEncoding.DecodeString(key)
	require.NoError(t, err)
	block, err := aes.NewCipher(raw)
	require.NoError(t, err)
	data := append([]byte("aaaabbbbccccdddd"), binary.BigEndian.AppendUint32(nil, length)...)
	data = append(append(data, message...), id...)
	data = append(data, bytes.Repeat([]byte{pad}, n)...)
	require.Zero(t, len(data)%aes.BlockSize)
	cipher.NewCBCEncrypter(block, raw[:16]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

// edit changes the query of a request.
func edit(r *http.Request, change func(string) string) *http.Request {
	r.URL.RawQuery = change(r.URL.RawQuery)
	return r
}

type attack struct {
	request func(t *testing.T) *http.Request
	want    error
}

// hidden puts a genuine ciphertext with its genuine signature where none belongs.
func hidden(format string) attack {
	return attack{func(t *testing.T) *http.Request {
		encrypted := sealed(t, textPush)
		return signedAs(encrypted, fmt.Sprintf(format, encrypted))
	}, callback.ErrMode}
}

func TestAttacksOnEncryptedModes(t *testing.T) {
	t.Parallel()
	good := func() *http.Request { return callbacktest.Sender{App: secureApp(), Time: now}.Push(textPush) }
	const bomb = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>`
	cases := map[string]attack{
		"plain body": {func(*testing.T) *http.Request { return forge(textPush, "signature", plainSignature) }, callback.ErrMode},
		"plain body, encrypt_type=aes": {func(*testing.T) *http.Request {
			return forge(textPush, "signature", plainSignature, "encrypt_type", "aes", "msg_signature", plainSignature)
		}, callback.ErrMode},
		"plain body, encrypt_type=raw": {func(*testing.T) *http.Request {
			return forge(textPush, "signature", plainSignature, "encrypt_type", "raw")
		}, callback.ErrMode},
		"plain JSON": {func(*testing.T) *http.Request { return forge(jsonPush, "signature", plainSignature) }, callback.ErrMode},
		"empty Encrypt": {func(*testing.T) *http.Request {
			return forge("<xml><Encrypt></Encrypt></xml>", "msg_signature", plainSignature)
		}, callback.ErrMode},
		"Encrypt of a nested element":    hidden("<xml><A><Encrypt>%s</Encrypt></A></xml>"),
		"Encrypt in a nested object":     hidden(`{"A":{"Encrypt":"%s"}}`),
		"Encrypt in an attribute":        hidden(`<xml Encrypt="%s"><A Encrypt="%[1]s"/></xml>`),
		"Encrypt in a comment":           hidden("<xml><!-- <Encrypt>%s</Encrypt> --></xml>"),
		"Encrypt in an instruction":      hidden("<xml><?x <Encrypt>%s</Encrypt> ?></xml>"),
		"Encrypt in the text of another": hidden("<xml><A><![CDATA[<Encrypt>%s</Encrypt>]]></A></xml>"),
		"Encrypt that is an object":      hidden(`{"Encrypt":{"Encrypt":"%s"}}`),
		"another Encrypt before the signed one": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, textPush)
			return signedAs(encrypted, "<xml><Encrypt>"+sealed(t, textPush)+"</Encrypt><Encrypt>"+encrypted+"</Encrypt></xml>")
		}, callback.ErrSignature},
		"another Encrypt in JSON": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, jsonPush)
			return signedAs(encrypted, `{"Encrypt":"`+sealed(t, jsonPush)+`","Encrypt":"`+encrypted+`"}`)
		}, callback.ErrSignature},
		"one bit of the ciphertext": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, textPush)
			flipped := map[bool]string{true: "B", false: "A"}[encrypted[0] == 'A'] + encrypted[1:]
			return signedAs(encrypted, "<xml><Encrypt>"+flipped+"</Encrypt></xml>")
		}, callback.ErrSignature},
		"ciphertext without its first blocks": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, textPush)
			return signedAs(encrypted, "<xml><Encrypt>"+encrypted[64:]+"</Encrypt></xml>")
		}, callback.ErrSignature},
		"parameters in header, trailer and form": {func(*testing.T) *http.Request {
			r := good()
			for name, values := range r.URL.Query() {
				r.Header.Set(name, values[0])
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Trailer = r.Header
			r.Body = io.NopCloser(strings.NewReader(r.URL.RawQuery))
			return edit(r, func(string) string { return "" })
		}, callback.ErrQuery},
		"signature of a megabyte": {func(*testing.T) *http.Request {
			return edit(good(), func(q string) string {
				return strings.Replace(q, "msg_signature=", "msg_signature="+strings.Repeat("0", 1<<20), 1)
			})
		}, callback.ErrQuery},
		"a hundred thousand parameters": {func(*testing.T) *http.Request {
			return edit(good(), func(q string) string { return strings.Repeat("a=1&", 100_000) + q + "&nonce=1" })
		}, callback.ErrQuery},
		"no msg_signature": {func(t *testing.T) *http.Request {
			return forge("<xml><Encrypt>"+sealed(t, textPush)+"</Encrypt></xml>", "signature", plainSignature)
		}, callback.ErrMode},
		"signature in place of msg_signature": {func(t *testing.T) *http.Request {
			return forge("<xml><Encrypt>"+sealed(t, textPush)+"</Encrypt></xml>", "msg_signature", plainSignature)
		}, callback.ErrSignature},
		"signature of another body": {func(t *testing.T) *http.Request {
			r := good()
			r.Body = io.NopCloser(strings.NewReader("<xml><Encrypt>" + sealed(t, textPush) + "</Encrypt></xml>"))
			return r
		}, callback.ErrSignature},
		"other token": {func(*testing.T) *http.Request {
			app := secureApp()
			app.Token = "guess"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrSignature},
		"upper-case signature": {func(*testing.T) *http.Request {
			return edit(good(), func(q string) string {
				values, _ := url.ParseQuery(q)
				values.Set("msg_signature", strings.ToUpper(values.Get("msg_signature")))
				return values.Encode()
			})
		}, callback.ErrSignature},
		"ciphertext moved into the nonce": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, textPush)
			// The signature of 9… (nonce), 1… (timestamp) and the text does not change when the border moves.
			return forge("<xml><Encrypt>"+encrypted[64:]+"</Encrypt></xml>", "nonce", "9"+encrypted[:64],
				"msg_signature", seal.Signature(token, "1763600000", "9"+encrypted[:64], encrypted[64:]))
		}, callback.ErrQuery},
		"other key": {func(*testing.T) *http.Request {
			app := secureApp()
			app.EncodingAESKey = oldKey
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrDecrypt},
		"other app id": {func(*testing.T) *http.Request {
			app := secureApp()
			app.AppID = "wx0000000000000009"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrAppID},
		"longer app id": {func(*testing.T) *http.Request {
			app := secureApp()
			app.AppID += "x"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrAppID},
		"no app id": {func(t *testing.T) *http.Request {
			return signed(rawSealed(t, uint32(len(textPush)), textPush, "", 48-(20+len(textPush))%16, byte(48-(20+len(textPush))%16)))
		}, callback.ErrDecrypt},
		"compressed body": {func(t *testing.T) *http.Request {
			r := good()
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			_, err := w.Write([]byte(mustRead(t, r)))
			require.NoError(t, err)
			require.NoError(t, w.Close())
			r.Body, r.ContentLength = io.NopCloser(&out), int64(out.Len())
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}, callback.ErrParse},
		"not base64":     {func(*testing.T) *http.Request { return signed("%%%%") }, callback.ErrDecrypt},
		"half a block":   {func(*testing.T) *http.Request { return signed(base64.StdEncoding.EncodeToString(make([]byte, 24))) }, callback.ErrDecrypt},
		"one zero block": {func(*testing.T) *http.Request { return signed(base64.StdEncoding.EncodeToString(make([]byte, 16))) }, callback.ErrDecrypt},

		"length too short": {func(t *testing.T) *http.Request { return signed(rawSealed(t, 3, "<xml/>", appID, 4, 4)) }, callback.ErrAppID},
		"length too long":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 9, "<xml/>", appID, 4, 4)) }, callback.ErrAppID},
		"length oversize":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 1<<32-1, "<xml/>", appID, 4, 4)) }, callback.ErrDecrypt},
		"length negative":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 1<<31, "<xml/>", appID, 4, 4)) }, callback.ErrDecrypt},
		"length zero":      {func(t *testing.T) *http.Request { return signed(rawSealed(t, 0, "", appID, 10, 10)) }, callback.ErrParse},

		"empty message":        {func(t *testing.T) *http.Request { return signed(sealed(t, "")) }, callback.ErrParse},
		"neither XML nor JSON": {func(t *testing.T) *http.Request { return signed(sealed(t, "hello")) }, callback.ErrParse},
		"entity bomb":          {func(t *testing.T) *http.Request { return signed(sealed(t, bomb+"<xml>&c;</xml>")) }, callback.ErrParse},
		"external entity": {func(t *testing.T) *http.Request {
			return signed(sealed(t, `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>`))
		}, callback.ErrParse},
		"trailing garbage":          {func(t *testing.T) *http.Request { return signed(sealed(t, textPush+"x")) }, callback.ErrParse},
		"trailing JSON":             {func(t *testing.T) *http.Request { return signed(sealed(t, jsonPush+jsonPush)) }, callback.ErrParse},
		"cut message":               {func(t *testing.T) *http.Request { return signed(sealed(t, textPush[:200])) }, callback.ErrParse},
		"deep message":              {func(t *testing.T) *http.Request { return signed(sealed(t, strings.Repeat("<a>", 10000))) }, callback.ErrParse},
		"deep JSON":                 {func(t *testing.T) *http.Request { return signed(sealed(t, strings.Repeat(`{"a":`, 10000))) }, callback.ErrParse},
		"message in UTF-16":         {func(t *testing.T) *http.Request { return signed(sealed(t, "\xff\xfe<\x00x\x00m\x00l\x00/\x00>\x00")) }, callback.ErrParse},
		"entity bomb as envelope":   {func(*testing.T) *http.Request { return guessed(bomb + "<xml><Encrypt>&c;</Encrypt></xml>") }, callback.ErrParse},
		"garbage after envelope":    {func(*testing.T) *http.Request { return guessed("<xml><Encrypt>x</Encrypt></xml>garbage") }, callback.ErrParse},
		"envelope not UTF-8":        {func(*testing.T) *http.Request { return guessed("\xff\xfe<\x00x\x00m\x00l\x00>\x00") }, callback.ErrParse},
		"empty body":                {func(*testing.T) *http.Request { return guessed("") }, callback.ErrParse},
		"form body":                 {func(*testing.T) *http.Request { return guessed("echostr=1") }, callback.ErrParse},
		"billion elements envelope": {func(*testing.T) *http.Request { return guessed("<xml>" + strings.Repeat("<a/>", 30000) + "</xml>") }, callback.ErrParse},
	}
	for name, c := range cases {
		for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible} {
			t.Run(fmt.Sprintf("%s/%d", name, mode), func(t *testing.T) {
				t.Parallel()
				setup(t, appIn(mode)).requireRefused(t, c.request(t), c.want)
			})
		}
	}
}

func TestWrongPaddingBytes(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	const right = 64 - 20 - len("<xml/>") - len(appID)
	require.Equal(t, 20, right)
	for pad := range 256 {
		if pad == right {
			continue
		}
		r := signed(rawSealed(t, 6, "<xml/>", appID, right, byte(pad)))
		nonce := fmt.Sprint(1000000000 + pad)
		encrypted, _, _ := strings.Cut(strings.SplitN(mustRead(t, r), "CDATA[", 2)[1], "]]")
		r = forge("<xml><Encrypt>"+encrypted+"</Encrypt></xml>", "nonce", nonce,
			"msg_signature", seal.Signature(token, "1763600000", nonce, encrypted))
		w := b.do(r)
		require.Equal(t, http.StatusForbidden, w.Code, "padding byte %d", pad)
		require.Empty(t, b.handled())
		err := b.reported()[0].Err
		if 1 <= pad && pad < right { // a shorter padding, whose rest stands behind the app id
			require.ErrorIs(t, err, callback.ErrAppID, "padding byte %d", pad)
		} else {
			require.ErrorIs(t, err, callback.ErrDecrypt, "padding byte %d", pad)
		}
	}
}

func mustRead(t testing.TB, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}
