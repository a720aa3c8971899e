package emulator

import (
	"net/http"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	paidLife   = 5 * time.Minute
	paidWindow = 48 * time.Hour
)

var identityRoutes = []route{
	{method: http.MethodPost, path: "/wxa/business/getuserphonenumber", token: appToken, kinds: mpOnly, handle: jsonBody(getPhoneNumber)},
	{method: http.MethodPost, path: "/wxa/business/checkencryptedmsg", token: appToken, kinds: mpOnly, handle: jsonBody(checkEncrypted)},
	{method: http.MethodGet, path: "/wxa/getpaidunionid", token: appToken, kinds: mpOnly, handle: getPaidUnionID},
	{method: http.MethodPost, path: "/wxa/getpluginopenpid", token: appToken, kinds: mpOnly, handle: jsonBody(getPluginOpenPID)},
	{method: http.MethodPost, path: "/wxa/getuserriskrank", token: appToken, kinds: mpOnly, handle: jsonBody(getRiskRank)},
}

// PhoneCode is what a button with open-type="getPhoneNumber" gives the Mini Program when the user allows
// it: a code for one getuserphonenumber, good for five minutes.
func (u *User) PhoneCode(mini *App) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("PhoneCode", mini, MiniProgram)
	m := u.member(mini)
	m.visit()
	return u.s.world.newCode(forPhone, m, codeLife)
}

// PluginCode is what wx.pluginLogin gives a plug-in.
func (u *User) PluginCode(mini *App) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("PluginCode", mini, MiniProgram)
	m := u.member(mini)
	m.visit()
	return u.s.world.newCode(forPlugin, m, codeLife)
}

// watermark is in everything that WeChat vouches for.
type watermark struct {
	Timestamp int64  `json:"timestamp"`
	AppID     string `json:"appid"`
}

type phoneInfo struct {
	Number    string    `json:"phoneNumber"`
	Pure      string    `json:"purePhoneNumber"`
	Country   string    `json:"countryCode"`
	Watermark watermark `json:"watermark"`
}

func (m *member) phone(now time.Time) phoneInfo {
	number := m.user.phone()
	return phoneInfo{"+86" + number, number, "86", watermark{now.Unix(), m.app.AppID}}
}

func getPhoneNumber(c *call, in *struct {
	Code   string `json:"code"`
	OpenID string `json:"openid"`
},
) reply {
	if found := c.w.codes.get(in.Code); found != nil && found.use == forPhone && found.member.app != c.app {
		return c.fail(errcode.InvalidAppID)
	}
	found, code := c.redeem(in.Code, forPhone)
	switch {
	case code != 0:
		return c.fail(errcode.InvalidCode) // a used code has no number of its own here
	case in.OpenID != "" && in.OpenID != found.member.OpenID:
		return c.fail(errcode.InvalidOpenID)
	}
	return c.data(struct {
		envelope

		Phone phoneInfo `json:"phone_info"`
	}{success, found.member.phone(c.now)})
}

// Payment is an order that a user paid through WeChat Pay.
type Payment struct {
	TransactionID string
	MchID         string
	OutTradeNo    string
	// Window is how many customer-service messages the payment lets a service account send within 48 hours. With 0 it
	// opens nothing, as the newest of WeChat's pages have it; older ones name 20, or no limit. No event is pushed
	// either way.
	Window int
	// The rest is for the service card (服务卡片) of an order paid in a Mini Program, whose code is TransactionID.
	AmountFen int64         // in fen (分); 0 takes any that check_json has
	PayScore  bool          // TransactionID is the number of a Pay-Score service order
	KnownIn   time.Duration // for so long the number is unknown there, 85437
}

type payment struct {
	Payment

	at time.Time
}

// Pay records a payment in a Mini Program, which allows getpaidunionid for five minutes, or to a service account, which may
// open its customer-service window, see [Payment]. A TransactionID of a Mini Program is the code of a service card (服务卡片), too.
func (u *User) Pay(a *App, p Payment) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	switch {
	case a.Kind != MiniProgram && a.Kind != ServiceAccount:
		u.s.misuse("Pay: %s is a %v", a.Name, a.Kind)
	case p.Window < 0 || p.Window > 0 && a.Kind != ServiceAccount:
		u.s.misuse("Pay: Window %d, and %s is a %v", p.Window, a.Name, a.Kind)
	}
	m, now := u.member(a), u.s.world.clock.now()
	m.paid = &payment{p, now}
	m.visit()
	m.payForCard(p, now)
	if p.Window > 0 {
		m.open(trigger{p.Window, paidWindow}, now)
	}
}

func getPaidUnionID(c *call) reply {
	m := c.recipient(c.query.Get("openid"))
	switch {
	case m == nil:
		return c.fail(errcode.InvalidOpenID)
	case m.UnionID == "":
		return c.fail(errcode.NotBoundToOpenPlatform)
	case !m.paidFor(c):
		return c.fail(errcode.InvalidOrder)
	}
	return c.data(struct {
		UnionID string `json:"unionid"`
		envelope
	}{m.UnionID, success})
}

// paidFor checks the order that the query names, if it names one.
func (m *member) paidFor(c *call) bool {
	if m.paid == nil || !c.now.Before(m.paid.at.Add(paidLife)) {
		return false
	}
	q := c.query
	if id := q.Get("transaction_id"); id != "" {
		return id == m.paid.TransactionID
	}
	if q.Has("mch_id") || q.Has("out_trade_no") {
		return q.Get("mch_id") == m.paid.MchID && q.Get("out_trade_no") == m.paid.OutTradeNo
	}
	return true
}

func getPluginOpenPID(c *call, in *struct {
	Code string `json:"code"`
},
) reply {
	found, code := c.redeem(in.Code, forPlugin)
	if code != 0 {
		return c.fail(code)
	}
	return c.data(struct {
		envelope

		OpenPID string `json:"openpid"`
	}{success, c.w.ids.named("openpid", c.app.AppID, found.member.user.Name)})
}

// getRiskRank calls everybody harmless.
func getRiskRank(c *call, in *struct {
	AppID    string `json:"appid"`
	OpenID   string `json:"openid"`
	Scene    int    `json:"scene"`
	ClientIP string `json:"client_ip"`
	IsTest   bool   `json:"is_test"`
},
) reply {
	code := c.author(in.OpenID)
	if in.IsTest && code == errcode.AuthorizationCodeExpired {
		code = 0
	}
	switch {
	case in.AppID != c.app.AppID:
		return c.fail(errcode.InvalidAppID)
	case code != 0:
		return c.failContent(code)
	case in.Scene < 0 || in.Scene > 2:
		return c.fail(errcode.InvalidScene)
	case in.ClientIP == "":
		return c.fail(errcode.InvalidParameters)
	}
	return c.data(struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
		Rank    int    `json:"risk_rank"`
		ID      int64  `json:"unoin_id"`
	}{Message: "getuserriskrank succ", ID: c.w.ids.messageID()})
}
