package oauth

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Tag is a label (标签) that a service account puts on its followers. The ids 0, 1 and 2 are WeChat's own; 2
// marks the starred ones (星标组).
type Tag struct {
	ID    int
	Name  string
	Count int // followers with the tag; told by [Client.Tags] only
}

const tagNameLimit = 30 // bytes

// CreateTag adds a tag to a service account (创建标签). The name has up to 30 bytes, which are ten Chinese
// characters; an account has up to a hundred tags.
//
// [errcode.InvalidTagName] also means that the name is taken; [errcode.TooManyTags] that there are a hundred.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag
//
//wechat:endpoint POST /cgi-bin/tags/create
//wechat:account service-account
func (c *Client) CreateTag(ctx context.Context, name string) (*Tag, error) {
	if err := c.checkTagName(name); err != nil {
		return nil, err
	}
	var out struct {
		Tag wireTag `json:"tag"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.CreateTag", Method: http.MethodPost, Path: "/cgi-bin/tags/create",
		In: tagRequest{namedTag{Name: name}}, Out: rest.Needs(&out, "tag"),
	})
	if err != nil {
		return nil, err
	}
	return out.Tag.tag(), nil
}

// Tags lists the tags of a service account (获取公众号已创建的标签), WeChat's own among them.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettags.html
//
//wechat:endpoint GET /cgi-bin/tags/get
//wechat:account service-account
func (c *Client) Tags(ctx context.Context) ([]*Tag, error) {
	var out struct {
		Tags lenient.List[wireTag] `json:"tags"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.Tags", Method: http.MethodGet, Path: "/cgi-bin/tags/get",
		Out: rest.NeedsAny(&out, "errcode", "tags"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	tags := make([]*Tag, 0, len(out.Tags))
	for i := range out.Tags {
		tags = append(tags, out.Tags[i].tag())
	}
	return tags, nil
}

// RenameTag gives a tag of a service account another name (编辑标签), by the rules of [Client.CreateTag].
// [errcode.ReservedTag] means that the tag is WeChat's own.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_updatetag.html
//
//wechat:endpoint POST /cgi-bin/tags/update
//wechat:account service-account
func (c *Client) RenameTag(ctx context.Context, id int, name string) error {
	if err := c.checkTagName(name); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "oauth.RenameTag", Method: http.MethodPost, Path: "/cgi-bin/tags/update",
		In: tagRequest{namedTag{ID: &id, Name: name}}, Effect: wechat.Idempotent,
	})
}

// DeleteTag removes a tag from a service account and from its followers (删除标签). [errcode.TagTooLarge]
// means that more than 100,000 followers have it: untag some first. [errcode.InvalidTagID] means that there
// is no such tag, perhaps because an earlier request got through although its answer was lost.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_deletetag.html
//
//wechat:endpoint POST /cgi-bin/tags/delete
//wechat:account service-account
func (c *Client) DeleteTag(ctx context.Context, id int) error {
	return c.core.Call(ctx, wechat.Call{
		Op: "oauth.DeleteTag", Method: http.MethodPost, Path: "/cgi-bin/tags/delete",
		In: tagRequest{namedTag{ID: &id}}, Effect: wechat.Idempotent,
	})
}

func (c *Client) checkTagName(name string) error {
	if err := needTexts(c.core, "name", name); err != nil {
		return err
	}
	if c.core.Checks() && len(name) > tagNameLimit {
		return fieldError("name", fmt.Sprintf("%d bytes, limit %d", len(name), tagNameLimit))
	}
	return nil
}

type tagRequest struct {
	Tag namedTag `json:"tag" field:"-"`
}

type namedTag struct {
	ID   *int   `json:"id,omitempty"` // a pointer, for 0 is an id
	Name string `json:"name,omitempty" field:"name"`
}

type wireTag struct {
	ID    lenient.Int64  `json:"id"`
	Name  lenient.String `json:"name"`
	Count lenient.Int64  `json:"count"`
}

func (w *wireTag) tag() *Tag {
	return &Tag{ID: int(w.ID), Name: string(w.Name), Count: int(w.Count)}
}
