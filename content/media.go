package content

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// MediaType is what a file holds.
type MediaType int

// The types.
const (
	Audio MediaType = 1 // MP3, AAC, AC3, WMA, FLAC, Vorbis, Opus or WAV
	Image MediaType = 2 // JPEG, PNG, BMP, or GIF, of which the first frame is looked at
)

// MediaDeadline is how long WeChat takes at most until it sends the verdict of a file.
const MediaDeadline = 30 * time.Minute

// Media is a file of a user's. All fields are needed.
type Media struct {
	OpenID string // of the user in this Mini Program
	Scene  Scene
	Type   MediaType
	// URL is where WeChat fetches the file, of up to 10 MB, without logging in: an address of http or https that is
	// reachable from the internet. A signed one must live for [MediaDeadline] and longer. Paths that a Mini Program has
	// on the phone (wxfile://…, http://tmp/…) are none.
	URL string
}

func (m *Media) check() error {
	if err := checkOrigin(m.OpenID, m.Scene); err != nil {
		return err
	}
	if m.Type != Audio && m.Type != Image {
		return fieldErrorf("Type", "%d, must be 1 (audio) or 2 (image)", m.Type)
	}
	u, err := url.Parse(m.URL)
	switch {
	case m.URL == "":
		return fieldErrorf("URL", "empty")
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fieldErrorf("URL", "not an address of http or https")
	case u.Hostname() == "tmp":
		return fieldErrorf("URL", "a path on the user's phone")
	}
	return nil
}

// CheckMedia hands in a picture or sound of a Mini Program's user to be judged (音视频内容安全识别), one file a call, and
// returns the trace id of the check. The verdict comes within [MediaDeadline] as the event wxa_media_check, which is
// callback.MediaChecked and has the same TraceID; now and then it comes before this call has returned. It needs the message
// push of the Mini Program. Third-party platforms need permission set 18.
//
// Hand a file in again only when its time is over: WeChat refuses an address that comes too often (87020), and calls in a
// quick loop are said to pass anything. Where an answer was lost on its way the call is made a second time, so that a
// second event with a trace id that nobody knows may come.
//
// Errors: [ErrUserAway]; [errcode.InvalidMediaType]; [errcode.InvalidOpenID]; [errcode.AccountNotPermitted], the OpenID is
// of another account; [errcode.MinuteLimitReached] beyond 2,000 checks a minute, [errcode.DayQuotaReached] beyond 200,000
// a day.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_mediacheckasync.html
//
//wechat:endpoint POST /wxa/media_check_async
//wechat:account mini-program
func (c *Client) CheckMedia(ctx context.Context, m *Media) (traceID string, err error) {
	if m == nil {
		return "", fieldErrorf("Media", "nil")
	}
	if c.core.Checks() {
		if err := m.check(); err != nil {
			return "", err
		}
	}
	in := struct {
		Version int       `json:"version"`
		Scene   Scene     `json:"scene"`
		OpenID  string    `json:"openid"`
		Type    MediaType `json:"media_type"`
		URL     string    `json:"media_url"`
	}{apiVersion, m.Scene, m.OpenID, m.Type, m.URL}
	var answer struct {
		TraceID lenient.String `json:"trace_id"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "content.CheckMedia", Method: http.MethodPost, Path: "/wxa/media_check_async",
		In: in, Out: rest.Needs(&answer, "trace_id"), Effect: wechat.Idempotent,
	})
	return string(answer.TraceID), explain(err)
}
