package emulator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// endpoints is the area, listed from WeChat's pages.
const endpoints = `
GET /cgi-bin/token
POST /cgi-bin/stable_token
GET /cgi-bin/getcallbackip
GET /cgi-bin/get_api_domain_ip
POST /cgi-bin/callback/check
POST /cgi-bin/clear_quota
POST /cgi-bin/clear_quota/v2
POST /cgi-bin/openapi/quota/clear
POST /cgi-bin/openapi/quota/get
POST /cgi-bin/openapi/rid/get
GET /cgi-bin/ticket/getticket
POST /cgi-bin/component/api_start_push_ticket
POST /cgi-bin/component/api_component_token
POST /cgi-bin/component/api_create_preauthcode
POST /cgi-bin/component/api_query_auth
POST /cgi-bin/component/api_authorizer_token
POST /cgi-bin/component/api_get_authorizer_info
POST /cgi-bin/component/api_get_authorizer_list
POST /cgi-bin/component/clear_quota/v2
GET /sns/component/jscode2session
GET /sns/oauth2/component/access_token
GET /sns/oauth2/component/refresh_token
POST /cgi-bin/wxopen/wxamplink
POST /cgi-bin/wxopen/wxamplinkget
POST /cgi-bin/message/subscribe/send
POST /cgi-bin/message/subscribe/bizsend
POST /cgi-bin/message/template/subscribe
POST /wxaapi/newtmpl/addtemplate
POST /wxaapi/newtmpl/deltemplate
GET /wxaapi/newtmpl/getcategory
GET /wxaapi/newtmpl/getpubtemplatetitles
GET /wxaapi/newtmpl/getpubtemplatekeywords
GET /wxaapi/newtmpl/gettemplate
POST /cgi-bin/message/template/send
POST /cgi-bin/template/api_set_industry
GET /cgi-bin/template/get_industry
POST /cgi-bin/template/api_add_template
GET /cgi-bin/template/get_all_private_template
POST /cgi-bin/template/del_private_template
POST /wxa/sec/queryblocktmplmsg
POST /cgi-bin/message/custom/send
POST /cgi-bin/message/custom/typing
POST /cgi-bin/message/custom/business/send
POST /cgi-bin/message/custom/business/typing
POST /cgi-bin/business/register
POST /cgi-bin/business/update
POST /cgi-bin/business/get
POST /cgi-bin/business/list
GET /customservice/work/get
POST /customservice/work/bind
POST /customservice/work/unbind
POST /wxaapi/comment/apikfquota/reset
POST /customservice/kfaccount/add
POST /customservice/kfaccount/update
POST /customservice/kfaccount/del
POST /customservice/kfaccount/inviteworker
POST /customservice/kfaccount/uploadheadimg
GET /customservice/kfaccount/setadmin
GET /customservice/kfaccount/canceladmin
GET /cgi-bin/customservice/getkflist
GET /cgi-bin/customservice/getonlinekflist
POST /customservice/kfsession/create
POST /customservice/kfsession/close
GET /customservice/kfsession/getsession
GET /customservice/kfsession/getsessionlist
GET /customservice/kfsession/getwaitcase
POST /customservice/msgrecord/getmsglist
POST /cgi-bin/media/upload
GET /cgi-bin/media/get
GET /cgi-bin/media/get/jssdk
POST /cgi-bin/media/uploadimg
GET /cgi-bin/media/getfeedbackmedia
POST /cgi-bin/material/add_material
POST /cgi-bin/material/get_material
POST /cgi-bin/material/del_material
GET /cgi-bin/material/get_materialcount
POST /cgi-bin/material/batchget_material
GET /sns/jscode2session
GET /wxa/checksession
GET /wxa/resetusersessionkey
POST /wxa/business/getuserphonenumber
POST /wxa/business/checkencryptedmsg
GET /wxa/getpaidunionid
GET /wxa/business/getuserencryptkey
POST /wxa/getpluginopenpid
POST /wxa/getuserriskrank
GET /sns/oauth2/access_token
GET /sns/oauth2/refresh_token
GET /sns/userinfo
GET /sns/auth
GET /cgi-bin/user/info
POST /cgi-bin/user/info/batchget
GET /cgi-bin/user/get
POST /cgi-bin/user/info/updateremark
POST /cgi-bin/tags/members/getblacklist
POST /cgi-bin/tags/members/batchblacklist
POST /cgi-bin/tags/members/batchunblacklist
POST /cgi-bin/changeopenid
POST /cgi-bin/tags/create
GET /cgi-bin/tags/get
POST /cgi-bin/tags/update
POST /cgi-bin/tags/delete
POST /cgi-bin/user/tag/get
POST /cgi-bin/tags/members/batchtagging
POST /cgi-bin/tags/members/batchuntagging
POST /cgi-bin/tags/getidlist
POST /cgi-bin/qrcode/create
GET /cgi-bin/showqrcode
POST /cgi-bin/shorten/gen
POST /cgi-bin/shorten/fetch
POST /wxa/generatescheme
POST /wxa/generate_urllink
POST /wxa/queryscheme
POST /wxa/query_urllink
POST /wxa/genwxashortlink
POST /wxa/generatenfcscheme
POST /wxa/getwxacodeunlimit
POST /wxa/getwxacode
POST /cgi-bin/wxaapp/createwxaqrcode
GET /wxaapi/feedback/list
POST /cgi-bin/wxopen/wxampunlink
POST /cgi-bin/account/getaccountbasicinfo
POST /wxa/msg_sec_check
POST /wxa/media_check_async
POST /cgi-bin/menu/create
GET /cgi-bin/menu/get
GET /cgi-bin/menu/delete
GET /cgi-bin/get_current_selfmenu_info
POST /cgi-bin/menu/addconditional
POST /cgi-bin/menu/delconditional
POST /cgi-bin/menu/trymatch
POST /wxa/set_user_notify
POST /wxa/set_user_notifyext
POST /wxa/get_user_notify
`

func TestTheWholeAreaIsAnswered(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, r := range emulator.Routes() {
		require.False(t, have[r.Method+" "+r.Path], "twice: %v", r)
		have[r.Method+" "+r.Path] = true
	}
	for want := range strings.Lines(strings.TrimSpace(endpoints)) {
		require.True(t, have[strings.TrimSpace(want)], want)
	}
}

// Without a token or credentials every endpoint answers an error, with the wrong method another one.
func TestEveryEndpointChecksItsCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, r := range emulator.Routes() {
		if r.Path == "/cgi-bin/showqrcode" {
			continue
		}
		_, _, body := b.do(r.Method, r.Path, "application/json", "")
		got := b.decode(body)
		require.NotZero(t, got.code(), r.Path)
		require.Contains(t, got.text("errmsg"), " rid: ", r.Path)
		_, _, body = b.do("PUT", r.Path, "application/json", "{}")
		require.Contains(t, []int{404, 43001, 43002}, b.decode(body).code(), r.Path)
	}
}

// Tokens of an account never reach an endpoint of another kind of account.
func TestEveryEndpointChecksTheKindOfAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	site := b.wx.AddWebsite(emulator.AppConfig{})
	for _, r := range emulator.Routes() {
		if !strings.HasPrefix(r.Path, "/wxa") && !strings.HasPrefix(r.Path, "/customservice") {
			continue
		}
		_, _, body := b.do(r.Method, as(site, r.Path), "application/json", "")
		require.Equal(t, 48001, b.decode(body).code(), r.Path)
	}
}

var (
	bareCode = regexp.MustCompile(`\bfail(?:f|Platform)?\(-?\d|\breturn (?:.*, )?\d{5,}\b|\bcode [!=]= -?[1-9]`)
	ownCode  = regexp.MustCompile(`errcode\.Code = (-?\d+)`)
)

// A number says nothing to who reads the code: package errcode has names for them, and core_codes.go for those that it only
// explains.
func TestAnsweredCodesAreKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	own := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		require.NoError(t, err)
		require.Empty(t, bareCode.FindAllString(string(src), -1), "in %s", f)
		for _, m := range ownCode.FindAllSubmatch(src, -1) {
			n, err := strconv.ParseInt(string(m[1]), 10, 64)
			require.NoError(t, err)
			own++
			require.True(t, errcode.Code(n).Known(), "%s: %d", f, n)
		}
	}
	require.Equal(t, 14, own)
}
