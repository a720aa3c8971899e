package customerservice

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Session is a conversation between an agent and a user (会话).
type Session struct {
	Agent  string // kf_account; "" if nobody serves the user
	OpenID string // of the user
	Since  time.Time
}

type sessionRequest struct {
	Agent  string `json:"kf_account" field:"agent"`
	OpenID string `json:"openid" field:"openID"`
}

// CreateSession hands a user to an agent, who must be at work (创建会话), for official accounts; a Mini Program gets
// [errcode.APIUnauthorized] from this and the other calls for sessions. It changes nothing if the agent serves
// the user already.
//
// Errors: [errcode.ServedByOther], [errcode.AgentOffline], [errcode.AgentNotBound], [errcode.InvalidAgent].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_createkfsession
//
//wechat:endpoint POST /customservice/kfsession/create
//wechat:account official-account
func (c *Client) CreateSession(ctx context.Context, agent, openID string) error {
	if err := c.needTexts("agent", agent, "openID", openID); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.CreateSession", Method: http.MethodPost, Path: "/customservice/kfsession/create",
		In: sessionRequest{agent, openID}, Effect: wechat.Idempotent,
	})
}

// CloseSession ends the conversation of an agent with a user (关闭会话), for official accounts. Messages of the
// user are pushed to the developer's URL again.
//
// Errors: [errcode.NoSession], [errcode.ServedByOther], [errcode.InvalidAgent].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_closesession
//
//wechat:endpoint POST /customservice/kfsession/close
//wechat:account official-account
func (c *Client) CloseSession(ctx context.Context, agent, openID string) error {
	if err := c.needTexts("agent", agent, "openID", openID); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.CloseSession", Method: http.MethodPost, Path: "/customservice/kfsession/close",
		In: sessionRequest{agent, openID},
	})
}

type wireSession struct {
	Agent   lenient.String `json:"kf_account"`
	OpenID  lenient.String `json:"openid"`
	Created lenient.Int64  `json:"createtime"`
	Latest  lenient.Int64  `json:"latest_time"`
}

// Session tells who serves a user (获取客户会话状态), for official accounts. Where nobody does, Agent is "".
//
// Errors: [errcode.InvalidOpenID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsession
//
//wechat:endpoint GET /customservice/kfsession/getsession
//wechat:account official-account
func (c *Client) Session(ctx context.Context, openID string) (*Session, error) {
	if err := c.needTexts("openID", openID); err != nil {
		return nil, err
	}
	var answer wireSession
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Session", Method: http.MethodGet, Path: "/customservice/kfsession/getsession",
		Query: query("openid", openID), Effect: wechat.ReadOnly,
		Out: rest.NeedsAny(&answer, "kf_account", "createtime"),
	})
	if err != nil {
		return nil, err
	}
	return &Session{Agent: string(answer.Agent), OpenID: openID, Since: answer.Created.Time()}, nil
}

// Sessions lists the users whom an agent serves (获取客服会话列表), for official accounts.
//
// Errors: [errcode.InvalidAgent].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsessionlist
//
//wechat:endpoint GET /customservice/kfsession/getsessionlist
//wechat:account official-account
func (c *Client) Sessions(ctx context.Context, agent string) ([]*Session, error) {
	if err := c.needTexts("agent", agent); err != nil {
		return nil, err
	}
	var answer struct {
		List lenient.List[wireSession] `json:"sessionlist"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Sessions", Method: http.MethodGet, Path: "/customservice/kfsession/getsessionlist",
		Query: query("kf_account", agent), Out: rest.NeedsAny(&answer, "sessionlist"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	sessions := make([]*Session, len(answer.List))
	for i, s := range answer.List {
		sessions[i] = &Session{Agent: agent, OpenID: string(s.OpenID), Since: s.Created.Time()}
	}
	return sessions, nil
}

// Queue is the users who wait for an agent.
type Queue struct {
	Total int // how many wait
	Users []*WaitingUser
}

// WaitingUser is a user whom nobody serves yet.
type WaitingUser struct {
	OpenID string
	Since  time.Time // of the user's last message; older answers tell when the user began to wait
	Agent  string    // the agent whom the user waits for; only in older answers
}

// Waiting lists users who wait for an agent, at most 100 (获取未接入会话列表), for official accounts.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getwaitcase
//
//wechat:endpoint GET /customservice/kfsession/getwaitcase
//wechat:account official-account
func (c *Client) Waiting(ctx context.Context) (*Queue, error) {
	var answer struct {
		Count lenient.Int64             `json:"count"`
		List  lenient.List[wireSession] `json:"waitcaselist"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Waiting", Method: http.MethodGet, Path: "/customservice/kfsession/getwaitcase",
		Out: rest.NeedsAny(&answer, "waitcaselist", "count"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	queue := &Queue{Total: int(answer.Count), Users: make([]*WaitingUser, len(answer.List))}
	for i, s := range answer.List {
		since := s.Latest
		if since == 0 {
			since = s.Created
		}
		queue.Users[i] = &WaitingUser{OpenID: string(s.OpenID), Since: since.Time(), Agent: string(s.Agent)}
	}
	return queue, nil
}
