package template

import (
	"context"
	"net/http"
	"strconv"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Industry is one of the industries (所属行业) by which WeChat's old template library is sorted. Codes that
// are not listed here pass through.
type Industry int

// The industries.
const (
	IndustryInternet           Industry = 1 // internet, e-commerce
	IndustrySoftware           Industry = 2 // software and services
	IndustryHardware           Industry = 3 // hardware and devices
	IndustryElectronics        Industry = 4
	IndustryTelecom            Industry = 5 // telecommunication and operators
	IndustryOnlineGames        Industry = 6
	IndustryBanks              Industry = 7
	IndustryFunds              Industry = 8 // funds, wealth management, trusts
	IndustryInsurance          Industry = 9
	IndustryCatering           Industry = 10
	IndustryHotels             Industry = 11
	IndustryTravel             Industry = 12
	IndustryExpress            Industry = 13 // express delivery
	IndustryLogistics          Industry = 14
	IndustryWarehousing        Industry = 15
	IndustryTraining           Industry = 16
	IndustrySchools            Industry = 17
	IndustryAcademicResearch   Industry = 18
	IndustryTrafficPolice      Industry = 19
	IndustryMuseums            Industry = 20
	IndustryPublicBodies       Industry = 21 // public non-profit bodies
	IndustryMedical            Industry = 22
	IndustryCare               Industry = 23 // care and beauty
	IndustryHealth             Industry = 24 // health and hygiene
	IndustryCars               Industry = 25
	IndustryMotorcycles        Industry = 26
	IndustryTrains             Industry = 27
	IndustryAircraft           Industry = 28
	IndustryConstruction       Industry = 29
	IndustryPropertyManagement Industry = 30
	IndustryConsumerGoods      Industry = 31
	IndustryLaw                Industry = 32
	IndustryExhibitions        Industry = 33
	IndustryIntermediaries     Industry = 34
	IndustryCertification      Industry = 35
	IndustryAudit              Industry = 36
	IndustryMedia              Industry = 37
	IndustrySports             Industry = 38
	IndustryLeisure            Industry = 39
	IndustryPrinting           Industry = 40
	IndustryOther              Industry = 41
)

// SetIndustry sets the account's two industries (设置所属行业). It deletes the templates of the industries
// that it replaces, and works once a month; earlier it is [errcode.IndustryChangedTooOften].
//
// It serves the templates of the old library only. Accounts work with categories (类目) today, which are
// set in the console.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_setindustry.html
//
//wechat:endpoint POST /cgi-bin/template/api_set_industry
//wechat:account service-account
func (c *Client) SetIndustry(ctx context.Context, primary, secondary Industry) error {
	if c.core.Checks() {
		switch {
		case primary < 1:
			return fieldError("primary", "not an industry")
		case secondary < 1:
			return fieldError("secondary", "not an industry")
		}
	}
	in := struct {
		Primary   string `json:"industry_id1"`
		Secondary string `json:"industry_id2"`
	}{strconv.Itoa(int(primary)), strconv.Itoa(int(secondary))}
	return c.core.Call(ctx, wechat.Call{
		Op: "template.SetIndustry", Method: http.MethodPost, Path: "/cgi-bin/template/api_set_industry", In: in,
	})
}

// IndustryName is an industry in WeChat's words, which are Chinese.
type IndustryName struct {
	Class    string // first level, such as "IT科技"
	Subclass string // second level, such as "互联网|电子商务"
}

// Industries are the two industries of an account.
type Industries struct {
	Primary   IndustryName
	Secondary IndustryName
}

// Industries returns the account's two industries (获取设置的行业信息). WeChat gives names, not codes.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_getindustry.html
//
//wechat:endpoint GET /cgi-bin/template/get_industry
//wechat:account service-account
func (c *Client) Industries(ctx context.Context) (*Industries, error) {
	var out struct {
		Primary   wireIndustry `json:"primary_industry"`
		Secondary wireIndustry `json:"secondary_industry"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "template.Industries", Method: http.MethodGet, Path: "/cgi-bin/template/get_industry",
		Out: rest.NeedsAny(&out, "errcode", "primary_industry", "secondary_industry"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &Industries{Primary: out.Primary.name(), Secondary: out.Secondary.name()}, nil
}

type wireIndustry struct {
	Class    lenient.String `json:"first_class"`
	Subclass lenient.String `json:"second_class"`
}

func (w wireIndustry) name() IndustryName {
	return IndustryName{Class: string(w.Class), Subclass: string(w.Subclass)}
}
