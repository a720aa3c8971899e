// Package jsapi holds the tickets for WeChat's JS-SDK (JSAPI) and for cards, and signs the configuration of web
// pages and what they do with cards. A ticket is fetched, shared and renewed as an access token is; WeChat allows few requests for it.
//
//	tickets, err := jsapi.New(jsapi.Config{AppID: "wx…", Tokens: client.TokenSource(), Store: store})
//	page, err := tickets.Sign(ctx, "https://www.example.com/contract?id=7")
//	// hand page.AppID, Timestamp, Nonce and Signature to wx.config in the page
//
// A client with an HTTP client or a base URL, as in tests with an emulator, does not bring them along: the [Config] wants
// the same.
package jsapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha1" // WeChat's choice
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/token"
)

// Kind is what a ticket is for.
type Kind string

// The kinds.
const (
	JSAPI Kind = "jsapi"   // for [Tickets.Sign], the default
	Card  Kind = "wx_card" // for [Tickets.SignCard]
)

// Config names the account. AppID and Tokens are needed; the rest has defaults.
type Config struct {
	AppID  string       // of the service account
	Tokens token.Source // of its access tokens; a [token.Renewer] lets rejected ones be replaced
	Kind   Kind         // Defaults to [JSAPI].
	// Store shares the ticket among processes. Defaults to none.
	Store token.Store

	// BaseURL of WeChat's API. Defaults to [token.DefaultBaseURL]. Tokens have their own, and so does a client: give
	// all of them the same. New refuses Tokens from the real WeChat for tickets from elsewhere, and the other way round,
	// see [token.Config].
	BaseURL string
	// HTTPClient brings the Transport for requests; the rest of it is not used. As with BaseURL, that of the client
	// is wanted here too.
	HTTPClient *http.Client
	// TransportMiddleware wraps the transport of requests for tickets, the first one outermost, as
	// wechat.WithTransportMiddleware says, where it is told what they see. Defaults to none.
	TransportMiddleware []func(http.RoundTripper) http.RoundTripper
	// Timeout bounds one request. Defaults to 10 seconds.
	Timeout time.Duration
	// Logger and OnFetch are told as [token.Config] says. Default to none.
	Logger  *slog.Logger
	OnFetch func(ctx context.Context, e token.Event)
}

// Tickets gives the ticket of one account. It is safe for concurrent use.
type Tickets struct {
	appID   string
	kind    Kind
	manager *token.Manager
}

// New returns Tickets, or an error that names the setting that is wrong. It makes no request.
func New(cfg Config) (*Tickets, error) {
	if cfg.Kind == "" {
		cfg.Kind = JSAPI
	}
	base, err := rest.ParseBaseURL(cmp.Or(cfg.BaseURL, token.DefaultBaseURL))
	switch {
	case cfg.AppID == "":
		return nil, errors.New("jsapi: Config.AppID is empty")
	case cfg.Tokens == nil:
		return nil, errors.New("jsapi: Config.Tokens is nil")
	case cfg.Kind != JSAPI && cfg.Kind != Card:
		return nil, fmt.Errorf("jsapi: Config.Kind: %q is neither JSAPI nor Card", cfg.Kind)
	case cfg.Timeout < 0:
		return nil, fmt.Errorf("jsapi: Config.Timeout: %v is negative", cfg.Timeout)
	case err != nil:
		return nil, fmt.Errorf("jsapi: Config.BaseURL: %w", err)
	}
	if err := rest.CheckMiddleware(cfg.TransportMiddleware); err != nil {
		return nil, fmt.Errorf("jsapi: Config.%w", err)
	}
	own := route.Route{BaseURL: cfg.BaseURL, HTTPClient: cfg.HTTPClient}
	if reason := cmp.Or(own.Refuse(cfg.Tokens), own.RefuseBack(cfg.Tokens)); reason != "" {
		return nil, &errcode.FieldError{Op: "jsapi", Field: "Config.Tokens", Reason: reason}
	}
	manager, err := token.NewManager(token.Config{
		AppID: cfg.AppID, Key: "wechat:ticket:{" + cfg.AppID + "}:" + string(cfg.Kind), Store: cfg.Store,
		Fetcher: &fetcher{rest.New(cfg.HTTPClient, cfg.TransportMiddleware...), base, cfg.Kind, cfg.Tokens, cfg.Timeout},
		Timeout: cfg.Timeout, Logger: cfg.Logger, OnFetch: cfg.OnFetch,
	})
	if err != nil {
		return nil, err
	}
	return &Tickets{cfg.AppID, cfg.Kind, manager}, nil
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
	http    *rest.Client
	base    *url.URL
	kind    Kind
	tokens  token.Source
	timeout time.Duration
}

const (
	op         = "jsapi.Fetch"
	ticketPath = "/cgi-bin/ticket/getticket"
)

// Fetch asks for the ticket in force. It cannot be forced.
func (f *fetcher) Fetch(ctx context.Context, _ bool) (token.Token, error) {
	t, err := f.tokens.Token(ctx)
	if err != nil {
		return token.Token{}, err
	}
	ticket, err := f.ask(ctx, t.Value)
	renewer, ok := f.tokens.(token.Renewer)
	if !ok || !errors.Is(err, errcode.InvalidToken) {
		return ticket, err
	}
	renewed, renewal := renewer.Renew(ctx, t.Value)
	if renewal != nil {
		renewal = rest.Hide(renewal, []string{t.Value.Reveal()}) // a Source of the program's own may show it
		return token.Token{}, fmt.Errorf("%w; the token was not replaced: %w", err, renewal)
	}
	return f.ask(ctx, renewed.Value)
}

func (f *fetcher) ask(ctx context.Context, accessToken token.Secret) (token.Token, error) {
	req := &rest.Request{
		Method: http.MethodGet, Base: f.base, Path: ticketPath, Token: accessToken.Reveal(),
		Query: url.Values{"type": {string(f.kind)}}.Encode(), Timeout: f.timeout, Confidential: true,
	}
	start := time.Now()
	answer, err := f.http.Do(ctx, req)
	if err != nil {
		return token.Token{}, err
	}
	defer answer.Release()
	code, message, err := answer.Envelope(req)
	if err != nil {
		return token.Token{}, err
	}
	if code != 0 {
		return token.Token{}, errcode.New(op, ticketPath, answer.Status, errcode.Code(code), message)
	}
	value := rest.Text(answer.Body, "ticket")
	if value == "" {
		return token.Token{}, rest.NewAnswerError(req, &answer, "ticket is missing")
	}
	ticket := token.Token{Value: token.Secret(value), Issued: start}
	if seconds := rest.Int(answer.Body, "expires_in"); seconds > 0 && seconds < 30*24*3600 {
		ticket.Expiry = start.Add(time.Duration(seconds) * time.Second)
	}
	return ticket, nil // without an Expiry the Manager takes a short one
}
