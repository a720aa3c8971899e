package links

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Scheme is an encrypted URL Scheme. One of Lifetime and ExpiresAt is needed.
type Scheme struct {
	Page    string                    // page of the published version, without a query; "" is the home page
	Query   string                    // such as "id=77&from=sms"; up to 1024 characters, percent-encoded where need be
	Version wechat.MiniProgramVersion // "" means the published one

	// Lifetime is 1 to 30 whole days of 24 hours; ExpiresAt is a moment up to 30 days ahead. WeChat refuses
	// one less than a minute ahead, and its clock is not yours.
	Lifetime  time.Duration
	ExpiresAt time.Time
}

// wireTarget is the page that opens.
type wireTarget struct {
	Page    string                    `json:"path,omitempty"`
	Query   string                    `json:"query,omitempty"`
	Version wechat.MiniProgramVersion `json:"env_version,omitempty"`
}

// GenerateScheme makes an encrypted URL Scheme (加密URL Scheme), "weixin://dl/business/?t=…", for a Mini
// Program of a company or organisation. It opens the Mini Program from other apps: on iOS directly, on
// Android from a web page that redirects to it. In SMS and mail a URL Link does better, see
// [Client.GenerateURLLink]. Many users may open one scheme; [AppendQuery] tells them apart.
//
// 500,000 schemes and URL Links a day and 100 a second, 3,000,000 opens a day. Errors:
// [errcode.MiniProgramNotPublished], also for the other versions; [errcode.InvalidPagePath];
// [errcode.InvalidQuery]; [errcode.InvalidLinkExpiry]; [errcode.LinksNotPermitted] or, in older answers,
// [errcode.InvalidGrantType] for an account that may not make schemes; [errcode.LinksBanned] or
// [errcode.InvalidAppID] where the right was withdrawn; [errcode.DayLimitReached].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-scheme/api_generatescheme
//
//wechat:endpoint POST /wxa/generatescheme
//wechat:account mini-program
func (c *Client) GenerateScheme(ctx context.Context, s *Scheme) (string, error) {
	if err := s.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		Target wireTarget `json:"jump_wxa,omitzero" field:"-"`
		wireExpiry
	}{wireTarget{relative(s.Page), s.Query, s.Version}, newExpiry(s.ExpiresAt, s.Lifetime)}
	return c.openLink(ctx, wechat.Call{
		Op: "links.GenerateScheme", Path: "/wxa/generatescheme", In: in, Effect: wechat.Idempotent,
	})
}

func (s *Scheme) check(rules bool) error {
	switch {
	case s == nil:
		return fieldErrorf("Scheme", "nil")
	case !rules:
		return nil
	}
	if err := checkPage(s.Page); err != nil {
		return err
	}
	if err := checkText("Query", s.Query, longestQuery, inSchemeQuery); err != nil {
		return err
	}
	return checkExpiry(s.ExpiresAt, s.Lifetime)
}

// openLink makes a call that answers with a scheme.
func (c *Client) openLink(ctx context.Context, call wechat.Call) (string, error) {
	var answer struct {
		Link lenient.String `json:"openlink"`
	}
	call.Method, call.Out = http.MethodPost, rest.Needs(&answer, "openlink")
	err := c.core.Call(ctx, call)
	return string(answer.Link), err
}

// PlainScheme is a URL Scheme that is written rather than generated. Page is needed.
type PlainScheme struct {
	Page    string // page without a query and without a leading slash
	Query   string // up to 512 characters
	Version wechat.MiniProgramVersion
}

// PlainScheme returns a URL Scheme in the clear (明文URL Scheme) for a Mini Program. It makes no request, uses
// no quota and does not end. The pages must be declared in the console, under settings, privacy and security
// (隐私与安全); others do not open.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/en/dev/framework/open-ability/url-scheme
func (c *Client) PlainScheme(s *PlainScheme) (string, error) {
	if err := s.check(c.core.Checks()); err != nil {
		return "", err
	}
	link := "weixin://dl/business/?appid=" + c.core.AppID() + "&path=" + s.Page
	if s.Query != "" {
		link += "&query=" + url.QueryEscape(s.Query)
	}
	if s.Version != "" {
		link += "&env_version=" + string(s.Version)
	}
	return link, nil
}

func (s *PlainScheme) check(rules bool) error {
	switch {
	case s == nil:
		return fieldErrorf("PlainScheme", "nil")
	case !utf8.ValidString(string(s.Version)):
		return fieldErrorf("Version", rest.NotUTF8)
	case !rules:
		return cmp.Or(checkUTF8("Page", s.Page), checkUTF8("Query", s.Query))
	case s.Page == "":
		return fieldErrorf("Page", "empty")
	}
	if err := checkPage(s.Page); err != nil {
		return err
	}
	if err := checkRelative(s.Page); err != nil {
		return err
	}
	if err := checkText("Page", s.Page, longestPath, "/-._~%"); err != nil {
		return err
	}
	return checkText("Query", s.Query, longestPlainQuery, inSchemeQuery)
}

// NFCScheme is a URL Scheme for the tags of one model of device. ModelID is needed.
type NFCScheme struct {
	Page    string // page without a query
	Query   string // up to 1024 characters
	Version wechat.MiniProgramVersion
	ModelID string // of the device, from the console
	SN      string // serial number, for a scheme of one device
}

// GenerateNFCScheme makes a URL Scheme for NFC tags (NFC标签) of a Mini Program that was granted them. It is of
// no use in messages.
//
// A model, or a device, has one scheme, whatever the page: a second call gives [errcode.NFCSchemeExists]
// with the scheme in the error's Message. So the call is not repeated when its outcome is unknown. Errors:
// [errcode.APIUnauthorized] where NFC was not granted, [errcode.DeviceNotGranted] where it was not granted to the
// model, [errcode.InvalidDeviceModel], [errcode.DeviceSerialMissing] and [errcode.DeviceSerialGiven] for a serial
// number that the model wants or does not take, [errcode.MiniProgramNotPublished], [errcode.InvalidQuery],
// [errcode.InvalidEnvVersion].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-scheme/api_generatenfcscheme.html
//
//wechat:endpoint POST /wxa/generatenfcscheme
//wechat:account mini-program
func (c *Client) GenerateNFCScheme(ctx context.Context, s *NFCScheme) (string, error) {
	if err := s.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		Target  wireTarget `json:"jump_wxa,omitzero" field:"-"`
		ModelID string     `json:"model_id"`
		SN      string     `json:"sn,omitempty"`
	}{wireTarget{relative(s.Page), s.Query, s.Version}, s.ModelID, s.SN}
	return c.openLink(ctx, wechat.Call{Op: "links.GenerateNFCScheme", Path: "/wxa/generatenfcscheme", In: in})
}

func (s *NFCScheme) check(rules bool) error {
	switch {
	case s == nil:
		return fieldErrorf("NFCScheme", "nil")
	case !rules:
		return nil
	case s.ModelID == "":
		return fieldErrorf("ModelID", "empty")
	}
	if err := checkPage(s.Page); err != nil {
		return err
	}
	return checkText("Query", s.Query, longestQuery, inSchemeQuery)
}
