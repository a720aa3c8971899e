package emulator

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	pushTries   = 3
	pushSpacing = 5 * time.Second // of the emulator's clock, from one try to the next
)

// Push is one try to deliver a push to an account's callback.
type Push struct {
	Seq     int           `json:"seq"`     // counts the pushes from 1; the tries of one push share it
	Attempt int           `json:"attempt"` // 1 to 3
	Time    time.Time     `json:"time"`
	Took    time.Duration `json:"took"` // by the emulator's clock
	AppID   string        `json:"appId"`
	// Type is the MsgType of a user's message, such as "text", or the Event, such as "subscribe".
	Type  string `json:"type"`
	Query string `json:"query"`           // with signature and nonce
	Body  string `json:"body"`            // as sent, encrypted in secure mode
	Plain string `json:"plain"`           // what is encrypted in it
	Error string `json:"error,omitempty"` // why the try failed; "" if it was answered
	// Status and Reply are what the callback answered.
	Status int    `json:"status,omitempty"`
	Reply  string `json:"reply,omitempty"`
	// Fault says what is wrong with an answer that WeChat cannot use. The user then reads that the
	// service is out of order.
	Fault string `json:"fault,omitempty"`
}

// delivery is one push until it is answered or given up.
type delivery struct {
	errand
	kind   string // Push.Type
	openID string // of the user that it is about, "" if it is about none
	plain  []byte
	tries  int
	chat   chat // that shows what the callback answers; nil if it may not answer with a message

	build func(*idSource) []byte // makes plain when the push is due
	every time.Duration          // after which the next one of its kind follows; 0 for a single push
}

// chat is where the answer to a push arrives.
type chat interface {
	// show puts a reply on the phone, or says what is wrong with it.
	show(r *passiveReply) (fault string)
	// outOfOrder tells the user that the account does not answer.
	outOfOrder()
}

// pushLog are the newest tries.
type pushLog struct {
	tries []Push
	noted int // tries ever, also those that the log has dropped
}

// push queues a push for the account's callback, if it has one. It expects s.mu to be held.
func (s *Server) push(a *App, m *member, kind string, answers bool, body fields) {
	if !a.callback().receives() {
		return
	}
	d := &delivery{kind: kind, plain: body.encode(a.callback().Format)}
	d.app = a
	if m != nil {
		d.openID = m.OpenID
	}
	if answers {
		d.chat = m
	}
	s.send(d)
}

// send queues a new push.
func (s *Server) send(d *delivery) {
	c := &s.world.courier
	c.seq++
	d.seq, d.due = c.seq, s.world.clock.now()
	d.run = func() { s.try(d) }
	c.enqueue(&d.errand)
}

// repeat queues the next push of the same kind.
func (s *Server) repeat(d delivery) {
	c := &s.world.courier
	c.seq++
	d.seq, d.tries, d.due = c.seq, 0, d.due.Add(d.every)
	d.run = func() { s.try(&d) }
	c.enqueue(&d.errand)
}

// try makes one try with s.mu released meanwhile.
func (s *Server) try(d *delivery) {
	cb := d.app.callback()
	if !cb.receives() {
		d.app.pushes.ticketsOn = false
		return
	}
	d.tries++
	w := &s.world
	ids := w.ids.forTry(d.seq, d.tries)
	if d.tries == 1 && d.build != nil {
		d.plain = d.build(ids)
	}
	if d.tries == 1 && d.every > 0 {
		s.repeat(*d)
	}
	p := Push{
		Seq: d.seq, Attempt: d.tries, Time: w.clock.now(), AppID: d.app.AppID, Type: d.kind, Plain: string(d.plain),
	}
	query, body := s.wrap(cb, d, ids)
	p.Query, p.Body = query.Encode(), string(body)

	s.mu.Unlock()
	got, err := s.knock(w.courier.ctx, cb, http.MethodPost, query, body)
	s.mu.Lock()

	p.Took = w.clock.now().Sub(p.Time)
	p.Status, p.Reply = got.status, string(got.body)
	switch {
	case err != nil:
		p.Error = withoutURL(err).Error()
	case got.status != http.StatusOK:
		p.Error = "HTTP status " + strconv.Itoa(got.status)
	default:
		p.Fault = d.answered(cb, got.body)
	}
	w.pushes.add(p, s.cfg.callLimit)
	if p.Error != "" {
		s.retry(d, p)
	}
}

// withoutURL drops the address that net/http puts before an error: it repeats Query, signatures included.
func withoutURL(err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		return address.Err
	}
	return err
}

// retry queues the next try, or tells the user that there was no answer.
func (s *Server) retry(d *delivery, p Push) {
	switch {
	case d.tries < pushTries:
		d.due = p.Time.Add(pushSpacing)
		s.world.courier.enqueue(&d.errand)
	case d.chat != nil:
		d.chat.outOfOrder()
	}
}

func (l *pushLog) add(p Push, limit int) {
	l.noted++
	if limit == 0 {
		return
	}
	l.tries = append(l.tries, p)
	if len(l.tries) >= 2*limit {
		l.tries = slices.Clone(l.tries[len(l.tries)-limit:])
	}
}

// wrap signs a push and encrypts it as the mode wants.
func (s *Server) wrap(cb *Callback, d *delivery, ids *idSource) (url.Values, []byte) {
	now, nonce := strconv.FormatInt(s.world.clock.now().Unix(), 10), ids.text(10, "123456789")
	query := url.Values{"signature": {sign(cb.Token, now, nonce)}, "timestamp": {now}, "nonce": {nonce}}
	if d.openID != "" {
		query.Set("openid", d.openID)
	}
	if cb.Mode == Plaintext {
		return query, d.plain
	}
	sealed := seal(cb.EncodingAESKey, ids.text(16, base62), d.app.AppID, d.plain)
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", sign(cb.Token, now, nonce, sealed))
	if both, ok := withEncrypt(cb.Format, d.plain, sealed); ok && cb.Mode == Compatible {
		return query, both
	}
	to := field{"ToUserName", d.app.OriginalID}
	if d.app.Kind == ThirdParty {
		to = field{"AppId", d.app.AppID}
	}
	return query, fields{to, {"Encrypt", sealed}}.encode(cb.Format)
}

// withEncrypt adds the encrypted copy to a plain body, unless that one is not in the callback's format.
func withEncrypt(f Format, plain []byte, sealed string) ([]byte, bool) {
	end, extra := "</xml>", "<Encrypt><![CDATA["+sealed+"]]></Encrypt></xml>"
	if f == JSON {
		end, extra = "}", `,"Encrypt":`+quote(sealed)+"}"
	}
	start, ok := bytes.CutSuffix(bytes.TrimSpace(plain), []byte(end))
	return append(slices.Clone(start), extra...), ok
}

// Pushes lists the tries to deliver pushes, oldest first: all of them, or those of the types given. The
// log keeps as many as [WithCallLimit] says.
func (s *Server) Pushes(types ...string) []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.world.pushes.tries
	if limit := s.cfg.callLimit; len(log) > limit {
		log = log[len(log)-limit:]
	}
	return slices.DeleteFunc(slices.Clone(log), func(p Push) bool {
		return len(types) > 0 && !slices.Contains(types, p.Type)
	})
}

// Redeliver sends a push of the log once more, as WeChat does when it missed the answer: same MsgId, same
// CreateTime, a new signature.
func (a *App) Redeliver(p Push) {
	a.s.act(func() {
		if !a.callback().receives() || p.AppID != a.AppID {
			a.s.misuse("Redeliver: not a push of %s, or it has no callback", a.Name)
		}
		query, _ := url.ParseQuery(p.Query)
		a.s.send(&delivery{errand: errand{app: a}, kind: p.Type, openID: query.Get("openid"), plain: []byte(p.Plain)})
	})
}

// PushRaw delivers any plaintext as a push of the account, for events that no verb causes. The text must
// be in the callback's format.
func (a *App) PushRaw(kind, plain string) {
	a.s.act(func() {
		if !a.callback().receives() {
			a.s.misuse("PushRaw: %s has no callback", a.Name)
		}
		a.s.send(&delivery{errand: errand{app: a}, kind: kind, plain: []byte(plain)})
	})
}
