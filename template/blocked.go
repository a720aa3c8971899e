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
)

// Blocked is a message that WeChat accepted and then held back (被拦截的模板消息), as a rule for its content.
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
	// a template, and its sample looks like a template's: try that first.
	MsgID string
	After int64 // passes over records up to this ID; 0 for none
	Limit int   // records per page, up to 100; 0 means 100
}

const mostBlocked = 100

// ListBlocked returns one page of the messages that were held back (查询被拦截的模板消息), in the order of
// their IDs. [Client.Blocked] walks all pages.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_queryblocktmplmsg.html
//
//wechat:endpoint POST /wxa/sec/queryblocktmplmsg
//wechat:account service-account
func (c *Client) ListBlocked(ctx context.Context, q *BlockedQuery) ([]*Blocked, error) {
	if c.core.Checks() {
		if err := q.check(); err != nil {
			return nil, err
		}
	}
	in := struct {
		MsgID string `json:"tmpl_msg_id"`
		After int64  `json:"largest_id"`
		Limit int    `json:"limit"`
	}{q.MsgID, q.After, q.Limit}
	if in.Limit == 0 {
		in.Limit = mostBlocked
	}
	var out struct {
		List lenient.List[*wireBlocked] `json:"msginfo"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "template.ListBlocked", Method: http.MethodPost, Path: "/wxa/sec/queryblocktmplmsg",
		In: in, Out: &out, Effect: wechat.EffectNone,
	})
	if err != nil {
		return nil, err
	}
	list := make([]*Blocked, 0, len(out.List))
	for _, w := range out.List {
		if w != nil {
			list = append(list, w.blocked())
		}
	}
	return list, nil
}

func (q *BlockedQuery) check() error {
	switch {
	case q == nil:
		return fieldError("BlockedQuery", "nil")
	case q.MsgID == "":
		return fieldError("MsgID", "empty")
	case q.After < 0:
		return fieldError("After", "negative")
	case q.Limit < 0 || q.Limit > mostBlocked:
		return fieldError("Limit", fmt.Sprintf("%d, allowed are 1 to %d", q.Limit, mostBlocked))
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

// Blocked walks the messages that were held back from q.After on, page by page as [Client.ListBlocked]
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
			page, err := c.ListBlocked(ctx, &next)
			if err != nil {
				yield(nil, err)
				return
			}
			highest := next.After
			for _, b := range page {
				id := b.number()
				if id > 0 && id <= next.After {
					continue // the page before had it
				}
				highest = max(highest, id)
				if !yield(b, nil) {
					return
				}
			}
			if highest == next.After {
				return
			}
			next.After = highest
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
