package customerservice

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Agent is an agent account (客服账号).
type Agent struct {
	Account   string // kf_account; "" for agents of Mini Programs that were bound in the console
	Nickname  string
	ID        string // kf_id, a number
	AvatarURL string
	WeChatID  string // of the user who works as this agent; "" before one has agreed
	OpenID    string // kf_openid, with which agents of Mini Programs are named
	// InvitedWeChatID, InviteStatus and InviteExpires tell of an invitation that is not accepted yet.
	InvitedWeChatID string
	InviteStatus    InviteStatus
	InviteExpires   time.Time
}

// InviteStatus is what became of an invitation. WeChat may know others than the three here.
type InviteStatus string

// What became of it.
const (
	InviteWaiting  InviteStatus = "waiting"
	InviteRejected InviteStatus = "rejected"
	InviteExpired  InviteStatus = "expired"
)

type wireAgent struct {
	Account       lenient.String `json:"kf_account"`
	Nickname      lenient.String `json:"kf_nick"`
	ID            lenient.String `json:"kf_id"`
	AvatarURL     lenient.String `json:"kf_headimgurl"`
	WeChatID      lenient.String `json:"kf_wx"`
	OpenID        lenient.String `json:"kf_openid"`
	Invited       lenient.String `json:"invite_wx"`
	InviteStatus  lenient.String `json:"invite_status"`
	InviteExpires lenient.Int64  `json:"invite_expire_time"`
}

func (w *wireAgent) agent() *Agent {
	return &Agent{
		Account: string(w.Account), Nickname: string(w.Nickname), ID: string(w.ID), AvatarURL: string(w.AvatarURL),
		WeChatID: string(w.WeChatID), OpenID: string(w.OpenID), InvitedWeChatID: string(w.Invited),
		InviteStatus: InviteStatus(w.InviteStatus), InviteExpires: w.InviteExpires.Time(),
	}
}

// Agents lists all agents (获取所有客服账号), for Mini Programs and official accounts.
//
// Errors: [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_getkflist
//
//wechat:endpoint GET /cgi-bin/customservice/getkflist
//wechat:account mini-program official-account
func (c *Client) Agents(ctx context.Context) ([]*Agent, error) {
	var answer struct {
		List   lenient.List[wireAgent] `json:"kf_list"`
		Online lenient.List[wireAgent] `json:"kf_online_list"` // so in WeChat's sample, by mistake
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Agents", Method: http.MethodGet, Path: "/cgi-bin/customservice/getkflist",
		Query: c.query(), Out: rest.NeedsAny(&answer, "kf_list", "kf_online_list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	list := slices.Concat(answer.List, answer.Online)
	agents := make([]*Agent, len(list))
	for i := range list {
		agents[i] = list[i].agent()
	}
	return agents, nil
}

// OnlineAgent is an agent who is at work.
type OnlineAgent struct {
	Account  string // kf_account; may be "" for a Mini Program
	ID       string // kf_id, a number
	OpenID   string // kf_openid
	Status   AgentStatus
	Sessions int // that the agent serves now
	// AutoAccept is how many sessions the agent takes without being asked. Only older answers have it.
	AutoAccept int
}

// AgentStatus is where an agent is at work.
type AgentStatus int

// The places. Newer answers have the first two only.
const (
	AgentAway          AgentStatus = 0
	AgentOnWeb         AgentStatus = 1
	AgentOnPhone       AgentStatus = 2
	AgentOnWebAndPhone AgentStatus = 3
)

// OnlineAgents lists the agents who are at work (获取在线客服列表), for Mini Programs and official accounts.
//
// Errors: [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_getonlinekflist
//
//wechat:endpoint GET /cgi-bin/customservice/getonlinekflist
//wechat:account mini-program official-account
func (c *Client) OnlineAgents(ctx context.Context) ([]*OnlineAgent, error) {
	var answer struct {
		List lenient.List[struct {
			Account    lenient.String `json:"kf_account"`
			ID         lenient.String `json:"kf_id"`
			OpenID     lenient.String `json:"kf_openid"`
			Status     lenient.Int64  `json:"status"`
			Sessions   lenient.Int64  `json:"accepted_case"`
			AutoAccept lenient.Int64  `json:"auto_accept"`
		}] `json:"kf_online_list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.OnlineAgents", Method: http.MethodGet, Path: "/cgi-bin/customservice/getonlinekflist",
		Query: c.query(), Out: rest.NeedsAny(&answer, "kf_online_list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	agents := make([]*OnlineAgent, len(answer.List))
	for i, a := range answer.List {
		agents[i] = &OnlineAgent{
			Account: string(a.Account), ID: string(a.ID), OpenID: string(a.OpenID), Status: AgentStatus(a.Status),
			Sessions: int(a.Sessions), AutoAccept: int(a.AutoAccept),
		}
	}
	return agents, nil
}

// SetAdmin makes an agent an administrator of the agents (设置客服管理员), for Mini Programs; WeChat's page names
// official accounts too. agentOpenID is [Agent.OpenID].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_setkfadmin
//
//wechat:endpoint GET /customservice/kfaccount/setadmin
//wechat:account mini-program official-account
func (c *Client) SetAdmin(ctx context.Context, agentOpenID string) error {
	return c.admin(ctx, "customerservice.SetAdmin", "/customservice/kfaccount/setadmin", agentOpenID)
}

// CancelAdmin makes an administrator an ordinary agent again (取消客服管理员), for the accounts that
// [Client.SetAdmin] is for.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_cancelkfadmin
//
//wechat:endpoint GET /customservice/kfaccount/canceladmin
//wechat:account mini-program official-account
func (c *Client) CancelAdmin(ctx context.Context, agentOpenID string) error {
	return c.admin(ctx, "customerservice.CancelAdmin", "/customservice/kfaccount/canceladmin", agentOpenID)
}

func (c *Client) admin(ctx context.Context, op, path, agentOpenID string) error {
	if err := c.needTexts("agentOpenID", agentOpenID); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodGet, Path: path,
		Query: c.query("kf_openid", agentOpenID), Effect: wechat.Idempotent,
	})
}
