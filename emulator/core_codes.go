package emulator

import "github.com/wechatkit/wechat/errcode"

// The codes that WeChat's pages have for one call each and that package errcode has no name for. All others have theirs.
const (
	codeNoBadReview        errcode.Code = 10000 // the review is not a bad one, or its message was sent
	codeInvalidIndustry    errcode.Code = 40102 // no industry has the number
	codeNewsMissing        errcode.Code = 44003 // a message of type news without an article
	codeTooManyOfFollowers errcode.Code = 45026 // templates for followers: 25 at most
	codeTooMuchMaterial    errcode.Code = 45074 // permanent files of a kind
	codeNoOpenIDs          errcode.Code = 63182 // an empty list of OpenIDs to be changed
	codeNoConditionalMenu  errcode.Code = 65307 // a personalised menu without buttons
	codeInvalidPayInfo     errcode.Code = 85444 // these are of ext_json of a service card
	codeInvalidStoreInfo   errcode.Code = 85445
	codeInvalidShipping    errcode.Code = 85446
	codeInvalidProducts    errcode.Code = 85447
	codeInvalidExtension   errcode.Code = 85470    // ext_json is no object, or an empty one
	codeWorkNotBound       errcode.Code = 10130002 // no company serves the Mini Program, or another one
	codeWorkNotBindable    errcode.Code = 10130600 // a company serves it already, or none is named
)
