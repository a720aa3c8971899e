package links

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// QRCode is a QR code with a scene. One of Scene and SceneID is needed, and one of Lifetime and Permanent.
type QRCode struct {
	Scene   string // 1 to 64 characters; see [OneTimeScene] for one that names a user
	SceneID int64  // a number in place of Scene: 1 to 4294967295, or to 100000 for a permanent code
	// Lifetime of a temporary code: whole seconds, up to 30 days.
	Lifetime time.Duration
	// Permanent makes a code that does not end. An account can make 100,000 of them, ever: use them for
	// channels, and temporary ones for people.
	Permanent bool
}

// Ticket is a QR code that WeChat has made.
type Ticket struct {
	Ticket   string        // for [ImageURL] and [Client.QRCodeImage]
	URL      string        // the text within the code, for pictures drawn by oneself
	Lifetime time.Duration // from the answer on; zero for a permanent code
}

type wireQRCode struct {
	ExpireSeconds int64  `json:"expire_seconds,omitempty"`
	ActionName    string `json:"action_name"`
	ActionInfo    struct {
		Scene struct {
			ID  int64  `json:"scene_id,omitempty"`
			Str string `json:"scene_str,omitempty" field:"Scene"`
		} `json:"scene" field:"-"`
	} `json:"action_info" field:"-"`
}

// CreateQRCode makes a QR code with a scene (带参数二维码) for a verified service account. A user who scans it
// and follows, or follows already, gives an event with the scene, see [SceneOf]; one who does not follow in
// the end gives none.
//
// 100,000 codes a day. Errors: [errcode.APIUnauthorized] for accounts without this right,
// [errcode.InvalidActionInfo] for a scene that WeChat does not take. A permanent code is not repeated when
// the outcome is unknown.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode
//
//wechat:endpoint POST /cgi-bin/qrcode/create
//wechat:account service-account
func (c *Client) CreateQRCode(ctx context.Context, code *QRCode) (*Ticket, error) {
	if err := code.check(c.core.Checks()); err != nil {
		return nil, err
	}
	call := wechat.Call{
		Op: "links.CreateQRCode", Method: http.MethodPost, Path: "/cgi-bin/qrcode/create",
		In: code.wire(), Effect: wechat.Idempotent,
	}
	if code.Permanent {
		call.Effect = wechat.NonIdempotent
	}
	var answer struct {
		Ticket  lenient.String `json:"ticket"`
		URL     lenient.String `json:"url"`
		Seconds lenient.Int64  `json:"expire_seconds"`
	}
	call.Out = rest.Needs(&answer, "ticket")
	if err := c.core.Call(ctx, call); err != nil {
		return nil, err
	}
	return &Ticket{
		Ticket: string(answer.Ticket), URL: string(answer.URL),
		Lifetime: time.Duration(answer.Seconds) * time.Second,
	}, nil
}

// wire picks the action by the two choices. A temporary code always tells its lifetime: without it, it ends
// after half a minute.
func (q *QRCode) wire() *wireQRCode {
	w := &wireQRCode{ActionName: "QR_"}
	if q.Permanent {
		w.ActionName += "LIMIT_"
	} else {
		w.ExpireSeconds = int64(q.Lifetime / time.Second)
	}
	if q.Scene != "" {
		w.ActionName += "STR_"
	}
	w.ActionName += "SCENE"
	w.ActionInfo.Scene.ID, w.ActionInfo.Scene.Str = q.SceneID, q.Scene
	return w
}

func (q *QRCode) check(rules bool) error {
	switch {
	case q == nil:
		return fieldErrorf("QRCode", "nil")
	case !rules:
		return nil
	case q.Scene == "" && q.SceneID == 0:
		return fieldErrorf("Scene", "empty, and SceneID is 0")
	case q.Scene != "" && q.SceneID != 0:
		return fieldErrorf("SceneID", "set, and so is Scene")
	case utf8.RuneCountInString(q.Scene) > longestScene:
		return fieldErrorf("Scene", "%d characters, limit %d", utf8.RuneCountInString(q.Scene), longestScene)
	case q.Permanent && q.Lifetime != 0:
		return fieldErrorf("Lifetime", "set, and the code is permanent")
	}
	if err := q.checkID(); err != nil || q.Permanent {
		return err
	}
	if q.Lifetime < time.Second || q.Lifetime > longestExpiry {
		return fieldErrorf("Lifetime", "%v, must be one second to 30 days", q.Lifetime)
	}
	return nil
}

// checkID keeps numbers out that WeChat takes without an error and that come back as another scene.
func (q *QRCode) checkID() error {
	limit := int64(math.MaxUint32)
	if q.Permanent {
		limit = 100_000
	}
	if q.SceneID < 0 || q.SceneID > limit {
		return fieldErrorf("SceneID", "%d, must be 1 to %d", q.SceneID, limit)
	}
	return nil
}

const (
	imageHost = "mp.weixin.qq.com"
	imagePath = "/cgi-bin/showqrcode"
)

// ImageURL returns the address of the picture of a service account's QR code, a JPEG. It carries no secret
// and may be given to a browser. It ends with the code, with status 404.
func ImageURL(ticket string) string {
	return "https://" + imageHost + imagePath + "?ticket=" + url.QueryEscape(ticket)
}

// QRCodeImage downloads the picture of a service account's QR code. It needs no access token. A ticket that
// is wrong or has ended gives a *[wechat.ResponseError] with status 404.
//
// The picture comes from another host than the API, mp.weixin.qq.com. Where [wechat.WithBaseURL] names a
// proxy, it is asked there, with the same path.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode
//
//wechat:endpoint GET /cgi-bin/showqrcode
//wechat:account service-account
func (c *Client) QRCodeImage(ctx context.Context, ticket string) (*Image, error) {
	if ticket == "" && c.core.Checks() {
		return nil, fieldErrorf("ticket", "empty")
	}
	return c.image(ctx, wechat.Call{
		Op: "links.QRCodeImage", Method: http.MethodGet, Host: imageHost, Path: imagePath,
		Query: url.Values{"ticket": {ticket}}, Auth: wechat.AuthNone, Effect: wechat.ReadOnly,
	})
}
