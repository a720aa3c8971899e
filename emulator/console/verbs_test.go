package console_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// reachedBy says how the control API reaches each method of the emulator. Whoever adds a verb adds it here.
var reachedBy = map[reflect.Type]map[string]string{
	reflect.TypeFor[*emulator.User](): {
		"Accept": "POST accept", "AcceptAlways": "POST accept", "AcceptAs": "POST accept", "AcceptAlwaysAs": "POST accept",
		"AnswerAs": "POST asks/answer", "SwitchSubscriptions": "POST switch-subscriptions", "Reject": "POST reject", "RejectAlways": "POST reject",
		"Answer": "POST asks/answer", "Popup": "POST asks", "Ban": "POST ban", "Unban": "POST unban", "Block": "POST block",
		"Choose": "POST choose", "Complain": "POST complain", "Visit": "POST visit", "Decline": "POST visit",
		"EncryptedPhone": "POST encrypted-phone", "EnterChat": "POST enter-chat", "Follow": "POST follow", "GiveFeedback": "POST complain", "Unfollow": "POST unfollow",
		"LoginCode": "POST login-code", "PhoneCode": "POST phone-code", "PluginCode": "POST plugin-code", "OpenData": "POST open-data",
		"OpenApp": "POST open-app", "OpenLink": "POST open-link", "Pay": "POST pay", "ReviewBadly": "POST review-badly", "Scan": "POST scan", "ScanPicture": "POST scan",
		"SendCard": "POST send-card", "SendImage": "POST send-image", "TapMenu": "POST tap-menu", "Write": "POST write",
		"StartService": "POST start-service", "RefuseCard": "POST refuse-card",
		"Inbox": "GET messages", "ReceivedAfter": "GET messages", "State": "GET", "OpenID": "GET", "UnionID": "GET",
		"Follows": "GET", "Grants": "GET", "Typing": "GET", "TapButton": "POST tap-button", "TapButtonWith": "POST tap-button",
	},
	reflect.TypeFor[*emulator.App](): {
		"AddAgent": "POST agents", "AddContentRule": "POST content-rules", "SetAgentOnline": "POST agent-online", "ConfirmInvite": "POST agent-confirm", "AgentSays": "POST agent-says",
		"AddMedia": "POST media", "AddPermanentMedia": "POST media", "AddTemplate": "POST templates", "BanTemplate": "POST templates/ban", "BanSubscriptions": "POST ban-subscriptions",
		"BanCard": "POST ban-card", "InterceptTemplate": "POST templates/intercept", "HoldTemplate": "POST templates/hold", "PassHeld": "POST templates/pass",
		"BlockHeld": "POST templates/block", "AllowIPs": "POST allow-ips", "AuthorizeTo": "POST authorize-to",
		"Deauthorize": "POST deauthorize", "VerifyTicket": "POST verify-ticket", "Callback": "GET credentials", "SetCallback": "PUT callback",
		"RemoveCallback": "DELETE callback", "VerifyCallback": "POST callback/verify", "Verify": "POST verify", "FreezeSecret": "POST freeze-secret",
		"ResetSecret": "POST reset-secret", "Secret": "GET credentials", "Token": "GET credentials", "OneTimeTemplate": "GET credentials",
		"Link": "POST link", "MigrateFrom": "POST migrate-from", "PushRaw": "POST push", "QRCode": "POST qr-codes",
		"Redeliver": "POST pushes/redeliver", "SecureAPI": "POST secure-api", "SetMenu": "POST menu", "SwitchMenu": "POST switch-menu", "SetQuota": "POST quotas", "State": "GET",
	},
	reflect.TypeFor[*emulator.Server](): {
		"AddFault": "POST faults", "Fail": "POST faults", "RemoveFault": "DELETE faults", "AddLibraryTitle": "POST library",
		"AddMiniProgram": "POST apps", "AddServiceAccount": "POST apps", "AddThirdParty": "POST apps", "AddWebsite": "POST apps",
		"AddUser": "POST users", "User": "POST users", "FindUser": "GET users", "Users": "GET users", "Advance": "POST clock/advance",
		"Now": "GET clock", "App": "GET apps", "Apps": "GET state", "MiniProgram": "GET state", "ServiceAccount": "GET state",
		"Calls": "GET calls", "CallsAfter": "GET calls", "Count": "GET calls", "TokenCalls": "GET calls", "Pushes": "GET pushes",
		"TriesAfter": "GET pushes", "RedeliverTry": "POST pushes/redeliver", "Revoke": "POST revoke", "Settle": "POST settle",
		"Snapshot": "GET state", "Save": "GET saved-state", "WriteHAR": "GET record.har", "Golden": "GET golden.zip",
		"ServeHTTP": "WeChat's API", "HTTPClient": "for Go", "URL": "for Go", "Getenv": "for Go", "BaseURL": "GET state", "SetBaseURL": "for the command",
		"Close": "for the command",
	},
}

func TestEveryVerbIsReached(t *testing.T) {
	t.Parallel()
	for kind, reached := range reachedBy {
		var have []string
		for i := range kind.NumMethod() {
			have = append(have, kind.Method(i).Name)
		}
		slices.Sort(have)
		require.Equal(t, have, slices.Sorted(maps.Keys(reached)), "%v: can the control API do a new verb?", kind)
	}
}

func TestUserVerbs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini, oa := `{"appId":"`+miniID+`"`, `{"appId":"`+oaID+`"`
	b.post("/users/alice/follow", oa+"}")
	creds := b.get("/apps/" + oaID + "/credentials")
	require.NotEmpty(t, creds["oneTimeTemplate"])
	_, code := b.api("POST", "/cgi-bin/message/custom/send?access_token="+creds["accessToken"].(string),
		`{"touser":"oAliceOA","msgtype":"msgmenu","msgmenu":{"head_content":"Well?","list":[{"id":"101","content":"Yes"}],"tail_content":""}}`)
	require.Zero(t, code)
	for path, body := range map[string]string{
		"choose": oa + `,"itemId":"101"}`, "block": oa + `,"blocked":true}`, "tap-menu": oa + `,"key":"HELP"}`,
		"send-image": oa + `,"data":"SlBFRw=="}`, "send-card": mini + `,"title":"Order","page":"pages/a"}`,
		"ban": `{"templateIds":["T1"]}`, "unban": `{"templateIds":["T2"]}`, "reject": `{"templateIds":["T2"]}`,
		"pay": mini + `,"transactionId":"1"}`, "open-app": mini + "}",
	} {
		require.Equal(t, "alice", b.post("/users/alice/"+path, body)["name"], path)
	}
	picture := b.get("/users/alice/messages")["messages"]
	require.Contains(t, string(mustJSON(t, picture)), `"type":"image"`)
	require.NotEmpty(t, b.post("/users/alice/review-badly", mini+"}")["commentId"])
	require.NotEmpty(t, b.post("/users/alice/complain", mini+`,"data":"SlBFRw=="}`)["recordId"])
	said := b.post("/users/alice/complain", mini+`,"type":4,"text":"all is white","contact":"a@example.com"}`)
	require.NotEmpty(t, said["recordId"])
	require.NotContains(t, said, "mediaId")
	require.NotEmpty(t, b.post("/users/alice/plugin-code", mini+"}")["code"])
	require.NotEmpty(t, b.post("/users/alice/phone-code", mini+"}")["code"])
	b.post("/users/alice/unfollow", oa+"}")
}

// TestSubscriptionVerbs has acceptances with a reminder, the main switch, the platform's ban and a device's template.
func TestSubscriptionVerbs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := `{"appId":"` + miniID + `"`
	b.post("/apps/"+miniID+"/templates", `{"id":"L","title":"Long","keywords":["thing1"],"type":"long-term"}`)
	device := b.post("/apps/"+miniID+"/templates", `{"id":"D","title":"Leak","keywords":["thing1"],"device":true}`)
	require.Equal(t, true, device["device"])
	b.post("/asks", `{"user":"alice","templateIds":["L"]}`)
	b.do(http.StatusBadRequest, "POST", "/asks/1/answer", `{"accept":["L"],"as":"acceptWithSmile"}`)
	ask := b.post("/asks/1/answer", `{"accept":["L"],"as":"acceptWithAudio","keep":true}`)
	require.Equal(t, object{"L": "acceptWithAudio"}, ask["result"])
	require.Equal(t, object{"L": "acceptWithAudio"}, b.post("/asks", `{"user":"alice","templateIds":["L"]}`)["result"])
	b.post("/users/bob/accept", `{"templateIds":["L"],"as":"acceptWithAlert","always":true}`)
	require.Equal(t, object{"L": "acceptWithAlert"}, b.post("/asks", `{"user":"bob","templateIds":["L"]}`)["result"])
	refused := b.do(http.StatusBadRequest, "POST", "/users/bob/accept", `{"templateIds":["L"],"as":"ban"}`)
	require.Contains(t, refused["error"], `as: unknown acceptance "ban", want accept, acceptWithAudio, `)

	fails := func(template, want string) {
		t.Helper()
		require.Contains(t, b.do(http.StatusConflict, "POST", "/asks", `{"user":"alice","templateIds":["`+template+`"]}`)["error"], want)
	}
	fails("D", "errCode 20013: Reject DeviceMsg Template")
	token := b.token(miniID, "mini-secret")
	off := b.post("/users/alice/switch-subscriptions", mini+`,"on":false}`)
	require.Equal(t, true, off["accounts"].([]any)[0].(object)["subscriptionsOff"])
	fails("L", "errCode 20004: The main switch is switched off")
	require.Equal(t, 43101, b.send(token, "L", "x"))
	b.post("/users/alice/switch-subscriptions", mini+`,"on":true}`)
	require.Zero(t, b.send(token, "L", "x"))
	require.Equal(t, true, b.post("/apps/"+miniID+"/ban-subscriptions", `{"banned":true}`)["subscriptionsBanned"])
	fails("L", "errCode 20005: This mini program was banned from subscribing messages")
	require.Equal(t, 43107, b.send(token, "L", "x"))
	b.post("/apps/"+miniID+"/ban-subscriptions", `{"banned":false}`)
	require.Zero(t, b.send(token, "L", "x"))
}

func TestServiceCards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := `{"appId":"` + miniID + `"`
	require.Equal(t, json.Number("1001"), b.post("/apps/"+miniID+"/templates", `{"title":"Taxi","card":1001}`)["card"])
	b.do(http.StatusBadRequest, "POST", "/apps/"+miniID+"/templates", `{"title":"Taxi","card":1001,"keywords":["thing1"]}`)
	code := b.post("/users/alice/start-service", mini+`,"kind":1001}`)["code"].(string)
	token := b.token(miniID, "mini-secret")
	_, n := b.api("POST", "/wxa/set_user_notify?access_token="+token, `{"openid":"oAliceMini","notify_type":1001,"notify_code":"`+code+
		`","content_json":"{\"cur_status\":1,\"wxa_path_query\":\"pages/ride\"}"}`)
	require.Zero(t, n)
	require.Contains(t, string(mustJSON(t, b.get("/users/alice/messages"))), "Taxi: calling")
	b.post("/users/alice/refuse-card", mini+`,"code":"`+code+`"}`)
	b.post("/apps/"+miniID+"/ban-card", `{"user":"alice","code":"`+code+`"}`)
	b.do(http.StatusConflict, "POST", "/users/alice/refuse-card", mini+`,"code":"x"}`)
	b.do(http.StatusConflict, "POST", "/users/alice/start-service", mini+`,"kind":2001}`)
	paid := b.post("/users/alice/pay", mini+`,"transactionId":"4200","amountFen":1990,"payScore":true,"knownIn":"1m"}`)
	require.Contains(t, string(mustJSON(t, paid)), `"code":"4200"`)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := `{"appId":"` + miniID + `"`
	code := b.post("/users/alice/login-code", mini+"}")["code"].(string)
	session, n := b.api("GET", "/sns/jscode2session?grant_type=authorization_code&appid="+miniID+"&secret=mini-secret&js_code="+code, "")
	require.Zero(t, n)
	require.Equal(t, "oAliceMini", session["openid"])
	data := b.post("/users/alice/open-data", mini+`,"data":{"nickName":"Alice"}}`)
	require.NotEmpty(t, data["encryptedData"])
	require.NotEmpty(t, b.post("/users/alice/encrypted-phone", mini+"}")["iv"])
}

func TestScanAndLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.post("/apps/"+oaID+"/qr-codes", `{"scene":"shelf-7"}`)
	require.Contains(t, code["picture"], "/cgi-bin/showqrcode?ticket=gQ")
	require.Nil(t, b.post("/users/bob/scan", `{"code":"`+code["ticket"].(string)+`"}`)["opens"])
	require.Equal(t, true, b.get("/users/bob")["accounts"].([]any)[1].(object)["follows"])

	token := b.token(miniID, "mini-secret")
	picture := b.serve(b.request("POST", "/wxa/getwxacode?access_token="+token, `{"path":"pages/a?id=7"}`)).Body.Bytes()
	scan, err := json.Marshal(map[string]any{"picture": picture})
	require.NoError(t, err)
	opens := b.post("/users/bob/scan", string(scan))["opens"]
	require.Equal(t, object{"appId": miniID, "page": "pages/a?id=7"}, opens)
	link, n := b.api("POST", "/wxa/generate_urllink?access_token="+token, `{"path":"pages/a","expire_type":1,"expire_interval":7}`)
	require.Zero(t, n)
	require.NotNil(t, b.post("/users/bob/open-link", `{"link":"`+link["url_link"].(string)+`"}`)["opens"])

	page := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + oaID +
		"&redirect_uri=https%3A%2F%2Fexample.com%2F&response_type=code&scope=snsapi_base&state=7#wechat_redirect"
	require.Contains(t, b.post("/users/bob/visit", `{"url":"`+page+`"}`)["redirect"], "https://example.com/?code=")
	b.do(http.StatusOK, "POST", "/users/bob/visit", `{"url":"`+page+`","decline":true}`)
}

func TestAppVerbs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini, oa := "/apps/"+miniID, "/apps/"+oaID
	other := func(id string) string { return `{"appId":"` + id + `"}` }
	b.post("/apps", `{"kind":"third-party platform","appId":"wxP"}`)
	b.post("/apps", `{"kind":"service account","appId":"wxOld","name":"Old","links":["`+miniID+`"]}`)
	b.post(oa+"/migrate-from", other("wxOld"))
	b.post("/apps/wxOld/link", other(miniID))
	require.NotEmpty(t, b.post(mini+"/authorize-to", other("wxP"))["authorizationCode"])
	b.post(mini+"/deauthorize", other("wxP"))
	require.NotEmpty(t, b.post("/apps/wxP/verify-ticket", "")["ticket"])
	require.Empty(t, b.post(oa+"/menu", `{"buttons":[]}`)["menu"])
	require.Equal(t, true, b.post(oa+"/verify", `{"event":"verify_expired"}`)["unverified"])
	require.NotContains(t, b.post(oa+"/verify", `{"event":"qualification_verify_success"}`), "unverified")
	b.do(http.StatusConflict, "POST", oa+"/verify", `{"event":"verified"}`)
	b.post(oa+"/templates/T3/intercept", "")
	b.post(oa+"/templates/T3/hold", "")
	b.post(oa+"/templates/T3/pass", "")
	b.post(oa+"/templates/T3/hold", "")
	b.post(oa+"/templates/T3/block", "")
	require.NotEmpty(t, b.post(oa+"/media", `{"kind":"image","name":"a.jpg","data":"SlBFRw==","permanent":true}`)["mediaId"])
	b.post(oa+"/agents", `{"account":"ben@demo","nick":"Ben"}`)
	b.post(oa+"/agent-online", `{"account":"ben@demo","online":false}`)
	b.do(http.StatusConflict, "POST", oa+"/agent-confirm", `{"account":"ben@demo"}`)
	b.do(http.StatusConflict, "POST", oa+"/agent-says", `{"account":"anna@demo","user":"alice","text":"x"}`)
	b.post(mini+"/quotas", `{"path":"/cgi-bin/token","perDay":1}`)
	b.post(mini+"/allow-ips", `{"ips":["10.0.0.1"]}`)
	_, code := b.api("GET", "/cgi-bin/token?grant_type=client_credential&appid="+miniID+"&secret=mini-secret", "")
	require.Equal(t, 40164, code)
	b.post(mini+"/allow-ips", `{"ips":[]}`)
	b.post(mini+"/freeze-secret", `{"frozen":true}`)
	_, code = b.api("GET", "/cgi-bin/token?grant_type=client_credential&appid="+miniID+"&secret=mini-secret", "")
	require.Equal(t, 40243, code)
	b.post(mini+"/freeze-secret", `{"frozen":false}`)
	token := b.token(miniID, "mini-secret")
	b.post(mini+"/revoke", "")
	require.Equal(t, 40001, b.send(token, "T1", "x"))
	require.NotEqual(t, "mini-secret", b.post(mini+"/reset-secret", "")["appSecret"])
	b.post("/library", `{"tid":900,"title":"New","type":"one-time","keywords":[{"kid":1,"name":"Item","rule":"thing"}]}`)
	b.do(http.StatusConflict, "POST", mini+"/push", `{"type":"x","plain":"<xml></xml>"}`)
}

func TestContentRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/apps/"+miniID+"/content-rules", `{"contains":"casino","suggest":"risky","label":10001}`)
	b.post("/users/alice/open-app", `{"appId":"`+miniID+`"}`)
	checked, code := b.api("POST", "/wxa/msg_sec_check?access_token="+b.token(miniID, "mini-secret"),
		`{"version":2,"scene":2,"openid":"oAliceMini","content":"a casino"}`)
	require.Zero(t, code)
	require.Equal(t, "risky", checked["result"].(object)["suggest"])
	b.do(http.StatusConflict, "POST", "/apps/"+miniID+"/content-rules", `{"suggest":"perhaps"}`)
}

func TestSecureAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	body, err := json.Marshal(map[string]string{"publicKey": string(public)})
	require.NoError(t, err)
	made := b.post("/apps/"+miniID+"/secure-api", string(body))
	require.Contains(t, made["certificate"], "BEGIN CERTIFICATE")
	require.NotEmpty(t, made["symmetricKey"])
}

func TestUserPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Len(t, b.get("/users?limit=1")["users"], 1)
	require.Equal(t, "bob", b.get("/users?after=alice")["users"].([]any)[0].(object)["name"])
	b.do(http.StatusNotFound, "GET", "/users?after=eve", "")
}

func TestMenuVerbs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	oa := `{"appId":"` + oaID + `"`
	b.post("/users/alice/follow", oa+"}")
	b.post("/apps/"+oaID+"/menu", `{"buttons":[{"name":"Help","key":"HELP"},{"name":"More","buttons":[
		{"name":"Page","type":"view","url":"https://example.com/"},{"name":"Orders","type":"miniprogram","appId":"`+miniID+`","pagePath":"pages/a"},
		{"name":"Scan","type":"scancode_push","key":"S"},{"name":"Photo","type":"pic_weixin","key":"P"},
		{"name":"Place","type":"location_select","key":"L"}]}]}`)
	tap := func(rest string) any { return b.post("/users/alice/tap-button", oa+`,"path":`+rest+"}")["opened"] }
	require.Equal(t, object{}, tap(`["Help"]`))
	require.Equal(t, object{"url": "https://example.com/"}, tap(`["More","Page"]`))
	require.Equal(t, object{"miniProgram": object{"appId": miniID, "page": "pages/a"}}, tap(`["More","Orders"]`))
	require.Equal(t, object{}, tap(`["More","Scan"],"scan":"ticket 7"`))
	require.Equal(t, object{}, tap(`["More","Photo"],"pictures":["SlBFRw=="]`))
	require.Equal(t, object{}, tap(`["More","Place"],"place":{"latitude":23.1,"longitude":113.3,"scale":15,"label":"Main Street","name":"Office"}`))
	b.do(http.StatusConflict, "POST", "/users/alice/tap-button", oa+`,"path":["Nothing"]}`)
	b.do(http.StatusConflict, "POST", "/users/alice/tap-button", oa+`,"path":["More","Scan"]}`)
	b.do(http.StatusBadRequest, "POST", "/users/alice/tap-button", oa+`,"path":["Help"],"swipe":true}`)
	b.do(http.StatusBadRequest, "POST", "/apps/"+oaID+"/menu", `{"buttons":[{"name":"More","buttons":[{"nam":"x"}]}]}`)
	require.Equal(t, true, b.post("/apps/"+oaID+"/switch-menu", `{"on":false}`)["menuOff"])
	b.do(http.StatusConflict, "POST", "/users/alice/tap-button", oa+`,"path":["Help"]}`)
}
