package links

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// longestData bounds what a short key stands for, in bytes.
const longestData = 4 << 10

// ShortKey is what a short key stands for.
type ShortKey struct {
	Data      string
	CreatedAt time.Time
	Lifetime  time.Duration // what is left of it
}

// GenerateShortKey stores data for a service account and returns a key of 15 letters and digits for it
// (短key托管), for a lifetime of whole seconds up to 30 days. data is up to 4 KiB. The key is no link: it is
// given back to [Client.FetchShortKey]. It fits into the scene of a Mini Program code.
//
// Errors: [errcode.ShortKeyDataTooLong], [errcode.ShortKeyExpiryTooLong].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_genshortkey
//
//wechat:endpoint POST /cgi-bin/shorten/gen
//wechat:account service-account
func (c *Client) GenerateShortKey(ctx context.Context, data string, lifetime time.Duration) (key string, err error) {
	switch {
	case !c.core.Checks():
	case data == "":
		return "", fieldErrorf("data", "empty")
	case len(data) > longestData:
		return "", fieldErrorf("data", "%d bytes, limit %d", len(data), longestData)
	case lifetime < time.Second || lifetime > longestExpiry:
		return "", fieldErrorf("lifetime", "%v, must be one second to 30 days", lifetime)
	}
	in := struct {
		Data    string `json:"long_data" field:"data"`
		Seconds int64  `json:"expire_seconds"`
	}{data, int64(lifetime / time.Second)}
	var answer struct {
		Key lenient.String `json:"short_key"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "links.GenerateShortKey", Method: http.MethodPost, Path: "/cgi-bin/shorten/gen",
		In: in, Out: rest.Needs(&answer, "short_key"), Effect: wechat.Idempotent,
	})
	return string(answer.Key), err
}

// FetchShortKey returns what a service account stored under a short key.
//
// Errors: [errcode.ShortKeyNotFound] for a key that is unknown, has ended or is another account's.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_fetchshorten
//
//wechat:endpoint POST /cgi-bin/shorten/fetch
//wechat:account service-account
func (c *Client) FetchShortKey(ctx context.Context, key string) (*ShortKey, error) {
	if key == "" && c.core.Checks() {
		return nil, fieldErrorf("key", "empty")
	}
	in := struct {
		Key string `json:"short_key" field:"key"`
	}{key}
	var answer struct {
		Data    lenient.String `json:"long_data"`
		Created lenient.Int64  `json:"create_time"`
		Seconds lenient.Int64  `json:"expire_seconds"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "links.FetchShortKey", Method: http.MethodPost, Path: "/cgi-bin/shorten/fetch",
		In: in, Out: rest.Needs(&answer, "long_data"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &ShortKey{
		Data: string(answer.Data), CreatedAt: answer.Created.Time(),
		Lifetime: time.Duration(answer.Seconds) * time.Second,
	}, nil
}
