package central

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/token"
)

// HandlerConfig says whose tokens a Handler gives, and to whom. Sources and Keys are needed.
type HandlerConfig struct {
	// Sources by AppID. Where one is a [token.Renewer], rejected tokens are replaced.
	Sources map[string]token.Source
	// Keys of which a client must show one, each of at least 16 bytes. Several let them be changed one client at a
	// time. Everyone who has a key can have the tokens of all Sources, and can report good ones as rejected: what
	// that costs is bounded by [token.Manager.Renew].
	Keys []token.Secret
	// Logger gets a line for each request that is refused, and one when the tokens of an account cannot be had and
	// when they can again. It never hears of keys and tokens. Defaults to none.
	Logger *slog.Logger
}

// Handler is the token service. Serve it with TLS, and not to the internet. It is safe for concurrent use.
type Handler struct {
	in func() *service // no printer looks into a function
}

// service is what a Handler holds.
type service struct {
	sources map[string]token.Source
	salt    []byte
	keys    [][]byte // salted digests
	log     *slog.Logger

	mu      sync.Mutex      // guards failing
	failing map[string]bool // by AppID
}

// NewHandler returns a Handler, or an error that names the setting that is wrong.
func NewHandler(cfg HandlerConfig) (*Handler, error) {
	if len(cfg.Sources) == 0 {
		return nil, fieldErrorf("HandlerConfig.Sources", "empty")
	}
	if len(cfg.Keys) == 0 {
		return nil, fieldErrorf("HandlerConfig.Keys", "empty")
	}
	h := &service{
		sources: maps.Clone(cfg.Sources), salt: []byte(rand.Text()), log: cfg.Logger, failing: map[string]bool{},
	}
	for appID, src := range h.sources {
		if src == nil {
			return nil, fieldErrorf(fmt.Sprintf("HandlerConfig.Sources[%q]", appID), "nil")
		}
	}
	for i, key := range cfg.Keys {
		if secret.IsMask(key) {
			return nil, fieldErrorf(fmt.Sprintf("HandlerConfig.Keys[%d]", i), secret.Masked)
		}
		if len(key) < shortestKey {
			return nil, fieldErrorf(fmt.Sprintf("HandlerConfig.Keys[%d]", i), "%d bytes, at least %d are needed", len(key), shortestKey)
		}
		h.keys = append(h.keys, h.digest(key.Reveal()))
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return &Handler{func() *service { return h }}, nil
}

// String returns "central.Handler".
func (h Handler) String() string { return "central.Handler" }

// Format is for the verbs that do not ask String.
func (h Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

func (h *service) digest(key string) []byte {
	mac := hmac.New(sha256.New, h.salt)
	mac.Write([]byte(key))
	return mac.Sum(nil)
}

// authorised compares with every key, in a time that tells nothing.
func (h *service) authorised(r *http.Request) bool {
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	digest, found := h.digest(shown), false
	for _, key := range h.keys {
		found = hmac.Equal(digest, key) || found
	}
	return ok && found
}

// longestBody is well above what a request needs.
const longestBody = 16 << 10

// ServeHTTP answers one request for a token.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.in().serve(w, r) }

func (h *service) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, "POST is needed")
		return
	}
	if !h.authorised(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		h.refuse(w, r, http.StatusUnauthorized, "the key is wrong")
		return
	}
	var q question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBody)).Decode(&q); err != nil {
		h.refuse(w, r, http.StatusBadRequest, "the body is not a JSON object with appid")
		return
	}
	source := h.sources[q.AppID]
	if source == nil {
		h.refuse(w, r, http.StatusNotFound, "there is no such account here")
		return
	}
	h.answer(w, r, source, q)
}

func (h *service) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	h.log.WarnContext(r.Context(), "central: request refused", "status", status, "reason", why, "remote", r.RemoteAddr)
	http.Error(w, why, status)
}

func (h *service) answer(w http.ResponseWriter, r *http.Request, source token.Source, q question) {
	t, err := ask(r, source, token.Secret(q.Rejected))
	if err == nil && t.Value == "" {
		err = errors.New("central: the source has no token")
	}
	h.note(r, q.AppID, err)
	if err != nil {
		h.fail(w, err)
		return
	}
	seconds := int64(time.Until(t.Expiry) / time.Second)
	if t.Expiry.IsZero() || seconds < 1 {
		seconds = 1
	}
	reply(w, http.StatusOK, answer{t.Value.Reveal(), seconds})
}

func ask(r *http.Request, source token.Source, rejected token.Secret) (token.Token, error) {
	if renewer, ok := source.(token.Renewer); ok && rejected != "" {
		return renewer.Renew(r.Context(), rejected)
	}
	return source.Token(r.Context())
}

// note logs when an account's tokens cannot be had any more, and when they can again.
func (h *service) note(r *http.Request, appID string, err error) {
	if r.Context().Err() != nil {
		return // the client did not wait for it
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.failing[appID]
	h.failing[appID] = err != nil
	switch {
	case !was && err != nil:
		h.log.WarnContext(r.Context(), "central: no token", "app", appID, "err", err)
	case was && err == nil:
		h.log.InfoContext(r.Context(), "central: tokens again", "app", appID)
	}
}

// fail passes on what WeChat answered; the client spaces its attempts by that.
func (h *service) fail(w http.ResponseWriter, err error) {
	var refused *errcode.Error
	if !errors.As(err, &refused) {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	message := refused.Message
	if refused.RID != "" {
		message += " rid: " + refused.RID
	}
	reply(w, http.StatusServiceUnavailable, struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
		Path    string `json:"path"` // of WeChat's call: the meaning of a code depends on it
	}{int(refused.Code), message, refused.Path})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// fieldErrorf returns the finding of a check of settings.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "central", Field: field, Reason: fmt.Sprintf(format, args...)}
}
