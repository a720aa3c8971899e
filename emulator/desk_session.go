package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	sessionLife    = 30 * time.Minute // without a message, after which pushes start again
	maxWaiting     = 100
	recordsPerCall = 10_000
	recordSpan     = 24 * time.Hour
)

// Sessions between agents and users (客服会话), and what they said.
var sessionRoutes = []route{
	{method: http.MethodPost, path: "/customservice/kfsession/create", token: appToken, kinds: oaOnly, handle: jsonBody(createSession)},
	{method: http.MethodPost, path: "/customservice/kfsession/close", token: appToken, kinds: oaOnly, handle: jsonBody(closeSession)},
	{method: http.MethodGet, path: "/customservice/kfsession/getsession", token: appToken, kinds: oaOnly, handle: getSession},
	{method: http.MethodGet, path: "/customservice/kfsession/getsessionlist", token: appToken, kinds: oaOnly, handle: listSessions},
	{method: http.MethodGet, path: "/customservice/kfsession/getwaitcase", token: appToken, kinds: oaOnly, handle: listWaiting},
	{method: http.MethodPost, path: "/customservice/msgrecord/getmsglist", token: appToken, kinds: oaOnly, handle: jsonBody(listRecords)},
}

// session is an agent who serves a user.
type session struct {
	agent *agent
	since time.Time
	last  time.Time // the last message
}

// serving is the agent who serves the user, nil if there is none.
func (m *member) serving(now time.Time) *session {
	if m.session == nil || now.Sub(m.session.last) >= sessionLife {
		return nil
	}
	return m.session
}

// served lists the users of an agent.
func (a *App) served(g *agent, now time.Time) []*member {
	var list []*member
	for _, m := range a.desk.sessions {
		if s := m.serving(now); s != nil && s.agent == g {
			list = append(list, m)
		}
	}
	return list
}

func (m *member) startSession(g *agent, now time.Time) {
	m.waiting = time.Time{}
	m.session = &session{agent: g, since: now, last: now}
	if !slices.Contains(m.app.desk.sessions, m) {
		m.app.desk.sessions = append(m.app.desk.sessions, m)
	}
	m.pushEvent("kf_create_session", false, field{"KfAccount", g.Account})
}

func (m *member) endSession() {
	account := m.session.agent.Account
	m.session = nil
	m.app.desk.sessions = slices.DeleteFunc(m.app.desk.sessions, func(other *member) bool { return other == m })
	m.pushEvent("kf_close_session", false, field{"KfAccount", account})
}

// handOver gives the user to the agent named, if that one is there, else into the queue.
func (m *member) handOver(account string, now time.Time) {
	if g := m.app.agent(account); g != nil && g.Online {
		m.startSession(g, now)
		return
	}
	m.waiting = now
	if !slices.Contains(m.app.desk.sessions, m) {
		m.app.desk.sessions = append(m.app.desk.sessions, m)
	}
}

// AgentSays lets an agent who serves the user write to them.
func (a *App) AgentSays(account string, u *User, text string) {
	a.s.act(func() {
		g := a.mustAgent("AgentSays", account)
		m := u.member(a)
		now := a.s.world.clock.now()
		s := m.serving(now)
		if s == nil || s.agent != g {
			a.s.misuse("AgentSays: %s does not serve %s", account, u.Name)
		}
		s.last = now
		m.Exchanged = now
		a.keepRecord(m, 2002, text, account, now)
		u.receive(Message{
			Time: now, Place: Chat, AppID: a.AppID, From: a.Name, Type: "text", Text: text, Agent: account,
		})
	})
}

// chatRecord is one line of the records that the API hands out.
type chatRecord struct {
	OpenID string `json:"openid"`
	Code   int    `json:"opercode"` // 2002 the agent sent, 2003 the agent received
	Text   string `json:"text"`
	Time   int64  `json:"time"`
	Worker string `json:"worker"`
}

func (a *App) keepRecord(m *member, code int, text, worker string, now time.Time) {
	a.desk.Records = append(a.desk.Records, chatRecord{m.OpenID, code, text, now.Unix(), worker})
}

// toAgent gives a message of the user to the agent who serves them. Then it is not pushed.
func (m *member) toAgent(shown Message) bool {
	s := m.serving(shown.Time)
	if s == nil {
		return false
	}
	s.last = shown.Time
	text := cmp.Or(shown.Text, "["+shown.Type+"]")
	m.app.keepRecord(m, 2003, text, s.agent.Account, shown.Time)
	return true
}

type sessionBody struct {
	Account string `json:"kf_account"`
	OpenID  string `json:"openid"`
}

// sessionOf finds agent and user of a call about their session.
func (c *call) sessionOf(in *sessionBody) (*agent, *member, errcode.Code) {
	g, m := c.app.agent(in.Account), c.recipient(in.OpenID)
	switch {
	case g == nil:
		return nil, nil, errcode.InvalidAgent
	case m == nil:
		return nil, nil, errcode.InvalidOpenID
	}
	return g, m, 0
}

func createSession(c *call, in *sessionBody) reply {
	g, m, code := c.sessionOf(in)
	if code != 0 {
		return c.fail(code)
	}
	s := m.serving(c.now)
	switch {
	case g.WX == "":
		return c.fail(errcode.AgentNotBound)
	case !g.Online:
		return c.fail(errcode.AgentOffline)
	case s != nil && s.agent != g:
		return c.fail(errcode.ServedByOther)
	case s == nil:
		m.startSession(g, c.now)
	}
	return c.ok()
}

func closeSession(c *call, in *sessionBody) reply {
	g, m, code := c.sessionOf(in)
	if code != 0 {
		return c.fail(code)
	}
	s := m.serving(c.now)
	switch {
	case s == nil:
		return c.fail(errcode.NoSession)
	case s.agent != g:
		return c.fail(errcode.ServedByOther)
	}
	m.endSession()
	return c.ok()
}

func getSession(c *call) reply {
	m := c.recipient(c.query.Get("openid"))
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	out := struct {
		Account string `json:"kf_account"`
		Created int64  `json:"createtime"`
	}{}
	if s := m.serving(c.now); s != nil {
		out.Account, out.Created = s.agent.Account, s.since.Unix()
	}
	return c.data(out)
}

func listSessions(c *call) reply {
	g := c.app.agent(c.query.Get("kf_account"))
	if g == nil {
		return c.fail(errcode.InvalidAgent)
	}
	type one struct {
		OpenID  string `json:"openid"`
		Created int64  `json:"createtime"`
	}
	list := []one{}
	for _, m := range c.app.served(g, c.now) {
		list = append(list, one{m.OpenID, m.session.since.Unix()})
	}
	return c.data(struct {
		List []one `json:"sessionlist"`
	}{list})
}

func listWaiting(c *call) reply {
	type one struct {
		OpenID string `json:"openid"`
		Latest int64  `json:"latest_time"`
	}
	list := []one{}
	for _, m := range c.app.desk.sessions {
		if !m.waiting.IsZero() {
			list = append(list, one{m.OpenID, m.Exchanged.Unix()})
		}
	}
	slices.SortStableFunc(list, func(a, b one) int { return cmp.Compare(a.Latest, b.Latest) })
	return c.data(struct {
		Count int   `json:"count"`
		List  []one `json:"waitcaselist"`
	}{len(list), list[:min(maxWaiting, len(list))]})
}

// listRecords counts messages from 1; the answer's msgid is where the next page starts.
func listRecords(c *call, in *struct {
	Start  int64 `json:"starttime"`
	End    int64 `json:"endtime"`
	MsgID  int   `json:"msgid"`
	Number int   `json:"number"`
},
) reply {
	switch {
	case in.Start <= 0 || in.End < in.Start || in.MsgID < 1 || in.Number < 1 || in.Number > recordsPerCall:
		return c.fail(errcode.InvalidRecordQuery)
	case time.Duration(in.End-in.Start)*time.Second > recordSpan:
		return c.fail(errcode.RecordSpanTooLong)
	}
	list, next := []chatRecord{}, in.MsgID
	for i := in.MsgID - 1; i < len(c.app.desk.Records) && len(list) < in.Number; i++ {
		next = i + 2
		if r := c.app.desk.Records[i]; r.Time >= in.Start && r.Time <= in.End {
			list = append(list, r)
		}
	}
	return c.data(struct {
		List   []chatRecord `json:"recordlist"`
		Number int          `json:"number"`
		MsgID  int          `json:"msgid"`
	}{list, len(list), next})
}
