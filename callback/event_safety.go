package callback

import (
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
	"github.com/wechatkit/wechat/internal/verdict"
)

// Advice is what WeChat's check advises to do with a content. Its method Passed is true for [AdvicePass] alone. Package
// content has the same type.
type Advice = verdict.Advice

// The advice that is known. WeChat may send others.
const (
	AdvicePass   = verdict.Pass   // nothing was found
	AdviceReview = verdict.Review // somebody should look at it
	AdviceRisky  = verdict.Risky  // it breaks the rules
)

// ContentLabel is the kind of content that a check found: 100 normal, 20001 politics, 20002 pornography, 20006 crime,
// 21000 other, and more. Its method String has the words. Package content has the same type as content.Label, and
// constants for it.
type ContentLabel = verdict.Label

// MediaChecked is the outcome of an asynchronous check of a picture or sound (内容安全异步检测, "wxa_media_check"). It comes
// within 30 minutes, and now and then before the check call has returned. TraceID is all that joins it to the call:
// neither the user nor the address of the file is in it, and FromUserName is an account of WeChat's. A handler that
// finds no such call yet returns an error: that makes WeChat try again some seconds later.
//
// WeChat's pages show it in JSON only; in XML the elements are taken to have the same names.
//
// Look at [MediaChecked.Checked] before Result: a check that failed has none, and must not count as passed.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_mediacheckasync
type MediaChecked struct {
	Header
	CheckedAppID string
	TraceID      string // the trace_id that the check call returned
	Version      int    // 2; 0 in the older shape
	// ErrorCode is 0 for a valid verdict, -1008 if WeChat could not download the file. 43104 has been seen where the
	// call itself had succeeded: the account has no permission after all.
	ErrorCode    int
	ErrorMessage string
	Result       MediaVerdict // zero unless Checked
	Details      []MediaVerdict
	// Older is what came in place of Result and Details in the shape of version 1, nil in all others. Calls without
	// a version, which package content does not make, lead to it.
	Older *OlderMediaCheck
}

// OlderMediaCheck is the outcome of a check in the shape that WeChat stopped developing in 2021. It is a hint at most, and
// never makes [MediaChecked.Checked] true.
type OlderMediaCheck struct {
	IsRisky bool
	Extra   string // extra_info_json, JSON as text
}

// MediaVerdict is the opinion of one strategy of the check, or of all.
type MediaVerdict struct {
	Strategy  string // "" in the result of all
	ErrorCode int    // of this strategy; its opinion counts only if it is 0
	Suggest   Advice
	Label     ContentLabel
	// Probability is how sure the strategy is, 0 to 100.
	Probability float64
}

// Checked reports whether the file was checked at all, so that Result is one. False says nothing about the file.
func (e *MediaChecked) Checked() bool { return e.ErrorCode == 0 && e.Result.Suggest != "" }

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
	if n.Child("isrisky").Exists() && !n.Child("result").Exists() {
		e.Older = &OlderMediaCheck{IsRisky: boolean(n, "isrisky"), Extra: text(n, "extra_info_json")}
		if e.ErrorCode == 0 {
			e.ErrorCode = int(int32(number(n, "status_code"))) // -1008 comes as 4294966288
		}
	}
}

func (e *MediaChecked) hollow() bool { return e.TraceID == "" }

func mediaVerdict(n tree.Node) MediaVerdict {
	return MediaVerdict{
		Strategy:    text(n, "strategy"),
		ErrorCode:   integer(n, "errcode"),
		Suggest:     Advice(text(n, "suggest")),
		Label:       ContentLabel(integer(n, "label")),
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
