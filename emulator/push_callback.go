package emulator

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mode is how pushes are protected.
type Mode uint8

// The modes of message push (消息推送).
const (
	Plaintext  Mode = iota + 1 // signed, but neither body nor reply is encrypted (明文模式)
	Compatible                 // the body holds both forms, the reply may have either (兼容模式)
	Secure                     // all encrypted (安全模式)
)

// Format is how pushes are written.
type Format uint8

// The formats of pushes.
const (
	XML Format = iota + 1
	JSON
)

// Callback is where and how an account's pushes go. Token and EncodingAESKey stay as they are if empty, and are made up if
// there are none. Without URL and Handler nothing is pushed.
type Callback struct {
	// URL receives the pushes. If Handler is set, it only gives their address and may be empty.
	URL string
	// Handler receives the pushes in this process, without a socket.
	Handler http.Handler
	Token   string
	// EncodingAESKey has 43 letters and digits.
	EncodingAESKey string
	Mode           Mode   // defaults to Secure
	Format         Format // defaults to XML; only a Mini Program may have JSON
	// Shape is how events of subscription messages are written. Defaults to ShapeReal.
	Shape EventShape
}

// appPushes is where an account's pushes go.
type appPushes struct {
	Callback keptCallback `json:"callback,omitzero"`

	ticketsOn bool // those of a third-party platform are pushed; they start with the callback
}

// callback is nil if nothing is pushed.
func (a *App) callback() *Callback { return a.pushes.Callback.Callback }

// keptCallback is a Callback in the state. One with a handler is code and left out.
type keptCallback struct{ *Callback }

// savedCallback is a Callback with the names that its fields have in the state.
type savedCallback struct {
	URL            string       `json:"url"`
	Handler        http.Handler `json:"-"`
	Token          string       `json:"token"`
	EncodingAESKey string       `json:"encodingAESKey"`
	Mode           Mode         `json:"mode"`
	Format         Format       `json:"format"`
	Shape          EventShape   `json:"shape,omitzero"`
}

// IsZero reports whether there is nothing to save.
func (k keptCallback) IsZero() bool { return k.Callback == nil || k.Handler != nil }

// MarshalJSON writes the settings with their secrets.
func (k keptCallback) MarshalJSON() ([]byte, error) { return json.Marshal(savedCallback(*k.Callback)) }

// UnmarshalJSON reads what MarshalJSON writes.
func (k *keptCallback) UnmarshalJSON(b []byte) error {
	var in savedCallback
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return err
	}
	k.Callback = (*Callback)(&in)
	k.setDefaults()
	return nil
}

// loaded does not push anything yet, unlike SetCallback: the emulator is not complete.
func (p *appPushes) loaded(kind Kind) error {
	if p.Callback.Callback == nil {
		return nil
	}
	if reason := p.Callback.check(kind); reason != "" {
		return errors.New("callback: " + reason)
	}
	return nil
}

var aesKeyForm = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)

// SetCallback sends the account's pushes from now on to cfg, and returns cfg with what was made up. It
// does not verify the URL, see [App.VerifyCallback].
//
// A handler that needs the token and the key to be made gets them from a first call with an empty Callback, from what it
// returns or by [Server.Getenv]; the second call, with the Handler, keeps them:
//
//	keys := app.SetCallback(emulator.Callback{})
//	app.SetCallback(emulator.Callback{Handler: newHandler(keys.Token, keys.EncodingAESKey)})
func (a *App) SetCallback(cfg Callback) Callback {
	a.s.act(func() {
		w := &a.s.world
		if old := a.callback(); old != nil {
			cfg.Token, cfg.EncodingAESKey = cmp.Or(cfg.Token, old.Token), cmp.Or(cfg.EncodingAESKey, old.EncodingAESKey)
		}
		cfg.Token = orElse(cfg.Token, func() string { return w.ids.text(32, base62) })
		cfg.EncodingAESKey = orElse(cfg.EncodingAESKey, func() string { return w.ids.text(43, base62) })
		cfg.setDefaults()
		if err := cfg.check(a.Kind); err != "" {
			a.s.misuse("SetCallback: %s", err)
		}
		if cfg.Handler != nil {
			cfg.URL = cmp.Or(cfg.URL, "https://developer.example.com/wechat")
		}
		a.pushes.Callback = keptCallback{&cfg}
		if a.Kind == ThirdParty {
			a.pushTickets()
		}
	})
	return cfg
}

func (cb *Callback) setDefaults() {
	cb.Mode, cb.Format, cb.Shape = cmp.Or(cb.Mode, Secure), cmp.Or(cb.Format, XML), cmp.Or(cb.Shape, ShapeReal)
}

func (cb *Callback) check(kind Kind) string {
	u, err := url.Parse(cb.URL)
	switch {
	case cb.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
		return "the URL is not an address of http or https"
	case !aesKeyForm.MatchString(cb.EncodingAESKey):
		return "EncodingAESKey: want 43 letters and digits"
	case cb.Mode > Secure || cb.Format > JSON || int(cb.Shape) >= len(shapeRules):
		return "unknown Mode, Format or Shape"
	case cb.Format == JSON && kind != MiniProgram:
		return fmt.Sprintf("a %v gets XML only", kind)
	}
	return ""
}

// receives reports whether there is something to push to.
func (cb *Callback) receives() bool { return cb != nil && (cb.URL != "" || cb.Handler != nil) }

// RemoveCallback stops the account's pushes. Those on their way are dropped.
func (a *App) RemoveCallback() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.pushes = appPushes{}
	q := &a.s.world.courier.queue
	*q = slices.DeleteFunc(*q, func(e *errand) bool { return e.app == a })
	heap.Init(q)
}

// VerifyCallback asks the callback for the echo that WeChat's console asks for before it saves the
// settings: a signed GET that must answer exactly the echostr.
func (a *App) VerifyCallback(ctx context.Context) error {
	a.s.mu.Lock()
	cb := a.callback()
	if !cb.receives() {
		a.s.mu.Unlock()
		return fmt.Errorf("emulator: VerifyCallback: %s has no callback", a.Name)
	}
	ids := &a.s.world.ids
	echo, nonce := ids.text(19, "123456789"), ids.text(10, "123456789")
	now := strconv.FormatInt(a.s.world.clock.now().Unix(), 10)
	a.s.mu.Unlock()
	query := url.Values{
		"signature": {sign(cb.Token, now, nonce)}, "timestamp": {now}, "nonce": {nonce}, "echostr": {echo},
	}
	got, err := a.s.knock(ctx, cb, http.MethodGet, query, nil)
	if err != nil {
		return fmt.Errorf("emulator: VerifyCallback: %w", withoutURL(err))
	}
	if got.status != http.StatusOK || string(got.body) != echo {
		return fmt.Errorf("emulator: VerifyCallback: HTTP %d and %d bytes instead of the echostr", got.status, len(got.body))
	}
	return nil
}

// knocked is what a callback answered.
type knocked struct {
	status int
	body   []byte
}

// knock makes one request to the callback, over the network or in this process.
func (s *Server) knock(ctx context.Context, cb *Callback, method string, query url.Values, body []byte) (knocked, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.pushTimeout)
	defer cancel()
	sep := "?"
	if strings.Contains(cb.URL, "?") {
		sep = "&"
	}
	req, err := http.NewRequestWithContext(ctx, method, cb.URL+sep+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return knocked{}, err
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	if body != nil {
		req.Header.Set("Content-Type", contentTypeOf(cb.Format))
	}
	if cb.Handler != nil {
		return callHandler(ctx, cb.Handler, req)
	}
	resp, err := s.pushClient.Do(req)
	if err != nil {
		return knocked{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return knocked{resp.StatusCode, answer}, err
}

func contentTypeOf(f Format) string {
	if f == JSON {
		return "application/json"
	}
	return "text/xml"
}

// callHandler runs a handler as a server would: it may go on after the caller has given up.
func callHandler(ctx context.Context, h http.Handler, req *http.Request) (knocked, error) {
	req.RemoteAddr = "203.0.113.10:443"
	req.RequestURI = req.URL.RequestURI()
	rec := &recorder{header: http.Header{}}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		h.ServeHTTP(rec, req)
	}()
	select {
	case panicked := <-done:
		if panicked != nil {
			return knocked{}, fmt.Errorf("the handler panicked: %v", panicked)
		}
		return knocked{rec.code(), rec.body.Bytes()}, nil
	case <-ctx.Done():
		return knocked{}, ctx.Err()
	}
}

// recorder is a plain http.ResponseWriter.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// Callback returns the settings of the account's pushes with their secrets, and whether there are any.
func (a *App) Callback() (cfg Callback, ok bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.callback() == nil {
		return Callback{}, false
	}
	return *a.callback(), true
}
