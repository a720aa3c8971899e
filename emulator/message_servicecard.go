package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// Service cards (服务卡片), also called the new one-time subscription (新版一次性订阅).
var serviceCardRoutes = []route{
	{method: http.MethodPost, path: "/wxa/set_user_notify", token: appToken, kinds: mpOnly, handle: jsonBody(setServiceCard)},
	{method: http.MethodPost, path: "/wxa/set_user_notifyext", token: appToken, kinds: mpOnly, handle: jsonBody(extendServiceCard)},
	{method: http.MethodPost, path: "/wxa/get_user_notify", token: appToken, kinds: mpOnly, handle: jsonBody(getServiceCard)},
}

// How long a card may wait for its activation, and be changed after it.
const (
	orderActivation, orderUpdates   = 24 * time.Hour, 30 * 24 * time.Hour
	buttonActivation, buttonUpdates = 5 * time.Minute, 24 * time.Hour
)

// The values of code_state.
const (
	codeNormal   = 0
	codeAbnormal = 2
	codeRefused  = 10
)

// serviceCard is the right to tell a user about one service, and what was told.
type serviceCard struct {
	Code     string    `json:"code"`
	Order    bool      `json:"order,omitempty"` // the code is the number of a payment, not that of a button
	Kind     int       `json:"kind,omitempty"`  // 0 for an order whose card is not active yet
	Born     time.Time `json:"born"`
	Known    time.Time `json:"known,omitzero"`   // from when on WeChat knows the number of a payment
	Amount   int64     `json:"amount,omitempty"` // that was paid, in fen; 0 is any
	PayScore bool      `json:"payScore,omitempty"`

	Activated time.Time `json:"activated,omitzero"` // zero before
	State     int       `json:"state,omitempty"`
	Content   string    `json:"content,omitempty"`   // content_json of the last change
	Extension string    `json:"extension,omitempty"` // ext_json
	Standing  int       `json:"standing,omitempty"`  // code_state
}

// expires is when the next call is too late.
func (sc *serviceCard) expires() time.Time {
	switch active := !sc.Activated.IsZero(); {
	case active && sc.Order:
		return sc.Activated.Add(orderUpdates)
	case active:
		return sc.Activated.Add(buttonUpdates)
	case sc.Order:
		return sc.Born.Add(orderActivation)
	}
	return sc.Born.Add(buttonActivation)
}

// addCard keeps the right. Those that have long ended make room.
func (m *member) addCard(sc *serviceCard) {
	m.Cards = slices.DeleteFunc(m.Cards, func(old *serviceCard) bool { return sc.Born.Sub(old.expires()) >= 24*time.Hour })
	m.Cards = append(m.Cards, sc)
}

func (m *member) findCard(code string) *serviceCard {
	if i := slices.IndexFunc(m.Cards, func(sc *serviceCard) bool { return sc.Code == code }); i >= 0 {
		return m.Cards[i]
	}
	return nil
}

// payForCard makes a payment's number the code of a card.
func (m *member) payForCard(p Payment, now time.Time) {
	if m.app.Kind != MiniProgram || p.TransactionID == "" || m.findCard(p.TransactionID) != nil {
		return
	}
	m.addCard(&serviceCard{
		Code: p.TransactionID, Order: true, Born: now, Known: now.Add(p.KnownIn), Amount: p.AmountFen, PayScore: p.PayScore,
	})
}

// StartService taps a button of a Mini Program that starts a service, such as 1001 for a taxi: open-type "liveActivity"
// with this activity-type. It returns the code for the service card, which is to be activated within five minutes.
func (u *User) StartService(mini *App, kind int) (code string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("StartService", mini, MiniProgram)
	if form := cardKinds[kind]; form == nil || form.order {
		u.s.misuse("StartService: there is no button for cards of kind %d", kind)
	}
	w := &u.s.world
	sc := &serviceCard{Code: w.ids.text(32, base64url), Kind: kind, Born: w.clock.now()}
	u.member(mini).addCard(sc)
	return sc.Code
}

// RefuseCard refuses the notifications of one service card: its code_state is 10, and changes are accepted but not shown.
// [User.Ban] with the id of a card's template refuses those of all cards of its kind.
func (u *User) RefuseCard(mini *App, code string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.member(mini).mustHaveCard("RefuseCard", code).Standing = codeRefused
}

// BanCard has the platform ban the code of a user's service card, which answers 85436 from then on.
func (a *App) BanCard(u *User, code string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	u.member(a).mustHaveCard("BanCard", code).Standing = codeAbnormal
}

func (m *member) mustHaveCard(verb, code string) *serviceCard {
	sc := m.findCard(code)
	if sc == nil {
		m.app.s.misuse("%s: %s has no service card %q in %s", verb, m.user.Name, code, m.app.Name)
	}
	return sc
}

// cardRef is how all calls name a card.
type cardRef struct {
	OpenID string `json:"openid"`
	Kind   int    `json:"notify_type"`
	Code   string `json:"notify_code"`
}

// serviceCard finds the card that a call names, and its user. The kind must be one that the account has, or had when the card
// was activated.
func (c *call) serviceCard(in *cardRef) (m *member, sc *serviceCard, code errcode.Code) {
	m = c.recipient(in.OpenID)
	if m == nil {
		return nil, nil, errcode.InvalidOpenID
	}
	if cardKinds[in.Kind] == nil {
		return nil, nil, errcode.InvalidNotifyType
	}
	sc = m.findCard(in.Code)
	switch {
	case sc == nil && c.app.isCardOfAnother(in.Code):
		return nil, nil, errcode.InvalidOpenID
	case sc == nil, c.now.Before(sc.Known):
		return nil, nil, errcode.NotifyCodeNotFound
	case sc.Activated.IsZero() && c.app.cardTemplate(in.Kind) == nil:
		return nil, nil, errcode.InvalidNotifyType
	case sc.Kind != 0 && sc.Kind != in.Kind, sc.Order != cardKinds[in.Kind].order:
		return nil, nil, errcode.InvalidNotifyType
	}
	return m, sc, 0
}

// isCardOfAnother reports whether a code belongs to another user of the account, who is the payer then.
func (a *App) isCardOfAnother(code string) bool {
	for _, u := range a.s.world.userList {
		if u.memberOf[a].findCard(code) != nil {
			return true
		}
	}
	return false
}

// cardTemplate is the account's template for cards of a kind, nil if none was added.
func (a *App) cardTemplate(kind int) *template {
	for _, t := range a.messages.Templates {
		if t.Card == kind {
			return t
		}
	}
	return nil
}

func setServiceCard(c *call, in *struct {
	cardRef

	Content string `json:"content_json"`
	Check   string `json:"check_json"`
},
) reply {
	m, sc, code := c.serviceCard(&in.cardRef)
	switch {
	case code != 0:
		return c.fail(code)
	case sc.Standing == codeAbnormal:
		return c.fail(errcode.NotifyCodeBanned)
	}
	change, code := readChange(in.Kind, in.Content)
	if code != 0 {
		return c.fail(code)
	}
	if code := sc.admits(change.state, in.Kind, in.Check, c.now); code != 0 {
		return c.fail(code)
	}
	if sc.Activated.IsZero() {
		sc.Kind, sc.Activated = in.Kind, c.now
	}
	sc.State, sc.Content = change.state, in.Content
	m.showCard(sc, change)
	return c.ok()
}

// admits looks at the time, the payment and the states.
func (sc *serviceCard) admits(state, kind int, check string, now time.Time) errcode.Code {
	form := cardKinds[kind]
	switch {
	case !now.Before(sc.expires()), form.ends(sc.State):
		return errcode.NotifyCodeExpired
	case sc.Activated.IsZero():
		if code := sc.checkPayment(check, now); code != 0 {
			return code
		}
	case check != "":
		if _, ok := readPayment(check); !ok {
			return errcode.InvalidCardPayment
		}
	}
	return form.follows(sc.State, state)
}

// paymentCheck is check_json.
type paymentCheck struct {
	Amount  *int64 `json:"pay_amount"`
	Time    *int64 `json:"pay_time"`
	Channel int    `json:"pay_channel"`
}

const (
	payScoreChannel = 1001
	paidTolerance   = time.Minute
)

func readPayment(check string) (paymentCheck, bool) {
	var p paymentCheck
	if unmarshalExact([]byte(check), &p) != nil || p.Amount == nil || p.Time == nil || *p.Amount < 0 {
		return p, false
	}
	return p, true
}

// checkPayment compares check_json with the payment. A Pay-Score order is found by its channel only.
func (sc *serviceCard) checkPayment(check string, now time.Time) errcode.Code {
	if !sc.Order {
		return 0
	}
	p, ok := readPayment(check)
	if !ok {
		return errcode.InvalidCardPayment
	}
	at := time.Unix(*p.Time, 0)
	switch off := at.Sub(sc.Born); {
	case sc.PayScore != (p.Channel == payScoreChannel):
		return errcode.NotifyCodeNotFound
	case now.Sub(at) > orderActivation:
		return errcode.NotifyCodeExpired
	case off > paidTolerance || off < -paidTolerance, sc.Amount != 0 && *p.Amount != sc.Amount:
		return errcode.InvalidCardPayment
	}
	return 0
}

func getServiceCard(c *call, in *cardRef) reply {
	_, sc, code := c.serviceCard(in)
	switch {
	case code != 0:
		return c.fail(code)
	case !c.now.Before(sc.expires()):
		return c.fail(errcode.NotifyCodeExpired)
	}
	type info struct {
		Kind     int    `json:"notify_type"`
		Content  string `json:"content_json"`
		Standing int    `json:"code_state"`
		Expires  int64  `json:"code_expire_time"`
	}
	return c.data(struct {
		envelope

		Info info `json:"notify_info"`
	}{success, info{in.Kind, sc.Content, sc.Standing, sc.expires().Unix()}})
}

func extendServiceCard(c *call, in *struct {
	cardRef

	Extension string `json:"ext_json"`
},
) reply {
	_, sc, code := c.serviceCard(&in.cardRef)
	switch {
	case code != 0:
		return c.fail(code)
	case sc.Standing == codeAbnormal:
		return c.fail(errcode.NotifyCodeBanned)
	}
	if code := checkExtension(in.Extension); code != 0 {
		return c.fail(code)
	}
	sc.Extension = in.Extension
	return c.ok()
}

// showCard puts the change on the phone, or tells the developer why it is not there.
func (m *member) showCard(sc *serviceCard, change cardChange) {
	t := m.app.cardTemplate(sc.Kind)
	switch {
	case t == nil:
		m.pushCardFailed(sc, -1003, "template not exist")
	case m.user.consent(t).Off || sc.Standing == codeRefused:
		m.pushCardFailed(sc, -1004, "user reject message")
	default:
		m.user.receive(change.message(m.app, t, m.app.s.world.clock.now()))
	}
}

// pushCardFailed has the prefix before an order's number that WeChat's sample has.
func (m *member) pushCardFailed(sc *serviceCard, reason int64, message string) {
	code := sc.Code
	if sc.Order {
		code = "p1." + code
	}
	m.pushEvent("notify_service_msg_send_result", false,
		field{"openid", m.OpenID}, field{"notify_code", code}, field{"notify_type", int64(sc.Kind)},
		field{"card_status", int64(sc.State)}, field{"fail_ret", reason}, field{"fail_msg", message})
}

// CardState describes a service card of a user.
type CardState struct {
	Code    string    `json:"code"`           // notify_code
	Kind    int       `json:"kind,omitempty"` // notify_type; 0 for an order whose card was not activated
	State   int       `json:"state"`          // cur_status; 0 before the activation
	Content string    `json:"content"`        // content_json of the last change
	Ext     string    `json:"ext,omitempty"`  // ext_json
	Refused bool      `json:"refused,omitempty"`
	Banned  bool      `json:"banned,omitempty"`
	Expires time.Time `json:"expires"` // when the next change is too late
}

func (sc *serviceCard) view() CardState {
	return CardState{
		Code: sc.Code, Kind: sc.Kind, State: sc.State, Content: sc.Content, Ext: sc.Extension, Expires: sc.expires(),
		Refused: sc.Standing == codeRefused, Banned: sc.Standing == codeAbnormal,
	}
}

// cardStates describes those that are active, or may still become so.
func (m *member) cardStates(now time.Time) []CardState {
	var list []CardState
	for _, sc := range m.Cards {
		if now.Before(sc.expires()) {
			list = append(list, sc.view())
		}
	}
	return list
}

// cardTitle is the entry of the template library for cards with this tid, nil if there is none. It has no keywords.
func cardTitle(tid int) *LibraryTitle {
	for kind, form := range cardKinds {
		if form.tid == tid {
			return &LibraryTitle{TID: tid, Title: form.title, Type: OneTime, card: kind}
		}
	}
	return nil
}

func stateName(form *cardKind, state int) string {
	if s, ok := form.states[state]; ok && s.name != "" {
		return s.name
	}
	return "state " + strconv.Itoa(state)
}
