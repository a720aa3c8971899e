package emulator

import (
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const maxBusinesses = 500

// Sub-merchants of a Mini Program's customer service (客服子商户), the binding to WeCom customer service
// (微信客服), and the message that a bad review allows.
var merchantRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/business/register", token: appToken, kinds: mpOnly, handle: jsonBody(registerBusiness)},
	{method: http.MethodPost, path: "/cgi-bin/business/update", token: appToken, kinds: mpOnly, handle: jsonBody(updateBusiness)},
	{method: http.MethodPost, path: "/cgi-bin/business/get", token: appToken, kinds: mpOnly, handle: jsonBody(getBusiness)},
	{method: http.MethodPost, path: "/cgi-bin/business/list", token: appToken, kinds: mpOnly, handle: jsonBody(listBusinesses)},
	{method: http.MethodPost, path: "/cgi-bin/message/custom/business/send", token: appToken, kinds: mpOnly, handle: forBusiness(jsonBody(sendCustom))},
	{method: http.MethodPost, path: "/cgi-bin/message/custom/business/typing", token: appToken, kinds: mpOnly, handle: forBusiness(jsonBody(sendTyping))},
	{method: http.MethodGet, path: "/customservice/work/get", token: appToken, kinds: mpOnly, handle: getWork},
	{method: http.MethodPost, path: "/customservice/work/bind", token: appToken, kinds: mpOnly, handle: jsonBody(bindWork)},
	{method: http.MethodPost, path: "/customservice/work/unbind", token: appToken, kinds: mpOnly, handle: jsonBody(unbindWork)},
	{method: http.MethodPost, path: "/wxaapi/comment/apikfquota/reset", token: appToken, kinds: mpOnly, handle: jsonBody(answerReview)},
}

type business struct {
	ID      int    `json:"business_id"`
	Account string `json:"account_name"`
	Nick    string `json:"nickname"`
	Icon    string `json:"icon_media_id"`
	Common  bool   `json:"-"` // its messages go to the account's own agents, too
}

type businessBody struct {
	ID      loose  `json:"business_id"`
	Account string `json:"account_name"`
	Nick    string `json:"nickname"`
	Icon    string `json:"icon_media_id"`
	Common  bool   `json:"transfer_to_commkf"`
	Offset  int    `json:"offset"`
	Count   int    `json:"count"`
}

var businessAccountForm = regexp.MustCompile(`^[A-Za-z0-9_]{6,30}$`)

// nickWidth counts a Chinese character as two.
func nickWidth(nick string) int {
	n := 0
	for _, r := range nick {
		n++
		if r > 0x2E80 {
			n++
		}
	}
	return n
}

func (a *App) business(id loose) *business {
	n, err := strconv.Atoi(string(id))
	if err != nil || n < 1 || n > len(a.desk.businesses) {
		return nil
	}
	return a.desk.businesses[n-1]
}

func registerBusiness(c *call, in *businessBody) reply {
	switch {
	case !businessAccountForm.MatchString(in.Account):
		return c.fail(errcode.InvalidBusinessAccount)
	case nickWidth(in.Nick) < 4 || nickWidth(in.Nick) > 30:
		return c.fail(errcode.InvalidBusinessNickname)
	case len(c.app.desk.businesses) >= maxBusinesses:
		return c.fail(errcode.TooManyBusinesses)
	}
	for _, b := range c.app.desk.businesses {
		if b.Account == in.Account {
			return c.fail(errcode.BusinessExists)
		}
	}
	if code := c.findMedia(in.Icon, "image"); code != 0 {
		return c.fail(code)
	}
	b := &business{len(c.app.desk.businesses) + 1, in.Account, in.Nick, in.Icon, in.Common}
	c.app.desk.businesses = append(c.app.desk.businesses, b)
	return c.data(struct {
		envelope

		ID int `json:"business_id"`
	}{success, b.ID})
}

func updateBusiness(c *call, in *businessBody) reply {
	b := c.app.business(in.ID)
	switch {
	case b == nil:
		return c.fail(errcode.BusinessNotFound)
	case in.Nick != "" && (nickWidth(in.Nick) < 4 || nickWidth(in.Nick) > 30):
		return c.fail(errcode.InvalidBusinessNickname)
	}
	if in.Icon != "" {
		if code := c.findMedia(in.Icon, "image"); code != 0 {
			return c.fail(code)
		}
		b.Icon = in.Icon
	}
	b.Nick = cmp.Or(in.Nick, b.Nick)
	return c.ok()
}

func getBusiness(c *call, in *businessBody) reply {
	b := c.app.business(in.ID)
	if b == nil {
		return c.fail(errcode.BusinessNotFound)
	}
	return c.data(struct {
		envelope

		Info *business `json:"business_info"`
	}{success, b})
}

func listBusinesses(c *call, in *businessBody) reply {
	return c.data(struct {
		envelope

		List []*business `json:"list"`
	}{success, append([]*business{}, part(c.app.desk.businesses, in.Offset, in.Count)...)})
}

// merchantRef names the sub-merchant that a call acts for: businessid of a message, business_id of the calls about
// agents.
type merchantRef struct {
	Message loose `json:"businessid"`
	Agents  loose `json:"business_id"`
}

// forBusiness insists on a businessid, without which these two paths answer 40101.
func forBusiness(handle func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		var in merchantRef
		if bad, ok := c.decode(&in); !ok {
			return bad
		}
		if in.Message == "" {
			return c.fail(errcode.MissingParameter)
		}
		return ofBusiness(handle)(c)
	}
}

// ofBusiness refuses an unknown sub-merchant. A call that names none is the account's own.
func ofBusiness(handle func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		in := merchantRef{Agents: loose(c.query.Get("business_id"))}
		if len(c.body) > 0 {
			if bad, ok := c.decode(&in); !ok {
				return bad
			}
		}
		switch {
		case in.Message != "" && c.app.business(in.Message) == nil,
			in.Agents != "" && c.app.business(in.Agents) == nil:
			return c.fail(errcode.BusinessNotFound)
		case in.Agents != "" && !c.app.business(in.Agents).Common:
			return c.fail(errcode.InvalidParameters)
		}
		return handle(c)
	}
}

// workBinding is a company that serves the Mini Program's users from WeCom.
type workBinding struct {
	CorpID string
	Since  time.Time
}

type workBody struct {
	CorpID string `json:"corpid"`
}

func getWork(c *call) reply {
	if c.app.desk.work == nil {
		return c.failf(codeWorkNotBound, "not bound")
	}
	return c.data(struct {
		envelope

		Name   string `json:"entityName"`
		CorpID string `json:"corpid"`
		Since  int64  `json:"bindTime"`
	}{success, "Demo Company", c.app.desk.work.CorpID, c.app.desk.work.Since.Unix()})
}

func bindWork(c *call, in *workBody) reply {
	if in.CorpID == "" || c.app.desk.work != nil {
		return c.failf(codeWorkNotBindable, "cannot bind")
	}
	c.app.desk.work = &workBinding{in.CorpID, c.now}
	return c.ok()
}

func unbindWork(c *call, in *workBody) reply {
	if c.app.desk.work == nil || c.app.desk.work.CorpID != in.CorpID {
		return c.failf(codeWorkNotBound, "not bound")
	}
	c.app.desk.work = nil
	return c.ok()
}

// ReviewBadly leaves a bad review of a Mini Program's order and returns its comment_id. It allows the
// Mini Program one more customer-service message once the review's id is handed in.
func (u *User) ReviewBadly(mini *App) string {
	var id string
	u.s.act(func() {
		u.s.mustBe("ReviewBadly", mini, MiniProgram)
		id = strconv.FormatInt(u.s.world.ids.messageID(), 10)
		m := u.member(mini)
		u.s.world.reviews[id] = m
		m.pushEvent("wxa_comment_bad_score", false, field{"result", fields{{"comment_id", id}}})
	})
	return id
}

func answerReview(c *call, in *struct {
	ID loose `json:"commentId"`
},
) reply {
	type answer struct {
		Code    int    `json:"errcode"`
		Success bool   `json:"success"`
		Message string `json:"errmsg"`
	}
	m := c.w.reviews[string(in.ID)]
	if m == nil || m.app != c.app {
		return c.failf(codeNoBadReview, "not a bad review, or a message was sent already")
	}
	delete(c.w.reviews, string(in.ID))
	m.open(trigger{1, 48 * time.Hour}, c.now)
	return c.data(answer{Success: true, Message: "ok"})
}
