package links

import (
	"context"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
)

// Style is the look of a Mini Program code.
type Style struct {
	Width       int    // in pixels, 280 to 1280; 0 means 430
	AutoColor   bool   // WeChat chooses the colour of the lines; LineColor does not count then
	LineColor   *Color // nil means black
	Transparent bool   // no background
}

// Color is a colour in RGB.
type Color struct{ R, G, B uint8 }

// wireStyle holds a colour as strings, as WeChat's samples have it.
type wireStyle struct {
	Width       int        `json:"width,omitempty"`
	AutoColor   bool       `json:"auto_color,omitempty"`
	LineColor   *wireColor `json:"line_color,omitempty"`
	Transparent bool       `json:"is_hyaline,omitempty"`
}

type wireColor struct {
	R string `json:"r"`
	G string `json:"g"`
	B string `json:"b"`
}

func (s Style) wire() wireStyle {
	w := wireStyle{Width: s.Width, AutoColor: s.AutoColor, Transparent: s.Transparent}
	if c := s.LineColor; c != nil && !s.AutoColor {
		w.LineColor = &wireColor{strconv.Itoa(int(c.R)), strconv.Itoa(int(c.G)), strconv.Itoa(int(c.B))}
	}
	return w
}

const (
	narrowest = 280
	widest    = 1280
)

func checkWidth(field string, width int) error {
	if width != 0 && (width < narrowest || width > widest) {
		return fieldErrorf(field, "%d pixels, must be %d to %d", width, narrowest, widest)
	}
	return nil
}

// UnlimitedCode is a Mini Program code with a scene. Scene is needed.
type UnlimitedCode struct {
	// Scene is 1 to 32 of digits, letters and !#$&'()*+,/:;=?@-._~; letters, digits and ._- are the safe ones.
	// The page gets it as the option scene, percent-encoded.
	Scene string
	Page  string // without a query and without a leading slash; "" is the home page
	// AllowUnpublished takes a page that the published version does not have (yet), 60,000 pages at most.
	AllowUnpublished bool
	Version          wechat.MiniProgramVersion // "" means the published one
	Style            Style
}

// UnlimitedCode makes a Mini Program code (小程序码), a round picture that opens a page of the Mini Program with
// a scene. It does not end, and there is no limit but 5000 a minute.
//
// Errors: [errcode.InvalidSceneSize], [errcode.InvalidScene], [errcode.InvalidPage] for a page that the
// published version does not have, [errcode.InvalidWidth], [errcode.ReservedWord].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/qr-code/api_getunlimitedqrcode
//
//wechat:endpoint POST /wxa/getwxacodeunlimit
//wechat:account mini-program
func (c *Client) UnlimitedCode(ctx context.Context, code *UnlimitedCode) (*Image, error) {
	if err := code.check(c.core.Checks()); err != nil {
		return nil, err
	}
	in := struct {
		Scene     string                    `json:"scene"`
		Page      string                    `json:"page,omitempty"`
		CheckPath *bool                     `json:"check_path,omitempty"`
		Version   wechat.MiniProgramVersion `json:"env_version,omitempty"`
		wireStyle
	}{Scene: code.Scene, Page: code.Page, Version: code.Version, wireStyle: code.Style.wire()}
	if code.AllowUnpublished {
		in.CheckPath = new(bool)
	}
	return c.image(ctx, wechat.Call{
		Op: "links.UnlimitedCode", Method: http.MethodPost, Path: "/wxa/getwxacodeunlimit", In: in,
		Effect: wechat.ReadOnly,
	})
}

func (u *UnlimitedCode) check(rules bool) error {
	switch {
	case u == nil:
		return fieldErrorf("UnlimitedCode", "nil")
	case !rules:
		return nil
	case u.Scene == "":
		return fieldErrorf("Scene", "empty")
	}
	if err := checkText("Scene", u.Scene, longestCodeScene, inScene); err != nil {
		return err
	}
	if err := checkPage(u.Page); err != nil {
		return err
	}
	if err := checkRelative(u.Page); err != nil {
		return err
	}
	return checkWidth("Style.Width", u.Style.Width)
}

// Code is a Mini Program code for a page with any query. Page is needed.
type Code struct {
	Page    string // page with its query, up to 1024 characters
	Version wechat.MiniProgramVersion
	Style   Style
}

// Code makes a Mini Program code (小程序码) for a page of the Mini Program with a query. It does not end, but a
// Mini Program can make only 100,000 of them ever, [Client.SquareCode] included, and 10,000 a day: take
// [Client.UnlimitedCode] where a scene will do. A code made again with the same request counts once.
//
// Errors: [errcode.CodesUsedUp], [errcode.InvalidPathSize], [errcode.InvalidPage], [errcode.InvalidWidth],
// [errcode.ReservedWord].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/qr-code/api_getqrcode
//
//wechat:endpoint POST /wxa/getwxacode
//wechat:account mini-program
func (c *Client) Code(ctx context.Context, code *Code) (*Image, error) {
	if err := code.check(c.core.Checks()); err != nil {
		return nil, err
	}
	in := struct {
		Page    string                    `json:"path"`
		Version wechat.MiniProgramVersion `json:"env_version,omitempty"`
		wireStyle
	}{code.Page, code.Version, code.Style.wire()}
	return c.image(ctx, wechat.Call{
		Op: "links.Code", Method: http.MethodPost, Path: "/wxa/getwxacode", In: in, Effect: wechat.Idempotent,
	})
}

func (c *Code) check(rules bool) error {
	switch {
	case c == nil:
		return fieldErrorf("Code", "nil")
	case !rules:
		return nil
	}
	if err := checkLength("Page", c.Page, longestPath); err != nil {
		return err
	}
	return checkWidth("Style.Width", c.Style.Width)
}

func checkLength(field, text string, limit int) error {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return fieldErrorf(field, "empty")
	case n > limit:
		return fieldErrorf(field, "%d characters, limit %d", n, limit)
	}
	return nil
}

// SquareCode makes a square QR code (小程序二维码) for a page of the published Mini Program: page with its query,
// up to 128 characters. width is in pixels as in [Style]. It counts among the 100,000 of [Client.Code].
//
// Errors: [errcode.CodesUsedUp], [errcode.InvalidPathSize], [errcode.InvalidPage], [errcode.InvalidWidth],
// [errcode.ReservedWord].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/qr-code/api_createqrcode
//
//wechat:endpoint POST /cgi-bin/wxaapp/createwxaqrcode
//wechat:account mini-program
func (c *Client) SquareCode(ctx context.Context, page string, width int) (*Image, error) {
	if c.core.Checks() {
		if err := checkLength("page", page, longestSquarePath); err != nil {
			return nil, err
		}
		if err := checkWidth("width", width); err != nil {
			return nil, err
		}
	}
	in := struct {
		Page  string `json:"path" field:"page"`
		Width int    `json:"width,omitempty"`
	}{page, width}
	return c.image(ctx, wechat.Call{
		Op: "links.SquareCode", Method: http.MethodPost, Path: "/cgi-bin/wxaapp/createwxaqrcode", In: in,
		Effect: wechat.Idempotent,
	})
}
