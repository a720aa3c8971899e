package template

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Blocked is a message that WeChat took and then held back (被拦截的模板消息), as a rule for its content: what became of
// a send that answered [errcode.HeldForReview]. WeChat's support says that only messages blocked after such a review are
// listed; while it goes on they are not, and of one that passed nothing is said here.
type Blocked struct {
	ID     string // number of the record, the cursor of [BlockedQuery]
	MsgID  string // tmpl_msg_id
	Title  string
	Text   string // the text that was held back
	SentAt time.Time
	OpenID string // of the user who did not get it
}

// BlockedQuery chooses messages that were held back.
type BlockedQuery struct {
	// MsgID is WeChat's tmpl_msg_id. Its documentation does not say whether that is the id of a message or of
	// a template; a template's works. To settle a message that was held for review ask with its TemplateID, half an hour
	// after it was sent, and compare OpenID, Text and SentAt: the answer to such a message has no id. That it is missing
	// here is no proof of its delivery.
	MsgID    string
	After    int64 // passes over records up to this ID, the Next of the page before; 0 for none
	PageSize int   // records on a page, 1 to 100; 0 means 100
}

const mostBlocked = 100

// BlockedPage is one page of messages that were held back, in the order of their IDs. One without any is past
// the end.
type BlockedPage struct {
	Blocked []*Blocked
	Next    int64 // BlockedQuery.After of the next page
}

// BlockedPage returns one page of the messages that were held back (查询被拦截的模板消息). [Client.Blocked] walks
// all pages.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_queryblocktmplmsg.html
//
//wechat:endpoint POST /wxa/sec/queryblocktmplmsg
//wechat:account service-account
func (c *Client) BlockedPage(ctx context.Context, q *BlockedQuery) (*BlockedPage, error) {
	if err := q.check(c.core.Checks()); err != nil {
		return nil, err
	}
	in := struct {
		MsgID string `json:"tmpl_msg_id"`
		After int64  `json:"largest_id"`
		Limit int    `json:"limit"`
	}{q.MsgID, q.After, q.PageSize}
	if in.Limit == 0 {
		in.Limit = mostBlocked
	}
	var out struct {
		List lenient.List[*wireBlocked] `json:"msginfo"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "template.Blocked", Method: http.MethodPost, Path: "/wxa/sec/queryblocktmplmsg",
		In: in, Out: rest.NeedsAny(&out, "errcode", "msginfo"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	page := &BlockedPage{Next: q.After}
	for _, w := range out.List {
		if w == nil {
			continue
		}
		b := w.blocked()
		page.Blocked = append(page.Blocked, b)
		page.Next = max(page.Next, b.number())
	}
	return page, nil
}

func (q *BlockedQuery) check(rules bool) error {
	switch {
	case q == nil:
		return fieldError("BlockedQuery", "nil")
	case !rules:
		return nil
	case q.MsgID == "":
		return fieldError("MsgID", "empty")
	case q.After < 0:
		return fieldError("After", fmt.Sprintf("%d is negative", q.After))
	case q.PageSize < 0 || q.PageSize > mostBlocked:
		return fieldError("PageSize", fmt.Sprintf("%d, allowed are 1 to %d", q.PageSize, mostBlocked))
	}
	return nil
}

// wireBlocked has ids that are numbers in WeChat's sample and strings in its table.
type wireBlocked struct {
	ID     lenient.String `json:"id"`
	MsgID  lenient.String `json:"tmpl_msg_id"`
	Title  lenient.String `json:"title"`
	Text   lenient.String `json:"content"`
	SentAt lenient.Int64  `json:"send_timestamp"`
	OpenID lenient.String `json:"openid"`
}

func (w *wireBlocked) blocked() *Blocked {
	return &Blocked{
		ID: string(w.ID), MsgID: string(w.MsgID), Title: string(w.Title), Text: string(w.Text),
		SentAt: w.SentAt.Time(), OpenID: string(w.OpenID),
	}
}

// Blocked walks the messages that were held back from q.After on, page by page as [Client.BlockedPage]
// returns them. It ends with a page that brings no higher ID, after an error, or when the loop is left; q is
// copied.
func (c *Client) Blocked(ctx context.Context, q *BlockedQuery) iter.Seq2[*Blocked, error] {
	var from BlockedQuery
	if q != nil {
		from = *q
	}
	return func(yield func(*Blocked, error) bool) {
		next := from
		for {
			page, err := c.BlockedPage(ctx, &next)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, b := range page.Blocked {
				if id := b.number(); id > 0 && id <= next.After {
					continue // the page before had it
				}
				if !yield(b, nil) {
					return
				}
			}
			if page.Next == next.After {
				return
			}
			next.After = page.Next
		}
	}
}

// number is the ID as a cursor, 0 if it is none.
func (b *Blocked) number() int64 {
	n, err := strconv.ParseInt(b.ID, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
