package servicecard

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Info is what WeChat has about a card.
type Info struct {
	Kind Kind
	// State is that of Content, [None] as long as nothing was set, and where Content cannot be read.
	State State
	// Content is the JSON of the last change that took effect (content_json), "" if there is none yet.
	Content string
	Code    CodeState
	// Expires is when the code ends: before the activation the last moment for it, then the last one for changes. The zero
	// time if WeChat did not say.
	Expires time.Time
}

// CodeState is how a code stands. Values that are not listed here pass through.
type CodeState int

// The states of a code.
const (
	CodeNormal   CodeState = 0
	CodeAtRisk   CodeState = 1
	CodeAbnormal CodeState = 2
	CodeRefused  CodeState = 10 // the user refuses the notifications of this card
)

// Open reports whether the card still takes changes at t that may reach the user: the code is neither abnormal nor refused
// nor expired, and the state is not known to be the last, be it from [Step.Reported] only. WeChat's answer to the next
// change has the last word.
func (i *Info) Open(t time.Time) bool {
	switch {
	case i.Code == CodeAbnormal || i.Code == CodeRefused:
		return false
	case !i.Expires.IsZero() && !t.Before(i.Expires):
		return false
	}
	for _, s := range knownSteps[i.Kind] {
		if s.State == i.State {
			return !s.Ends
		}
	}
	return true
}

// Get asks for the state of a card (查询服务卡片状态). It is how to find out whether a [Client.Set] without an answer was carried out.
//
// Errors: [errcode.NotifyCodeNotFound], [errcode.NotifyCodeExpired], [errcode.InvalidOpenID],
// [errcode.InvalidNotifyType].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_getusernotify.html
//
//wechat:endpoint POST /wxa/get_user_notify
//wechat:account mini-program
func (c *Client) Get(ctx context.Context, card *Card) (*Info, error) {
	if card == nil {
		return nil, fieldErrorf("Card", "nil")
	}
	if c.core.Checks() {
		if err := card.check(); err != nil {
			return nil, err
		}
	}
	var answer struct {
		Info struct {
			Kind    lenient.Int64 `json:"notify_type"`
			Content jsonText      `json:"content_json"`
			State   lenient.Int64 `json:"code_state"`
			Expires lenient.Int64 `json:"code_expire_time"`
		} `json:"notify_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "servicecard.Get", Method: http.MethodPost, Path: "/wxa/get_user_notify",
		In: card.wire(), Out: rest.Needs(&answer, "notify_info"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	info := answer.Info
	return &Info{
		Kind: Kind(info.Kind), State: info.Content.state(), Content: string(info.Content),
		Code: CodeState(info.State), Expires: info.Expires.Time(),
	}, nil
}

// jsonText is JSON in a string. It takes the JSON itself, too.
type jsonText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *jsonText) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		*t = jsonText(data)
		return nil
	}
	return (*lenient.String)(t).UnmarshalJSON(data)
}

func (t jsonText) state() State {
	var content struct {
		State lenient.Int64 `json:"cur_status"`
	}
	if json.Unmarshal([]byte(t), &content) != nil {
		return None
	}
	return State(content.State)
}
