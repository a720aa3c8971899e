package console_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStory is what a team with another language does in its tests: no line of it needs Go.
func TestStory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(miniID, "mini-secret")
	require.Equal(t, 43101, b.send(token, "T1", "Fire insurance"), "nobody has accepted")

	ask := b.post("/asks", `{"user":"alice","templateIds":["T1"]}`)
	require.Equal(t, "pending", ask["state"])
	require.Equal(t, []any{object{"templateId": "T1", "title": "Contract due", "shown": true}}, ask["items"])
	ask = b.post("/asks/1/answer", `{"accept":["T1"],"keep":false}`)
	require.Equal(t, object{"T1": "accept"}, ask["result"])

	require.Zero(t, b.send(token, "T1", "Fire insurance"))
	messages := b.get("/users/alice/messages")["messages"].([]any)
	require.Len(t, messages, 1)
	m := messages[0].(object)
	require.Equal(t, "service notifications", m["place"])
	require.Equal(t, "Contract due", m["title"])
	require.Equal(t, []any{object{"key": "thing1", "label": "Contract", "value": "Fire insurance"}}, m["lines"])
	require.IsType(t, "", m["msgId"], "JavaScript cannot hold its 19 digits in a number")
	require.Equal(t, 43101, b.send(token, "T1", "again"))

	followed := b.post("/users/alice/follow", `{"appId":"`+oaID+`"}`)
	require.Equal(t, true, followed["accounts"].([]any)[1].(object)["follows"])
	oa := b.token(oaID, "oa-secret")
	_, code := b.api("POST", "/cgi-bin/message/template/send?access_token="+oa,
		`{"touser":"oAliceOA","template_id":"T3","data":{"thing1":{"value":"x"}}}`)
	require.Zero(t, code)
	b.post("/users/alice/write", `{"appId":"`+oaID+`","text":"<b>Hello</b>"}`)
	_, code = b.api("POST", "/cgi-bin/message/custom/send?access_token="+oa,
		`{"touser":"oAliceOA","msgtype":"text","text":{"content":"Hello, Alice"}}`)
	require.Zero(t, code)
	messages = b.get("/users/alice/messages?after=2&limit=10")["messages"].([]any)
	require.Len(t, messages, 2)
	require.Equal(t, true, messages[0].(object)["own"])
	require.Equal(t, "<b>Hello</b>", messages[0].(object)["text"])
	require.Equal(t, "Hello, Alice", messages[1].(object)["text"])

	calls := b.get("/calls?limit=1")["calls"].([]any)
	require.Equal(t, "access_token=***", calls[0].(object)["query"])
	require.Contains(t, calls[0].(object)["request"], "Hello, Alice")
}

func TestState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/users/alice/accept", `{"templateIds":["T1"],"always":true}`)
	b.post("/users/bob/ban", `{"templateIds":["T1"]}`)
	b.post("/faults", `{"path":"/cgi-bin/*","errcode":45009,"times":2,"delay":"1ms"}`)
	s := b.get("/state?users=1")
	require.Equal(t, true, s["frozen"])
	require.Equal(t, json.Number("2"), s["userCount"])
	require.Len(t, s["users"], 1)
	alice := s["users"].([]any)[0].(object)["accounts"].([]any)[0].(object)
	require.Equal(t, "oAliceMini", alice["openId"])
	require.Equal(t, []any{object{
		"templateId": "T1", "grants": json.Number("1"), "longTerm": false, "kept": "accept", "off": false,
	}}, alice["consents"])
	oa := s["apps"].([]any)[1].(object)
	require.Equal(t, "service account", oa["kind"])
	require.Equal(t, []any{miniID}, oa["linked"])
	require.Equal(t, []any{object{"name": "Help", "key": "HELP"}}, oa["menu"])
	require.Equal(t, []any{object{
		"id": json.Number("1"), "path": "/cgi-bin/*", "errcode": json.Number("45009"), "times": json.Number("2"),
		"delay": "1ms", "hits": json.Number("0"),
	}}, s["faults"])
	require.NotContains(t, string(mustJSON(t, s)), "secret", "no secrets in the state")
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func TestClockAndFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, "2026-11-20T14:00:00+08:00", b.post("/clock/advance", `{"by":"2h"}`)["now"])
	require.Equal(t, object{"now": "2026-11-20T14:00:00+08:00", "frozen": true}, b.get("/clock"))

	fault := b.post("/faults", `{"path":"/cgi-bin/token","errcode":-1,"times":1}`)
	require.Equal(t, json.Number("1"), fault["id"])
	b.post("/faults", `{"path":"/cgi-bin/token","status":500}`)
	_, code := b.api("GET", "/cgi-bin/token?grant_type=client_credential", "")
	require.Equal(t, -1, code)
	require.Len(t, b.get("/faults")["faults"], 1, "the first is used up")
	b.do(http.StatusOK, "DELETE", "/faults/2", "")
	b.do(http.StatusNotFound, "DELETE", "/faults/2", "")
	b.post("/faults", `{"reset":true}`)
	require.Equal(t, object{"faults": []any{}}, b.do(http.StatusOK, "DELETE", "/faults", ""))
	require.NotEmpty(t, b.token(miniID, "mini-secret"))
}

func TestAskIsSettledWithoutAPopup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/users/alice/accept", `{"templateIds":["T1"],"always":true}`)
	b.post("/apps/"+miniID+"/templates/T2/ban", "{}")
	ask := b.post("/asks", `{"user":"alice","templateIds":["T1","T2"]}`)
	require.Equal(t, "answered", ask["state"])
	require.Equal(t, object{"T1": "accept", "T2": "ban"}, ask["result"])
	alice := b.get("/users/alice")["accounts"].([]any)[0].(object)["consents"].([]any)[0].(object)
	require.Equal(t, json.Number("2"), alice["grants"], "a silent accept adds one")
}

// TestAskFailsMeanwhile turns the main switch off under an open pop-up: it ends as a failed call and is not in the way.
func TestAskFailsMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/asks", `{"user":"alice","templateIds":["T1"]}`)
	b.post("/users/alice/switch-subscriptions", `{"appId":"`+miniID+`","on":false}`)
	const why = "wx.requestSubscribeMessage: errCode 20004: The main switch is switched off"
	require.Equal(t, why, b.do(http.StatusConflict, "POST", "/asks/1/answer", `{"accept":["T1"]}`)["error"])
	ask := b.get("/asks/1?wait=1s")
	require.Equal(t, "answered", ask["state"])
	require.Equal(t, why, ask["error"])
	require.NotContains(t, ask, "result")
	b.post("/users/alice/switch-subscriptions", `{"appId":"`+miniID+`","on":true}`)
	require.Equal(t, "pending", b.post("/asks", `{"user":"alice","templateIds":["T1"]}`)["state"])
	require.Equal(t, object{"T1": "accept"}, b.post("/asks/2/answer", `{"accept":["T1"]}`)["result"])
}

func TestAskMixed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/users/alice/reject", `{"templateIds":["T1"],"always":true}`)
	ask := b.post("/asks", `{"user":"alice","templateIds":["T1","T2"]}`)
	require.Equal(t, false, ask["items"].([]any)[0].(object)["shown"])
	b.do(http.StatusConflict, "POST", "/asks", `{"user":"alice","templateIds":["T2"]}`)
	b.post("/asks", `{"user":"bob","templateIds":["T2"]}`)
	b.do(http.StatusBadRequest, "POST", "/asks/1/answer", `{"accept":["T3"]}`)
	ask = b.post("/asks/1/answer", `{"accept":["T2"],"keep":true}`)
	require.Equal(t, object{"T1": "reject", "T2": "accept"}, ask["result"])
	b.do(http.StatusConflict, "POST", "/asks/1/answer", `{}`)
	b.do(http.StatusNotFound, "POST", "/asks/9/answer", `{}`)
	require.Len(t, b.get("/asks")["asks"], 2)
}

func TestAskWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/asks", `{"user":"alice","templateIds":["T1"]}`)
	require.Equal(t, "pending", b.get("/asks/1")["state"])
	require.Equal(t, "pending", b.get("/asks/1?wait=1ms")["state"])
	waited := make(chan object)
	go func() {
		waited <- b.decode(b.serve(b.request("GET", "/_emulator/api/asks/1?wait=1m", "")).Body.Bytes())
	}()
	b.post("/asks/1/answer", `{"accept":[]}`)
	require.Equal(t, object{"T1": "reject"}, (<-waited)["result"])
	b.do(http.StatusBadRequest, "GET", "/asks/1?wait=long", "")
}

func TestPushes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var got []string
	callback := httptestServer(t, func(rw http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method)
		_, _ = rw.Write([]byte(r.URL.Query().Get("echostr")))
	})
	creds := b.do(http.StatusOK, "PUT", "/apps/"+miniID+"/callback", `{"url":"`+callback+`","mode":"plaintext","format":"json"}`)
	require.Equal(t, "mini-secret", creds["appSecret"])
	require.Len(t, creds["callback"].(object)["encodingAESKey"], 43)
	require.Equal(t, object{"ok": true}, b.post("/apps/"+miniID+"/callback/verify", "{}"))
	b.post("/users/alice/enter-chat", `{"appId":"`+miniID+`","sessionFrom":"order 7"}`)
	b.post("/settle", "")
	pushes := b.get("/pushes")["pushes"].([]any)
	require.Len(t, pushes, 1)
	push := pushes[0].(object)
	require.Equal(t, "user_enter_tempsession", push["type"])
	require.Contains(t, push["plain"], "order 7")
	require.Contains(t, push["query"], "signature=***")
	b.post("/pushes/1/redeliver", "")
	b.post("/settle", "")
	require.Len(t, b.get("/pushes?after=1")["pushes"], 1)
	require.Equal(t, []string{"GET", "POST", "POST"}, got)
	b.do(http.StatusNotFound, "POST", "/pushes/9/redeliver", "")

	creds = b.do(http.StatusOK, "PUT", "/apps/"+miniID+"/callback", `{"url":"`+callback+`","mode":"plaintext","format":"json","shape":"bare"}`)
	require.Equal(t, "bare", creds["callback"].(object)["shape"])
	require.Equal(t, "bare", b.get("/apps/" + miniID)["callback"].(object)["shape"])
	b.post("/users/alice/accept", `{"templateIds":["T1"]}`)
	b.post("/settle", "")
	push = b.get("/pushes?after=2")["pushes"].([]any)[0].(object)
	require.Contains(t, push["plain"], `"SubscribeMsgPopupEvent":{"TemplateId":"T1"`)
	b.do(http.StatusOK, "DELETE", "/apps/"+miniID+"/callback", "")
	require.NotContains(t, b.get("/apps/"+miniID), "callback")
}
