package media

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// mostMaterials is how many files one page lists.
const mostMaterials = 20

// MaterialCounts says how much permanent material an account has, what was made in the console included.
type MaterialCounts struct{ Images, Voices, Videos, News int }

// MaterialCounts counts the account's permanent material (获取永久素材总数), for official accounts.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterialcount
//
//wechat:endpoint GET /cgi-bin/material/get_materialcount
//wechat:account official-account
func (c *Client) MaterialCounts(ctx context.Context) (*MaterialCounts, error) {
	var answer struct {
		Voices lenient.Int64 `json:"voice_count"`
		Videos lenient.Int64 `json:"video_count"`
		Images lenient.Int64 `json:"image_count"`
		News   lenient.Int64 `json:"news_count"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "media.MaterialCounts", Method: http.MethodGet, Path: "/cgi-bin/material/get_materialcount",
		Out: rest.NeedsAny(&answer, "errcode", "image_count"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &MaterialCounts{
		Images: int(answer.Images), Voices: int(answer.Voices), Videos: int(answer.Videos), News: int(answer.News),
	}, nil
}

// MaterialQuery chooses material of one type: [Image], [Voice], [Video] or [News].
type MaterialQuery struct {
	Type     Type
	Offset   int // how many files to pass over
	PageSize int // files on a page, 1 to 20; 0 means 20
}

// MaterialPage is a page of permanent material.
type MaterialPage struct {
	Total int // of the type in the account
	Items []*MaterialItem
}

// MaterialItem is a permanent file in a list.
type MaterialItem struct {
	MediaID   string
	Name      string // "" for News
	URL       string // "" for News
	UpdatedAt time.Time
	Articles  []Article // of News
}

type wireItem struct {
	MediaID lenient.String `json:"media_id"`
	Name    lenient.String `json:"name"`
	URL     lenient.String `json:"url"`
	Updated lenient.Int64  `json:"update_time"`
	Content struct {
		News lenient.List[wireArticle] `json:"news_item"`
	} `json:"content"`
}

// MaterialsPage lists a page of the account's permanent material (获取永久素材列表), for official accounts. A page
// without items is past the end. [Client.Materials] walks through all pages.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_batchgetmaterial
//
//wechat:endpoint POST /cgi-bin/material/batchget_material
//wechat:account official-account
func (c *Client) MaterialsPage(ctx context.Context, q *MaterialQuery) (*MaterialPage, error) {
	if q == nil {
		return nil, fieldError("MaterialQuery", "nil")
	}
	if c.core.Checks() {
		if err := q.check(); err != nil {
			return nil, err
		}
	}
	in := struct {
		Type   Type `json:"type"`
		Offset int  `json:"offset"`
		Count  int  `json:"count"`
	}{q.Type, q.Offset, q.PageSize}
	if in.Count == 0 {
		in.Count = mostMaterials
	}
	var answer struct {
		Total lenient.Int64          `json:"total_count"`
		Items lenient.List[wireItem] `json:"item"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "media.Materials", Method: http.MethodPost, Path: "/cgi-bin/material/batchget_material",
		In: in, Out: rest.NeedsAny(&answer, "errcode", "item"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &MaterialPage{Total: int(answer.Total), Items: items(answer.Items)}, nil
}

func items(list lenient.List[wireItem]) []*MaterialItem {
	out := make([]*MaterialItem, len(list))
	for i, w := range list {
		out[i] = &MaterialItem{
			MediaID: string(w.MediaID), Name: string(w.Name), URL: string(w.URL),
			UpdatedAt: w.Updated.Time(), Articles: articles(w.Content.News),
		}
	}
	return out
}

// Materials lists the account's permanent material from q.Offset to the end, page by page of q.PageSize; q
// is copied. The iteration ends after an error. Files that come or go meanwhile may be missed or come twice.
func (c *Client) Materials(ctx context.Context, q *MaterialQuery) iter.Seq2[*MaterialItem, error] {
	var page MaterialQuery
	if q != nil {
		page = *q
	}
	return func(yield func(*MaterialItem, error) bool) {
		seen := "" // the first one of the page before
		for at := page; ; {
			got, err := c.MaterialsPage(ctx, &at)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(got.Items) == 0 {
				return
			}
			if got.Items[0].MediaID == seen {
				yield(nil, errSamePage)
				return
			}
			seen = got.Items[0].MediaID
			for _, item := range got.Items {
				if !yield(item, nil) {
					return
				}
			}
			at.Offset += len(got.Items)
			if got.Total > 0 && at.Offset >= got.Total {
				return
			}
		}
	}
}

// errSamePage ends a walk that would not.
var errSamePage = errors.New("media.Materials: WeChat gave the same page again")

func (q *MaterialQuery) check() error {
	switch {
	case q.Type == "":
		return fieldError("Type", "empty")
	case q.Offset < 0:
		return fieldError("Offset", fmt.Sprintf("%d is negative", q.Offset))
	case q.PageSize < 0 || q.PageSize > mostMaterials:
		return fieldError("PageSize", fmt.Sprintf("%d, allowed are 1 to %d", q.PageSize, mostMaterials))
	}
	return nil
}

func typeQuery(t Type) url.Values { return url.Values{"type": {string(t)}} }
