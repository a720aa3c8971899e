// Package jsapi holds the tickets for WeChat's JS-SDK (JSAPI) and for cards, and signs the configuration of web
// pages and what they do with cards. A ticket is fetched, shared and renewed as an access token is; WeChat allows few requests for it.
//
//	tickets, err := jsapi.New(client, jsapi.Config{Store: store})
//	page, err := tickets.Sign(ctx, "https://www.example.com/contract?id=7")
//	// hand page.AppID, Timestamp, Nonce and Signature to wx.config in the page
package jsapi

import (
	"context"
	"crypto/rand"
	"crypto/sha1" // WeChat's choice
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/token"
)

// Kind is what a ticket is for.
type Kind string

// The kinds.
const (
	JSAPI Kind = "jsapi"   // for [Tickets.Sign], the default
	Card  Kind = "wx_card" // for [Tickets.SignCard]
)

// Config says what the tickets are for and where they are kept. The zero value has the defaults.
type Config struct {
	Kind Kind // Defaults to [JSAPI].
	// Store shares the ticket among processes. Defaults to none.
	Store token.Store
	// Observer is called after each request for a ticket, beside the client's observer, which hears of every attempt. It must
	// not block. Defaults to none.
	Observer func(ctx context.Context, e token.FetchEvent)
}

// Tickets gives the ticket of one account. It is safe for concurrent use.
type Tickets struct {
	appID   string
	kind    Kind
	manager *token.Manager
}

// New returns the Tickets of the client's account, or an error that names the setting that is wrong. It makes no request.
// Tickets are fetched with the client's tokens, over its connections and within its limits; in place of its repetitions
// they have the pauses of a [token.Manager].
func New(client *wechat.Client, cfg Config) (*Tickets, error) {
	if cfg.Kind == "" {
		cfg.Kind = JSAPI
	}
	switch {
	case client == nil:
		return nil, &errcode.FieldError{Op: "jsapi", Field: "client", Reason: "nil"}
	case cfg.Kind != JSAPI && cfg.Kind != Card:
		return nil, &errcode.FieldError{Op: "jsapi", Field: "Config.Kind", Reason: fmt.Sprintf("%q is neither JSAPI nor Card", cfg.Kind)}
	}
	core, err := client.With(wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	if err != nil {
		return nil, err
	}
	appID := client.AppID()
	manager, err := token.NewManager(token.Config{
		AppID: appID, Key: "wechat:ticket:{" + appID + "}:" + string(cfg.Kind), Store: cfg.Store,
		Fetcher: &fetcher{core, cfg.Kind}, Timeout: client.Timeout(), Logger: client.Logger(), Observer: cfg.Observer,
	})
	if err != nil {
		return nil, err
	}
	return &Tickets{appID, cfg.Kind, manager}, nil
}

// Ticket returns the valid ticket, fetching one first where there is none.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/webdev/jssdk/api_getticket.html
//
//wechat:endpoint GET /cgi-bin/ticket/getticket
//wechat:account official-account
func (t *Tickets) Ticket(ctx context.Context) (token.Token, error) { return t.manager.Token(ctx) }

// Renew replaces a ticket that pages report as invalid (63002 in the page's console) although the address was
// right. See [token.Manager.Renew] for its limits.
func (t *Tickets) Renew(ctx context.Context, rejected token.Secret) (token.Token, error) {
	return t.manager.Renew(ctx, rejected)
}

// Close ends a refresh that is under way and waits for it. A program that keeps its Tickets to the end need not
// call it.
func (t *Tickets) Close() error { return t.manager.Close() }

// String returns "jsapi.Tickets(AppID)".
func (t Tickets) String() string { return "jsapi.Tickets(" + t.appID + ")" }

// Format is for the verbs that do not ask String.
func (t Tickets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// Signature is what wx.config in a page wants. It holds no secret: it is made to be sent to browsers.
type Signature struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"` // Unix seconds
	Nonce     string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// Sign signs a page for the JS-SDK (JS-SDK使用权限签名). The address is the page's as the browser shows it, with
// its query; a fragment (#…) is cut off. It is signed as it is: escape nothing. The ticket must be of the kind
// [JSAPI].
//
// WeChat docs: https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
func (t *Tickets) Sign(ctx context.Context, pageURL string) (*Signature, error) {
	const op = "jsapi.Sign"
	if !strings.HasPrefix(pageURL, "http://") && !strings.HasPrefix(pageURL, "https://") {
		return nil, &errcode.FieldError{Op: op, Field: "pageURL", Reason: "must begin with http:// or https://"}
	}
	ticket, err := t.ticketOf(ctx, op, JSAPI)
	if err != nil {
		return nil, err
	}
	s := &Signature{AppID: t.appID, Timestamp: time.Now().Unix(), Nonce: rand.Text()}
	s.Signature = sign(ticket, s.Nonce, s.Timestamp, pageURL)
	return s, nil
}

// ticketOf is the ticket for signatures of one kind: those of the other kind look the same and are never valid.
func (t *Tickets) ticketOf(ctx context.Context, op string, kind Kind) (token.Secret, error) {
	if t.kind != kind {
		return "", &errcode.FieldError{Op: op, Field: "Config.Kind", Reason: "must be " + string(kind)}
	}
	ticket, err := t.Ticket(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	return ticket.Value, nil
}

func sign(ticket token.Secret, nonce string, timestamp int64, pageURL string) string {
	pageURL, _, _ = strings.Cut(pageURL, "#")
	return digest("jsapi_ticket=" + ticket.Reveal() + "&noncestr=" + nonce +
		"&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + pageURL)
}

func digest(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// CardSignature is what goes into cardExt of wx.addCard, or to wx.chooseCard as cardSign, in a page. It holds no secret.
type CardSignature struct {
	Timestamp int64 // Unix seconds; cardExt has them as a string
	Nonce     string
	Signature string
}

// SignCard signs for a card (卡券签名): of wx.addCard the values are the card's id and, where cardExt has them, code and
// openid; of wx.chooseCard the AppID and, where they are given, location id, card id and card type. Their order does
// not matter. The ticket must be of the kind [Card].
//
// WeChat docs: https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
func (t *Tickets) SignCard(ctx context.Context, values ...string) (*CardSignature, error) {
	ticket, err := t.ticketOf(ctx, "jsapi.SignCard", Card)
	if err != nil {
		return nil, err
	}
	s := &CardSignature{Timestamp: time.Now().Unix(), Nonce: rand.Text()}
	s.Signature = signCard(ticket, s.Nonce, s.Timestamp, values)
	return s, nil
}

func signCard(ticket token.Secret, nonce string, timestamp int64, values []string) string {
	all := append([]string{ticket.Reveal(), nonce, strconv.FormatInt(timestamp, 10)}, values...)
	slices.Sort(all)
	return digest(strings.Join(all, ""))
}

// fetcher fetches tickets with the account's access token.
type fetcher struct {
	core *wechat.Client
	kind Kind
}

// Fetch asks for the ticket in force. It cannot be forced.
func (f *fetcher) Fetch(ctx context.Context, _ bool) (token.Token, error) {
	asked, issued := time.Now(), exchange.Issued{Key: "ticket"}
	err := f.core.Call(ctx, wechat.Call{
		Op: "jsapi.Ticket", Method: http.MethodGet, Path: "/cgi-bin/ticket/getticket",
		Query: url.Values{"type": {string(f.kind)}}, Out: &issued, Effect: wechat.ReadOnly,
		Private: []string{}, // the answer holds the ticket
	})
	if err != nil {
		return token.Token{}, err
	}
	return token.Token{
		Value: token.Secret(issued.Value), Issued: asked, Expiry: asked.Add(exchange.Lifetime(issued.Seconds)),
	}, nil
}
