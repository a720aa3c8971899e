package callback

import (
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// TemplateSent is the outcome of a template message (模板消息, "TEMPLATESENDJOBFINISH").
//
// Sending a template message from its handler gives another such event: mind the loop.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html
type TemplateSent struct {
	Header
	MsgID   int64 // the msgid that the send call returned
	Status  string
	Outcome TemplateOutcome
}

// TemplateOutcome is Status without its varying spaces and prefix. Others than the constants are possible.
type TemplateOutcome string

// The known outcomes of a template message.
const (
	TemplateDelivered    TemplateOutcome = "success"
	TemplateUserBlocked  TemplateOutcome = "user block"    // the user refuses the account's messages
	TemplateSystemFailed TemplateOutcome = "system failed" // anything else
	TemplateFreqLimit    TemplateOutcome = "freq limit"    // seen on some accounts
)

func (e *TemplateSent) decode(n tree.Node) {
	e.MsgID = number(n, "MsgID")
	e.Status = text(n, "Status")
	outcome := strings.ToLower(strings.TrimSpace(e.Status))
	outcome = strings.TrimSpace(strings.TrimPrefix(outcome, "failed:"))
	e.Outcome = TemplateOutcome(outcome)
}

func (e *TemplateSent) hollow() bool { return e.MsgID == 0 && e.Status == "" }

// MassSent is the outcome of a mass message (群发, "MASSSENDJOBFINISH").
type MassSent struct {
	Header
	MsgID int64
	// Status is "send success", "send fail" or "err(num)".
	Status string
	// StatusCode is the num of Status, else 0: 10001 advertising, 20001 politics, 20002 pornography, 20004 social,
	// 20006 crime, 20008 fraud, 20013 copyright, 22000 mutual promotion, 21000 other, 30003 judged a reprint
	// where the author chose not to send.
	StatusCode int
	TotalCount int // followers addressed
	// FilterCount of them were left after the filters, and SentCount and ErrorCount add up to it.
	FilterCount, SentCount, ErrorCount int
	Copyright                          CopyrightCheck
	Articles                           []MassArticle
}

// CopyrightCheck is the verdict of the check for original work (原创校验).
type CopyrightCheck struct {
	Count      int
	CheckState int
	Results    []CopyrightResult
}

// CopyrightResult is the verdict on one article of a mass message.
type CopyrightResult struct {
	ArticleIndex          int
	UserDeclareState      int
	AuditState            int
	OriginalArticleURL    string
	OriginalArticleType   int
	CanReprint            bool
	NeedReplaceContent    bool
	NeedShowReprintSource bool
}

// MassArticle is where one article of a mass message can be read.
type MassArticle struct {
	Index int
	URL   string
}

func (e *MassSent) decode(n tree.Node) {
	e.MsgID = number(n, "MsgID")
	e.Status = text(n, "Status")
	e.StatusCode = errNumber(e.Status)
	e.TotalCount = integer(n, "TotalCount")
	e.FilterCount = integer(n, "FilterCount")
	e.SentCount = integer(n, "SentCount")
	e.ErrorCount = integer(n, "ErrorCount")
	e.Copyright.decode(n.Child("CopyrightCheckResult"))
	for _, item := range list(n.Child("ArticleUrlResult"), "ResultList") {
		e.Articles = append(e.Articles, MassArticle{Index: integer(item, "ArticleIdx"), URL: text(item, "ArticleUrl")})
	}
}

func (e *MassSent) hollow() bool {
	return e.MsgID == 0 && e.Status == "" || e.Copyright.Count > 0 && len(e.Copyright.Results) == 0
}

// errNumber reads "err(10001)".
func errNumber(status string) int {
	digits, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(status)), "err(")
	if !ok {
		return 0
	}
	v, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(digits, ")")))
	if err != nil {
		return 0
	}
	return v
}

func (c *CopyrightCheck) decode(n tree.Node) {
	c.Count = integer(n, "Count")
	c.CheckState = integer(n, "CheckState")
	for _, item := range list(n, "ResultList") {
		c.Results = append(c.Results, CopyrightResult{
			ArticleIndex:          integer(item, "ArticleIdx"),
			UserDeclareState:      integer(item, "UserDeclareState"),
			AuditState:            integer(item, "AuditState"),
			OriginalArticleURL:    text(item, "OriginalArticleUrl"),
			OriginalArticleType:   integer(item, "OriginalArticleType"),
			CanReprint:            boolean(item, "CanReprint"),
			NeedReplaceContent:    boolean(item, "NeedReplaceContent"),
			NeedShowReprintSource: boolean(item, "NeedShowReprintSource"),
		})
	}
}

// Published is the outcome of publishing articles (发布, "PUBLISHJOBFINISH").
type Published struct {
	Header
	PublishID string
	Status    int // 0 published
	// ArticleID is what the mpnewsarticle customer service message takes.
	ArticleID string
	Articles  []PublishedArticle
	Failed    []int // the places of the articles that were refused
}

// PublishedArticle is where one published article can be read.
type PublishedArticle struct {
	Index int
	URL   string
}

func (e *Published) hollow() bool { return e.PublishID == "" }

func (e *Published) decode(n tree.Node) {
	info := n.Child("PublishEventInfo")
	e.PublishID = text(info, "publish_id")
	e.Status = integer(info, "publish_status")
	e.ArticleID = text(info, "article_id")
	for _, item := range siblings(info.Path("article_detail", "item")) {
		e.Articles = append(e.Articles, PublishedArticle{Index: integer(item, "idx"), URL: text(item, "article_url")})
	}
	for f := info.Child("fail_idx"); f.Exists(); f = f.NextSame() {
		if v, err := strconv.Atoi(strings.TrimSpace(f.Text())); err == nil {
			e.Failed = append(e.Failed, v)
		}
	}
}
