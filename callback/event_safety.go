package callback

import (
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// MediaChecked is the verdict of an asynchronous check of a picture or sound (内容安全异步检测, "wxa_media_check").
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_mediacheckasync
type MediaChecked struct {
	Header
	CheckedAppID string
	TraceID      string // the trace_id that the check call returned
	Version      int    // 2
	ErrorCode    int    // 0 for a valid verdict, -1008 if WeChat could not download the file
	ErrorMessage string
	Result       MediaVerdict
	Details      []MediaVerdict
}

// MediaVerdict is the opinion of one strategy of the check, or of all.
type MediaVerdict struct {
	Strategy  string // "" in the result of all
	ErrorCode int
	Suggest   string // "pass", "review" or "risky"
	Label     int    // 100 normal, 20001 politics, 20002 pornography, 20006 crime, 21000 other
	// Probability is how sure the strategy is, 0 to 100.
	Probability float64
}

func (e *MediaChecked) decode(n tree.Node) {
	e.CheckedAppID = text(n, "appid")
	e.TraceID = text(n, "trace_id")
	e.Version = integer(n, "version")
	e.ErrorCode = integer(n, "errcode")
	e.ErrorMessage = text(n, "errmsg")
	e.Result = mediaVerdict(n.Child("result"))
	for _, item := range list(n, "detail") {
		e.Details = append(e.Details, mediaVerdict(item))
	}
}

func (e *MediaChecked) hollow() bool { return e.TraceID == "" }

func mediaVerdict(n tree.Node) MediaVerdict {
	return MediaVerdict{
		Strategy:    text(n, "strategy"),
		ErrorCode:   integer(n, "errcode"),
		Suggest:     text(n, "suggest"),
		Label:       integer(n, "label"),
		Probability: decimal(n, "prob"),
	}
}

// BadReview tells that a user gave a bad score ("wxa_comment_bad_score"). It allows one more customer service message.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/transaction-guarantee/comment/api_resetapikfquota
type BadReview struct {
	Header
	CommentID string
}

func (e *BadReview) decode(n tree.Node) { e.CommentID = text(n.Child("result"), "comment_id") }

func (e *BadReview) hollow() bool { return e.CommentID == "" }

// Punished tells that WeChat punished the mini program ("wxa_punish_event").
type Punished struct {
	Header
	EventType      int
	PunishID       string
	PunishedAppID  string
	PunishTime     time.Time
	IllegalReason  string
	IllegalContent string
	RuleName       string
	RuleURL        string
	AdjustGuideURL string
	// Detail is JSON as text. Its shape depends on EventType.
	Detail string
}

func (e *Punished) decode(n tree.Node) {
	e.EventType = integer(n, "event_type")
	e.PunishID = text(n, "punish_id")
	e.PunishedAppID = text(n, "appid")
	e.PunishTime = seconds(n, "punish_time")
	e.IllegalReason = text(n, "illegal_reason")
	e.IllegalContent = text(n, "illegal_content")
	e.RuleName = text(n, "rule_name")
	e.RuleURL = text(n, "rule_url")
	e.AdjustGuideURL = text(n, "adjust_guide_url")
	e.Detail = text(n, "detail")
}
