package callback_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

// BenchmarkCallback measures one push from the request to the encrypted reply: verify, decrypt, parse, handle,
// encrypt. The floor is what one would write by hand with crypto/aes and encoding/xml for envelope and message; it
// has no time window, no replay and duplicate check, no time limit and no containment of panics.
func BenchmarkCallback(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		var h *callback.Handler
		benchmark(b, func() http.Handler { h = newBenchHandler(b); return h })
		require.NoError(b, h.Shutdown(context.Background()))
	})
	b.Run("floor", func(b *testing.B) {
		benchmark(b, func() http.Handler { return newFloor(b) })
	})
}

const benchPush = `<xml><ToUserName><![CDATA[gh_demo00000001]]></ToUserName><FromUserName><![CDATA[oAbCdEfGhIjKlMnOpQrStUvWxYz0]]></FromUserName><CreateTime>1763600000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[When does my contract end, and how do I renew it? I would like to keep the same terms as last year.]]></Content><MsgId>%d</MsgId><MsgDataId><![CDATA[2650000001_1]]></MsgDataId><Idx><![CDATA[1]]></Idx></xml>`

// benchPushes is the number of different pushes before a new handler starts over.
const benchPushes = 1024

func benchmark(b *testing.B, newHandler func() http.Handler) {
	requests := make([]*http.Request, benchPushes)
	bodies := make([][]byte, benchPushes)
	for i := range requests {
		nonce := strconv.Itoa(1000000000 + i)
		requests[i] = callbacktest.Sender{App: secureApp(), Time: now, Nonce: nonce}.Push(fmt.Sprintf(benchPush, 24000000000000000+i))
		body, err := io.ReadAll(requests[i].Body)
		require.NoError(b, err)
		bodies[i] = body
	}
	w := &discard{header: make(http.Header)}
	reader := bytes.NewReader(nil)
	var h http.Handler
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		i := n % benchPushes
		if i == 0 {
			b.StopTimer()
			h = newHandler()
			b.StartTimer()
		}
		reader.Reset(bodies[i])
		requests[i].Body = io.NopCloser(reader)
		h.ServeHTTP(w, requests[i])
		if w.status != http.StatusOK || w.size < 100 {
			b.Fatalf("status %d, %d bytes", w.status, w.size)
		}
	}
}

// discard is a response writer without costs of its own.
type discard struct {
	header       http.Header
	status, size int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { d.size = len(p); return len(p), nil }

func newBenchHandler(b *testing.B) *callback.Handler {
	h, err := callback.New(callback.Config{Apps: []callback.App{secureApp()}, Now: clock})
	require.NoError(b, err)
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "You wrote: " + m.Content}, nil
	})
	return h
}

// floor is the handler one would write by hand.
type floor struct {
	block cipher.Block
	iv    []byte
}

func newFloor(b *testing.B) *floor {
	raw, err := base64.StdEncoding.DecodeString(key + "=")
	require.NoError(b, err)
	block, err := aes.NewCipher(raw)
	require.NoError(b, err)
	return &floor{block: block, iv: raw[:16]}
}

type floorEnvelope struct {
	ToUserName string
	Encrypt    string
}

type floorMessage struct {
	ToUserName, FromUserName string
	CreateTime               int64
	MsgType, Content         string
	MsgID                    int64 `xml:"MsgId"`
}

type cdata struct {
	Text string `xml:",cdata"`
}

type floorReply struct {
	XMLName                           xml.Name `xml:"xml"`
	ToUserName, FromUserName, MsgType cdata
	CreateTime                        int64
	Content                           cdata
}

type floorSealed struct {
	XMLName               xml.Name `xml:"xml"`
	Encrypt, MsgSignature cdata
	TimeStamp             string
	Nonce                 cdata
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply, err := f.answer(r.URL.Query(), http.MaxBytesReader(w, r.Body, 256<<10))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(reply)
}

func (f *floor) answer(q url.Values, body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var env floorEnvelope
	if err := xml.Unmarshal(data, &env); err != nil {
		return nil, err
	}
	want := floorSignature(token, q.Get("timestamp"), q.Get("nonce"), env.Encrypt)
	if subtle.ConstantTimeCompare([]byte(want), []byte(q.Get("msg_signature"))) != 1 {
		return nil, errors.New("signature")
	}
	plain, err := f.decrypt(env.Encrypt)
	if err != nil {
		return nil, err
	}
	var m floorMessage
	if err := xml.Unmarshal(plain, &m); err != nil {
		return nil, err
	}
	reply, err := xml.Marshal(floorReply{
		ToUserName: cdata{m.FromUserName}, FromUserName: cdata{m.ToUserName}, MsgType: cdata{"text"},
		CreateTime: now.Unix(), Content: cdata{"You wrote: " + m.Content},
	})
	if err != nil {
		return nil, err
	}
	encrypted := f.encrypt(reply)
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return xml.Marshal(floorSealed{
		Encrypt: cdata{encrypted}, TimeStamp: timestamp, Nonce: cdata{q.Get("nonce")},
		MsgSignature: cdata{floorSignature(token, timestamp, q.Get("nonce"), encrypted)},
	})
}

func floorSignature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func (f *floor) decrypt(encrypted string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) == 0 || len(data)%16 != 0 {
		return nil, errors.New("ciphertext")
	}
	cipher.NewCBCDecrypter(f.block, f.iv).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > 32 || pad > len(data)-20 {
		return nil, errors.New("padding")
	}
	data = data[16 : len(data)-pad]
	size := binary.BigEndian.Uint32(data)
	if int(size) > len(data)-4 || string(data[4+size:]) != appID {
		return nil, errors.New("app id")
	}
	return data[4 : 4+size], nil
}

func (f *floor) encrypt(reply []byte) string {
	data := make([]byte, 16, 52+len(reply)+len(appID))
	_, _ = rand.Read(data)
	data = binary.BigEndian.AppendUint32(data, uint32(len(reply)))
	data = append(append(data, reply...), appID...)
	pad := 32 - len(data)%32
	data = append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(f.block, f.iv).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}
