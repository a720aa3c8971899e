package emulator

import (
	"net/http"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	maxAgents    = 100
	longestNick  = 16 // characters
	inviteLife   = 7 * 24 * time.Hour
	firstAgentID = 1001
)

// Accounts of customer-service agents (客服账号).
var agentRoutes = []route{
	{method: http.MethodPost, path: "/customservice/kfaccount/add", token: appToken, handle: ofBusiness(jsonBody(addAgent))},
	{method: http.MethodPost, path: "/customservice/kfaccount/update", token: appToken, kinds: oaOnly, handle: jsonBody(updateAgent)},
	{method: http.MethodPost, path: "/customservice/kfaccount/del", token: appToken, handle: ofBusiness(jsonBody(deleteAgent))},
	{method: http.MethodGet, path: "/customservice/kfaccount/del", token: appToken, handle: ofBusiness(deleteAgentByQuery)},
	{method: http.MethodPost, path: "/customservice/kfaccount/inviteworker", token: appToken, kinds: oaOnly, handle: jsonBody(inviteAgent)},
	{method: http.MethodPost, path: "/customservice/kfaccount/uploadheadimg", token: appToken, kinds: oaOnly, handle: uploadAvatar},
	{method: http.MethodGet, path: "/customservice/kfaccount/setadmin", token: appToken, handle: ofBusiness(setAdmin(true))},
	{method: http.MethodGet, path: "/customservice/kfaccount/canceladmin", token: appToken, handle: ofBusiness(setAdmin(false))},
	{method: http.MethodGet, path: "/cgi-bin/customservice/getkflist", token: appToken, handle: ofBusiness(listAgents)},
	{method: http.MethodGet, path: "/cgi-bin/customservice/getonlinekflist", token: appToken, handle: ofBusiness(listOnlineAgents)},
}

// appDesk is an account's customer service: who answers, and for whom.
type appDesk struct {
	Agents     []*agent     `json:"agents,omitempty"`
	AgentsEver int          `json:"agentsEver,omitempty"` // also those deleted, so that ids are not given twice
	Records    []chatRecord `json:"records,omitempty"`

	sessions   []*member    // who are served or wait; a session lasts half an hour
	businesses []*business  // by business_id, from 1; nothing of sub-merchants is saved
	work       *workBinding // a verb of tests
}

// worldDesk is what the accounts' customer service has in common. None of it is saved.
type worldDesk struct {
	reviews map[string]*member // by comment_id, not answered yet
}

// memberDesk is the chat of a user with an account.
type memberDesk struct {
	window
	Exchanged time.Time `json:"exchanged,omitzero"` // the last message in either direction

	waiting time.Time // since when the user waits for an agent; zero if not
	session *session  // with an agent, see serving; lasts half an hour
	typing  time.Time // until when the typing hint is shown, for seconds
}

// agent is one account for customer service.
type agent struct {
	Account string    `json:"account"` // prefix@wechat-id
	Nick    string    `json:"nick"`
	ID      int       `json:"id"`
	OpenID  string    `json:"openId"`
	Image   string    `json:"image,omitempty"`
	WX      string    `json:"wx,omitempty"` // the WeChat user behind it, "" while nobody has confirmed
	Invited string    `json:"invited,omitempty"`
	Ends    time.Time `json:"ends,omitzero"` // of the invitation
	Online  bool      `json:"online,omitempty"`
	Admin   bool      `json:"admin,omitempty"`
}

var agentForm = regexp.MustCompile(`^[A-Za-z0-9_]{1,10}@.{1,30}$`)

func (a *App) agent(account string) *agent {
	i := slices.IndexFunc(a.desk.Agents, func(g *agent) bool { return g.Account == account })
	if account == "" || i < 0 {
		return nil
	}
	return a.desk.Agents[i]
}

// AddAgent adds an agent who is bound to a WeChat user and online, such as "anna@demo".
func (a *App) AddAgent(account, nick string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if code := a.checkAgent(account, nick); code != 0 {
		a.s.misuse("AddAgent: %v", code)
	}
	g := a.addAgent(account, nick)
	g.WX, g.Online = nick+"_wx", true
}

// SetAgentOnline lets an agent come to work or leave.
func (a *App) SetAgentOnline(account string, online bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.mustAgent("SetAgentOnline", account).Online = online
}

// ConfirmInvite lets the invited WeChat user confirm to be this agent.
func (a *App) ConfirmInvite(account string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	g := a.mustAgent("ConfirmInvite", account)
	if g.Invited == "" || a.s.world.clock.now().After(g.Ends) {
		a.s.misuse("ConfirmInvite: nobody is invited for %s", account)
	}
	g.WX, g.Invited = g.Invited, ""
}

func (a *App) mustAgent(verb, account string) *agent {
	g := a.agent(account)
	if g == nil {
		a.s.misuse("%s: no agent %q in %s", verb, account, a.Name)
	}
	return g
}

func (a *App) checkAgent(account, nick string) errcode.Code {
	switch {
	case !agentForm.MatchString(account):
		return errcode.InvalidAgentAccount
	case nick == "" || utf8.RuneCountInString(nick) > longestNick:
		return errcode.InvalidAgentNickname
	case a.agent(account) != nil:
		return errcode.AgentExists
	case len(a.desk.Agents) >= maxAgents:
		return errcode.TooManyAgents
	}
	return 0
}

func (a *App) addAgent(account, nick string) *agent {
	ids := &a.s.world.ids
	g := &agent{
		Account: account, Nick: nick, ID: firstAgentID + a.desk.AgentsEver, OpenID: ids.named("agent", a.AppID, account),
		Image: "http://mmbiz.qpic.cn/emulator/agent/0",
	}
	a.desk.AgentsEver++
	a.desk.Agents = append(a.desk.Agents, g)
	return g
}

type agentBody struct {
	Account string `json:"kf_account"`
	Nick    string `json:"nickname"`
	Invite  string `json:"invite_wx"`
}

func addAgent(c *call, in *agentBody) reply {
	if code := c.app.checkAgent(in.Account, in.Nick); code != 0 {
		return c.fail(code)
	}
	c.app.addAgent(in.Account, in.Nick)
	return c.ok()
}

func updateAgent(c *call, in *agentBody) reply {
	g := c.app.agent(in.Account)
	switch {
	case g == nil:
		return c.fail(errcode.InvalidAgent)
	case in.Nick == "" || utf8.RuneCountInString(in.Nick) > longestNick:
		return c.fail(errcode.InvalidAgentNickname)
	}
	g.Nick = in.Nick
	return c.ok()
}

func deleteAgent(c *call, in *agentBody) reply { return c.deleteAgent(in.Account) }

// deleteAgentByQuery is the older form, which most clients still use.
func deleteAgentByQuery(c *call) reply { return c.deleteAgent(c.query.Get("kf_account")) }

func (c *call) deleteAgent(account string) reply {
	g := c.app.agent(account)
	if g == nil {
		return c.fail(errcode.InvalidAgent)
	}
	for _, m := range c.app.served(g, c.now) {
		m.endSession()
	}
	c.app.desk.Agents = slices.DeleteFunc(c.app.desk.Agents, func(other *agent) bool { return other == g })
	return c.ok()
}

func inviteAgent(c *call, in *agentBody) reply {
	g := c.app.agent(in.Account)
	switch {
	case g == nil:
		return c.fail(errcode.InvalidAgent)
	case in.Invite == "":
		return c.fail(errcode.InvalidWeChatID)
	case g.WX != "":
		return c.fail(errcode.AgentAlreadyBound)
	case g.Invited == in.Invite && c.now.Before(g.Ends):
		return c.fail(errcode.AlreadyInvited)
	case g.Invited != "" && c.now.Before(g.Ends):
		return c.fail(errcode.InvitationPending)
	case slices.ContainsFunc(c.app.desk.Agents, func(other *agent) bool { return other.WX == in.Invite }):
		return c.fail(errcode.AlreadyAgent)
	}
	g.Invited, g.Ends = in.Invite, c.now.Add(inviteLife)
	return c.ok()
}

func uploadAvatar(c *call) reply {
	g := c.app.agent(c.query.Get("kf_account"))
	if g == nil {
		return c.fail(errcode.InvalidAgent)
	}
	name, data, code := c.upload()
	if code == 0 {
		code = mediaRule{5 << 20, []string{".jpg", ".jpeg", ".png"}, errcode.InvalidImageSize}.check(name, data)
	}
	if code != 0 {
		return c.fail(code)
	}
	m := c.w.addMedia(c.app, "image", name, data)
	m.Permanent = true
	g.Image = c.s.mediaURL(m.ID)
	return c.ok()
}

func setAdmin(admin bool) func(*call) reply {
	return func(c *call) reply {
		i := slices.IndexFunc(c.app.desk.Agents, func(g *agent) bool { return g.OpenID == c.query.Get("kf_openid") })
		if i < 0 {
			return c.fail(errcode.InvalidAgent)
		}
		c.app.desk.Agents[i].Admin = admin
		return c.ok()
	}
}

type agentAnswer struct {
	Account string `json:"kf_account"`
	Nick    string `json:"kf_nick"`
	ID      int    `json:"kf_id"`
	Image   string `json:"kf_headimgurl"`
	WX      string `json:"kf_wx,omitempty"`
	Invited string `json:"invite_wx,omitempty"`
	Ends    int64  `json:"invite_expire_time,omitempty"`
	Status  string `json:"invite_status,omitempty"`
	OpenID  string `json:"kf_openid"`
}

func listAgents(c *call) reply {
	list := []agentAnswer{}
	for _, g := range c.app.desk.Agents {
		one := agentAnswer{Account: g.Account, Nick: g.Nick, ID: g.ID, Image: g.Image, WX: g.WX, OpenID: g.OpenID}
		if g.Invited != "" {
			one.Invited, one.Ends, one.Status = g.Invited, g.Ends.Unix(), "waiting"
			if !c.now.Before(g.Ends) {
				one.Status = "expired"
			}
		}
		list = append(list, one)
	}
	return c.data(struct {
		List []agentAnswer `json:"kf_list"`
	}{list})
}

type onlineAgentAnswer struct {
	Account  string `json:"kf_account"`
	Status   int    `json:"status"`
	ID       int    `json:"kf_id"`
	Accepted int    `json:"accepted_case"`
	OpenID   string `json:"kf_openid"`
}

func listOnlineAgents(c *call) reply {
	list := []onlineAgentAnswer{}
	for _, g := range c.app.desk.Agents {
		if g.Online {
			list = append(list, onlineAgentAnswer{g.Account, 1, g.ID, len(c.app.served(g, c.now)), g.OpenID})
		}
	}
	return c.data(struct {
		List []onlineAgentAnswer `json:"kf_online_list"`
	}{list})
}
