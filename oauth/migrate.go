package oauth

import (
	"context"
	"net/http"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// usersPerConversion is how many OpenIDs one call converts.
const usersPerConversion = 100

// Converted is one user after the migration of a service account.
type Converted struct {
	OldOpenID string // in the old account
	NewOpenID string // in the new account; empty if WeChat did not convert
	Problem   string // why not, such as "ori_openid error"; empty if it did
}

// ConvertOpenIDs returns the OpenIDs that users of a migrated service account (帐号迁移) have in the new account,
// which the client must be of. It makes one call for each hundred, one after the other; on an error what the
// calls before it brought is returned with it. A user who cannot be converted is told by
// [Converted.Problem], not by the error.
//
// It works once the migration was approved, for about fifteen days. from is the old account: its original id
// (gh_…) as the documentation says, or its AppID, which works for others where the original id does not.
// [errcode.MigrationNotConfirmed] means that from is wrong or the migration not confirmed.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/changeopenid/api_changeopenid.html
//
//wechat:endpoint POST /cgi-bin/changeopenid
//wechat:account service-account
func (c *Client) ConvertOpenIDs(ctx context.Context, from string, openIDs []string) ([]Converted, error) {
	if err := needTexts(c.core, "from", from); err != nil {
		return nil, err
	}
	if err := checkList(c.core, openIDs); err != nil {
		return nil, err
	}
	all := make([]Converted, 0, len(openIDs))
	for chunk := range slices.Chunk(openIDs, usersPerConversion) {
		some, err := c.convert(ctx, from, chunk)
		if err != nil {
			return all, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (c *Client) convert(ctx context.Context, from string, openIDs []string) ([]Converted, error) {
	var out struct {
		List lenient.List[wireConverted] `json:"result_list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.ConvertOpenIDs", Method: http.MethodPost, Path: "/cgi-bin/changeopenid",
		In: struct {
			From    string   `json:"from_appid" field:"from"`
			OpenIDs []string `json:"openid_list"`
		}{from, openIDs},
		Out: rest.Needs(&out, "result_list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	converted := make([]Converted, 0, len(out.List))
	for _, w := range out.List {
		converted = append(converted, w.converted())
	}
	return converted, nil
}

type wireConverted struct {
	Old     lenient.String `json:"ori_openid"`
	New     lenient.String `json:"new_openid"`
	Message lenient.String `json:"err_msg"`
}

func (w *wireConverted) converted() Converted {
	out := Converted{OldOpenID: string(w.Old), NewOpenID: string(w.New)}
	if w.Message != "ok" {
		out.Problem = string(w.Message)
	}
	return out
}
