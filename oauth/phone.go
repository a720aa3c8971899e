package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Phone is a user's phone number.
type Phone struct {
	Number      string // such as "+8613800000000"; the country code may be missing from a Chinese one
	PureNumber  string // without the country code
	CountryCode string // such as "86"
	Watermark   Watermark
}

// PhoneNumber exchanges a code of the phone number component for the number of a Mini Program's user
// (获取手机号). It is not a code of wx.login. openID may be empty; else WeChat checks that the code is this
// user's.
//
// The code lives five minutes and works once, so that a request that may have arrived is never repeated.
// [errcode.InvalidCode] is a wrong or used code, [errcode.InvalidAppID] one of another app. The account must
// be a verified company's, and pays for the numbers beyond a free allowance.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber.html
//
//wechat:endpoint POST /wxa/business/getuserphonenumber
//wechat:account mini-program
func (c *Client) PhoneNumber(ctx context.Context, code, openID string) (*Phone, error) {
	if err := needTexts(c.core, "code", code); err != nil {
		return nil, err
	}
	var out struct {
		Info wirePhone `json:"phone_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.PhoneNumber", Method: http.MethodPost, Path: "/wxa/business/getuserphonenumber",
		In: struct {
			Code   string `json:"code" field:"code"`
			OpenID string `json:"openid,omitempty" field:"openID"`
		}{code, openID},
		Out: rest.Needs(&out, "phone_info"), Effect: wechat.SingleUse, Private: []string{code},
	})
	if err != nil {
		return nil, err
	}
	return out.Info.phone(), nil
}

type wirePhone struct {
	Number      lenient.String `json:"phoneNumber"`
	PureNumber  lenient.String `json:"purePhoneNumber"`
	CountryCode lenient.String `json:"countryCode"` // a number in older answers
	Watermark   wireWatermark  `json:"watermark"`
}

func (w *wirePhone) phone() *Phone {
	return &Phone{
		Number: string(w.Number), PureNumber: string(w.PureNumber), CountryCode: string(w.CountryCode),
		Watermark: w.Watermark.watermark(),
	}
}

// EncryptedDataCheck is WeChat's word on encrypted data.
type EncryptedDataCheck struct {
	Valid   bool      // WeChat made the data
	Created time.Time // when
}

// CheckEncryptedData asks WeChat whether encrypted data that a Mini Program sent is WeChat's own
// (检查加密信息). It sends only a hash of encryptedData, which is taken in base64 as the device got it.
//
// WeChat knows about phone numbers of the last three days; for anything else, and for another app's data, it
// answers [errcode.EncryptedDataNotFound].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/basic-info/api_checkencrypteddata.html
//
//wechat:endpoint POST /wxa/business/checkencryptedmsg
//wechat:account mini-program
func (c *Client) CheckEncryptedData(ctx context.Context, encryptedData string) (*EncryptedDataCheck, error) {
	if err := needTexts(c.core, "encryptedData", encryptedData); err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(plusRestored(encryptedData)))
	var out struct {
		Valid   lenient.Bool  `json:"vaild"` // WeChat's spelling
		Fixed   lenient.Bool  `json:"valid"` // should it be mended one day
		Created lenient.Int64 `json:"create_time"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.CheckEncryptedData", Method: http.MethodPost, Path: "/wxa/business/checkencryptedmsg",
		In: struct {
			Hash string `json:"encrypted_msg_hash"`
		}{hex.EncodeToString(hash[:])},
		Out: rest.NeedsAny(&out, "vaild", "valid"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &EncryptedDataCheck{Valid: bool(out.Valid || out.Fixed), Created: out.Created.Time()}, nil
}
