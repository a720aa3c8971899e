package customerservice

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

const (
	longestSpan    = 24 * time.Hour
	mostRecords    = 10000
	defaultRecords = 1000
)

// RecordQuery asks for chat records. Start and End are needed.
type RecordQuery struct {
	Start, End time.Time // at most 24 hours apart; WeChat counts whole seconds
	// After is where to go on, the Next of the page before; 0 starts at the beginning.
	After    int64
	PageSize int // records on a page, 1 to 10,000; 0 means 1,000
}

// RecordPage is a page of chat records.
type RecordPage struct {
	Records []*Record
	Next    int64 // RecordQuery.After of the next page
	More    bool  // the page is full, so that there may be another one
}

// Record is one message between an agent and a user.
type Record struct {
	OpenID string // of the user
	Agent  string // kf_account
	Kind   RecordKind
	Text   string // "[image]", "[voice]" or "[video]" for these
	Time   time.Time
}

// RecordKind says who wrote (opercode). WeChat may know others than the two here.
type RecordKind int

// Who wrote.
const (
	AgentSent     RecordKind = 2002
	AgentReceived RecordKind = 2003
)

type recordRequest struct {
	Start int64 `json:"starttime"`
	End   int64 `json:"endtime"`
	MsgID int64 `json:"msgid"`
	Count int   `json:"number"`
}

type wireRecord struct {
	OpenID lenient.String `json:"openid"`
	Agent  lenient.String `json:"worker"`
	Kind   lenient.Int64  `json:"opercode"`
	Text   lenient.String `json:"text"`
	Time   lenient.Int64  `json:"time"`
}

// RecordsPage gets a page of what agents and users wrote (获取聊天记录), for official accounts. Messages that
// [Client.Send] sent are not promised to be among it. [Client.Records] walks through all pages.
//
// Errors: [errcode.InvalidRecordQuery], [errcode.RecordSpanTooLong], [errcode.AgentsNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/customer/message/api_getmsglist
//
//wechat:endpoint POST /customservice/msgrecord/getmsglist
//wechat:account official-account
func (c *Client) RecordsPage(ctx context.Context, q *RecordQuery) (*RecordPage, error) {
	if q == nil {
		return nil, fieldError("RecordQuery", "nil")
	}
	if c.core.Checks() {
		if err := q.check(); err != nil {
			return nil, err
		}
	}
	in := q.request()
	var answer struct {
		List   lenient.List[wireRecord] `json:"recordlist"`
		Number lenient.Int64            `json:"number"`
		MsgID  lenient.Int64            `json:"msgid"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Records", Method: http.MethodPost, Path: "/customservice/msgrecord/getmsglist",
		In: in, Out: rest.NeedsAny(&answer, "recordlist", "number"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	full := max(len(answer.List), int(answer.Number)) >= in.Count && len(answer.List) > 0
	return &RecordPage{Records: records(answer.List), Next: int64(answer.MsgID), More: full}, nil
}

func records(list lenient.List[wireRecord]) []*Record {
	out := make([]*Record, len(list))
	for i, r := range list {
		out[i] = &Record{
			OpenID: string(r.OpenID), Agent: string(r.Agent), Kind: RecordKind(r.Kind), Text: string(r.Text),
			Time: r.Time.Time(),
		}
	}
	return out
}

// Records gets all records of the query's time, page by page of q.PageSize; q is copied. The iteration ends after an
// error.
func (c *Client) Records(ctx context.Context, q *RecordQuery) iter.Seq2[*Record, error] {
	var first RecordQuery
	if q != nil {
		first = *q
	}
	return func(yield func(*Record, error) bool) {
		for at := first; ; {
			page, err := c.RecordsPage(ctx, &at)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, record := range page.Records {
				if !yield(record, nil) {
					return
				}
			}
			switch {
			case !page.More || page.Next == 0:
				return
			case page.Next <= at.After:
				yield(nil, errStuck("customerservice.Records"))
				return
			}
			at.After = page.Next
		}
	}
}

func (q *RecordQuery) request() recordRequest {
	in := recordRequest{Start: q.Start.Unix(), End: q.End.Unix(), MsgID: q.After, Count: q.PageSize}
	if in.MsgID == 0 {
		in.MsgID = 1
	}
	if in.Count == 0 {
		in.Count = defaultRecords
	}
	return in
}

func (q *RecordQuery) check() error {
	switch span := time.Duration(q.End.Unix()-q.Start.Unix()) * time.Second; {
	case q.Start.IsZero():
		return fieldError("Start", "zero")
	case q.End.IsZero():
		return fieldError("End", "zero")
	case span < 0:
		return fieldError("End", "before Start")
	case span > longestSpan:
		return fieldError("End", fmt.Sprintf("%v after Start, limit %v", span, longestSpan))
	case q.After < 0:
		return fieldError("After", fmt.Sprintf("%d is negative", q.After))
	case q.PageSize < 0 || q.PageSize > mostRecords:
		return fieldError("PageSize", fmt.Sprintf("%d, allowed are 1 to %d", q.PageSize, mostRecords))
	}
	return nil
}
