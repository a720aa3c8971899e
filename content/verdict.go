package content

import "github.com/wechatkit/wechat/internal/verdict"

// Advice is what WeChat advises to do with a content (suggest). Others than the constants are possible. Its method Passed
// is true for [Pass] alone: neither for advice that nobody knows yet, nor for none at all.
type Advice = verdict.Advice

// The advice that is known.
const (
	Pass   = verdict.Pass   // nothing was found
	Review = verdict.Review // somebody should look at it
	Risky  = verdict.Risky  // it breaks the rules
)

// Label is the kind of content that was found. Others than the constants are possible. Its method String has the words,
// such as "advertising".
type Label = verdict.Label

// The labels. Those marked with "text" come from checks of texts only.
const (
	Normal      = verdict.Normal      // 100
	Advertising = verdict.Advertising // 10001, text
	Politics    = verdict.Politics    // 20001
	Pornography = verdict.Pornography // 20002
	Abuse       = verdict.Abuse       // 20003, text
	Crime       = verdict.Crime       // 20006
	Fraud       = verdict.Fraud       // 20008, text
	Vulgarity   = verdict.Vulgarity   // 20012, text
	Copyright   = verdict.Copyright   // 20013, text
	Other       = verdict.Other       // 21000
)

// Verdict is WeChat's judgement of a text. The zero Verdict has not passed.
type Verdict struct {
	Advice  Advice // the one to go by
	Label   Label
	TraceID string    // names the check to WeChat's support
	Details []Finding // what the strategies of the check found, if WeChat says so
}

// Finding is the opinion of one strategy of a check.
type Finding struct {
	Strategy  string // such as "content_model" or "keyword"
	ErrorCode int    // the opinion counts only if it is 0
	Advice    Advice // "" if the strategy has none
	Label     Label
	// Probability is how sure a model is, 0 to 100.
	Probability float64
	Keyword     string // of the account's own list of words, if it was found
	Level       int    // in WeChat's samples, without an explanation
}
