package content

import (
	"context"
	"net/http"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// longestContent bounds a text, in characters.
const longestContent = 2500

// apiVersion is the one that judges with a user and answers a verdict.
const apiVersion = 2

// Text is a text of a user's. OpenID, Scene and Content are needed.
type Text struct {
	OpenID    string // of the user in this Mini Program
	Scene     Scene
	Content   string // up to 2,500 characters
	Title     string
	Nickname  string
	Signature string // what users write below their names; with [Profile] only
}

func (t *Text) check() error {
	if err := checkOrigin(t.OpenID, t.Scene); err != nil {
		return err
	}
	if t.Content == "" {
		return fieldErrorf("Content", "empty")
	}
	if n := utf8.RuneCountInString(t.Content); n > longestContent {
		return fieldErrorf("Content", "%d characters, limit %d", n, longestContent)
	}
	if t.Signature != "" && t.Scene != Profile {
		return fieldErrorf("Signature", "WeChat looks at it in scene 1 only")
	}
	return nil
}

// CheckText has a text of a Mini Program's user judged (文本内容安全识别). Third-party platforms may make the call for it. A longer one than WeChat takes is not cut, but
// refused: check its parts, and mind what a cut may hide.
//
// Errors: [ErrUserAway]; [errcode.InvalidOpenID]; [errcode.AccountNotPermitted], the OpenID is of another account;
// [errcode.MinuteLimitReached] beyond 4,000 checks a minute, [errcode.DayQuotaReached] beyond 2,000,000 a day; both limits
// are those of an older page. WeChat's RiskyContent (87014) is no answer of this call: what is risky is a [Verdict].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_msgseccheck.html
//
//wechat:endpoint POST /wxa/msg_sec_check
//wechat:account mini-program
func (c *Client) CheckText(ctx context.Context, t *Text) (*Verdict, error) {
	if t == nil {
		return nil, fieldErrorf("Text", "nil")
	}
	if c.core.Checks() {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	in := struct {
		Version   int    `json:"version"`
		Scene     Scene  `json:"scene"`
		OpenID    string `json:"openid"`
		Content   string `json:"content"`
		Title     string `json:"title,omitempty"`
		Nickname  string `json:"nickname,omitempty"`
		Signature string `json:"signature,omitempty"`
	}{apiVersion, t.Scene, t.OpenID, t.Content, t.Title, t.Nickname, t.Signature}
	var answer textAnswer
	err := c.core.Call(ctx, wechat.Call{
		Op: "content.CheckText", Method: http.MethodPost, Path: "/wxa/msg_sec_check",
		In: in, Out: &answer, Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, explain(err)
	}
	v := &Verdict{
		Advice: Advice(answer.Result.Suggest), Label: Label(answer.Result.Label), TraceID: string(answer.TraceID),
	}
	for _, d := range answer.Detail {
		v.Details = append(v.Details, d.finding())
	}
	return v, nil
}

// textAnswer is the answer to a check of a text.
type textAnswer struct {
	TraceID lenient.String            `json:"trace_id"`
	Result  wireFinding               `json:"result"`
	Detail  lenient.List[wireFinding] `json:"detail"`
}

// DecodeAnswer implements rest.Decoder. An answer without a verdict must not pass for a check that took place.
func (a *textAnswer) DecodeAnswer(data []byte) error {
	err := lenient.Unmarshal(data, a)
	if err == nil && a.Result.Suggest == "" {
		err = rest.Missing("result.suggest")
	}
	return err
}

// wireFinding is the result, or an item of detail.
type wireFinding struct {
	Strategy lenient.String  `json:"strategy"`
	Code     lenient.Int64   `json:"errcode"`
	Suggest  lenient.String  `json:"suggest"`
	Label    lenient.Int64   `json:"label"`
	Prob     lenient.Float64 `json:"prob"`
	Keyword  lenient.String  `json:"keyword"`
	Level    lenient.Int64   `json:"level"`
}

func (w *wireFinding) finding() Finding {
	return Finding{
		Strategy: string(w.Strategy), ErrorCode: int(w.Code), Advice: Advice(w.Suggest), Label: Label(w.Label),
		Probability: float64(w.Prob), Keyword: string(w.Keyword), Level: int(w.Level),
	}
}
