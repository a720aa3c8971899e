package media

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// defaultFeedback is how many items a page has where a query does not say.
const defaultFeedback = 20

// FeedbackType is what a user complains of. Others than the constants are possible.
type FeedbackType int

// The types.
const (
	DoesNotOpen FeedbackType = 1
	Crashes     FeedbackType = 2
	Stutters    FeedbackType = 3
	BlankScreen FeedbackType = 4 // black or white
	Freezes     FeedbackType = 5
	Misplaced   FeedbackType = 6 // parts of the page are
	LoadsSlowly FeedbackType = 7
	OtherFault  FeedbackType = 8
)

// FeedbackQuery chooses feedback.
type FeedbackQuery struct {
	Type     FeedbackType // 0 means all
	Page     int          // from 1; 0 means 1
	PageSize int          // items on a page; 0 means 20. WeChat documents no limit
}

// FeedbackPage is a page of feedback.
type FeedbackPage struct {
	Total int // of the type, on all pages
	Items []*Feedback
}

// Feedback is what a user wrote in the form "feedback and complaints" of a Mini Program.
type Feedback struct {
	RecordID   string // for DownloadFeedback
	Type       FeedbackType
	Content    string
	Contact    string // a phone number or e-mail address, if the user gave one
	OpenID     string
	Nickname   string
	HeadURL    string // of the user's picture
	CreatedAt  time.Time
	MediaIDs   []string // of the pictures, for DownloadFeedback
	SystemInfo string   // JSON as text, as the phone reports it
}

type wireFeedback struct {
	RecordID lenient.String               `json:"record_id"`
	Created  lenient.Int64                `json:"create_time"`
	Content  lenient.String               `json:"content"`
	Phone    lenient.String               `json:"phone"`
	OpenID   lenient.String               `json:"openid"`
	Nickname lenient.String               `json:"nickname"`
	HeadURL  lenient.String               `json:"head_url"`
	Type     lenient.Int64                `json:"type"`
	MediaIDs lenient.List[lenient.String] `json:"mediaIds"`
	System   lenient.String               `json:"systemInfo"`
}

func (w *wireFeedback) feedback() *Feedback {
	f := &Feedback{
		RecordID: string(w.RecordID), Type: FeedbackType(w.Type), Content: string(w.Content), Contact: string(w.Phone),
		OpenID: string(w.OpenID), Nickname: string(w.Nickname), HeadURL: string(w.HeadURL), CreatedAt: w.Created.Time(),
		SystemInfo: string(w.System),
	}
	for _, id := range w.MediaIDs {
		f.MediaIDs = append(f.MediaIDs, string(id))
	}
	return f
}

// FeedbacksPage lists a page of the feedback of a Mini Program's users (获取用户反馈列表). Users have seen the newest first.
// Only faults come this way, no suggestions and no complaints of other kinds. A page without items is past the end.
// [Client.Feedbacks] walks through all pages, [Client.DownloadFeedback] fetches a picture.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/operation/api_getfeedback
//
//wechat:endpoint GET /wxaapi/feedback/list
//wechat:account mini-program
func (c *Client) FeedbacksPage(ctx context.Context, q *FeedbackQuery) (*FeedbackPage, error) {
	if q == nil {
		return nil, fieldError("FeedbackQuery", "nil")
	}
	if c.core.Checks() {
		if err := q.check(); err != nil {
			return nil, err
		}
	}
	var answer struct {
		Total lenient.Int64              `json:"total_num"`
		List  lenient.List[wireFeedback] `json:"list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "media.Feedbacks", Method: http.MethodGet, Path: "/wxaapi/feedback/list", Query: q.values(),
		Out: rest.NeedsAny(&answer, "errcode", "list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	page := &FeedbackPage{Total: int(answer.Total), Items: make([]*Feedback, len(answer.List))}
	for i := range answer.List {
		page.Items[i] = answer.List[i].feedback()
	}
	return page, nil
}

func (q *FeedbackQuery) check() error {
	switch {
	case q.Type < 0:
		return fieldError("Type", fmt.Sprintf("%d is negative", q.Type))
	case q.Page < 0:
		return fieldError("Page", fmt.Sprintf("%d is negative", q.Page))
	case q.PageSize < 0:
		return fieldError("PageSize", fmt.Sprintf("%d is negative", q.PageSize))
	}
	return nil
}

func (q *FeedbackQuery) values() url.Values {
	page, size := q.Page, q.PageSize
	if page == 0 {
		page = 1
	}
	if size == 0 {
		size = defaultFeedback
	}
	values := url.Values{"page": {strconv.Itoa(page)}, "num": {strconv.Itoa(size)}}
	if q.Type != 0 {
		values.Set("type", strconv.Itoa(int(q.Type)))
	}
	return values
}

// Feedbacks lists the feedback of a Mini Program's users from page q.Page to the end, page by page of q.PageSize; q is
// copied. The iteration ends after an error. Feedback that comes meanwhile moves what is older to later pages, so that some
// of it may come twice.
func (c *Client) Feedbacks(ctx context.Context, q *FeedbackQuery) iter.Seq2[*Feedback, error] {
	var first FeedbackQuery
	if q != nil {
		first = *q
	}
	return func(yield func(*Feedback, error) bool) {
		at := first
		at.Page = max(1, at.Page)
		seen, read := "", 0 // the first one of the page before; how many there were
		for ; ; at.Page++ {
			got, err := c.FeedbacksPage(ctx, &at)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(got.Items) == 0 {
				return
			}
			if id := got.Items[0].RecordID; id != "" && id == seen {
				yield(nil, errSameFeedback)
				return
			}
			seen = got.Items[0].RecordID
			for _, item := range got.Items {
				if !yield(item, nil) {
					return
				}
			}
			// A page may be smaller than asked for, so that its number does not tell where the end is.
			if read += len(got.Items); read == got.Total {
				return
			}
		}
	}
}

// errSameFeedback ends a walk that would not.
var errSameFeedback = errors.New("media.Feedbacks: WeChat gave the same page again")
