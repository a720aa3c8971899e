package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const (
	setNotify = "/wxa/set_user_notify"
	transact  = "4200000000202611280000000001"
)

// cards is an emulator on which alice, oA, has paid 19.90 just now.
func cards(t *testing.T) (*bundle, *emulator.User) {
	t.Helper()
	b := setup(t)
	alice := b.wx.AddUser(emulator.UserConfig{Name: "alice", OpenIDs: map[string]string{b.mp.AppID: "oA"}})
	b.wx.AddUser(emulator.UserConfig{Name: "bob", OpenIDs: map[string]string{b.mp.AppID: "oB"}})
	for i, kind := range []int{2001, 2004, 2006, 1001, 1003} {
		b.mp.AddTemplate(emulator.Template{ID: fmt.Sprintf("C%d", i), Title: "Card", Card: kind})
	}
	alice.Pay(b.mp, emulator.Payment{TransactionID: transact, AmountFen: 1990})
	return b, alice
}

func inString(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// card names a card of alice's.
func card(kind int, code string) string {
	return fmt.Sprintf(`"openid":"oA","notify_type":%d,"notify_code":%s`, kind, inString(code))
}

const (
	products = `"product_count":2,"product_list":{"info_list":[{"product_img":"https://i.example/m.png","product_name":"Blue mug","product_path_query":"pages/item?id=5","count":2}]}`
	page     = `"wxa_path_query":"pages/order?id=77"`
)

// paidNow is check_json for what alice paid.
func paidNow() string { return fmt.Sprintf(`{"pay_amount":1990,"pay_time":%d}`, start.Unix()) }

// set is one call; an empty check leaves check_json out.
func (b *bundle) setCard(ref, content, check string) int {
	b.t.Helper()
	body := "{" + ref + `,"content_json":` + inString(content)
	if check != "" {
		body += `,"check_json":` + inString(check)
	}
	return b.post(as(b.mp, setNotify), body+"}").code()
}

// goods sets a state of the order without saying anything else.
func (b *bundle) goods(state int) int {
	b.t.Helper()
	return b.setCard(card(2001, transact), fmt.Sprintf(`{"cur_status":%d,%s,%s}`, state, page, products), paidNow())
}

func TestCourseOfAnOrder(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	require.Zero(t, b.setCard(card(2001, transact), `{"cur_status":1,`+page+`,`+products+`}`, paidNow()))
	require.Zero(t, b.setCard(card(2001, transact), `{"cur_status":2,`+page+`,`+products+`,"send_time":1764600000}`, ""))
	require.Zero(t, b.goods(4))
	require.Equal(t, 85448, b.goods(4), "the state that it has")
	require.Equal(t, 85439, b.goods(2), "back")
	b.wx.Advance(29 * 24 * time.Hour)
	require.Zero(t, b.goods(6))
	require.Zero(t, b.goods(8))
	require.Equal(t, 85438, b.goods(7), "the end")

	inbox := alice.Inbox()
	require.Len(t, inbox, 5)
	require.Equal(t, "[service notifications] Mini Program: Shopping: paid (Blue mug: ×2, product count: 2)",
		strings.Replace(inbox[0].String(), "Demo ", "", 1))
	require.Equal(t, emulator.Line{Key: "send_time", Label: "send time", Value: "12/01"}, inbox[1].Lines[2])
	require.Equal(t, "pages/order?id=77", inbox[1].MiniProgram.Page)
	require.Equal(t, "C0", inbox[1].TemplateID)
	require.Equal(t, "service-card", inbox[1].Type)

	info := b.post(as(b.mp, "/wxa/get_user_notify"), "{"+card(2001, transact)+"}")
	require.Zero(t, info.code())
	got := info["notify_info"].(map[string]any)
	require.Contains(t, got["content_json"], `"cur_status":8`)
	require.Equal(t, num("0"), got["code_state"])
	require.Equal(t, num(fmt.Sprint(start.Add(30*24*time.Hour).Unix())), got["code_expire_time"])
	state := alice.State().Accounts[0].Cards
	require.Len(t, state, 1)
	require.Equal(t, emulator.CardState{
		Code: transact, Kind: 2001, State: 8, Content: state[0].Content, Expires: start.Add(30 * 24 * time.Hour),
	}, state[0])
	b.wx.Advance(2 * 24 * time.Hour)
	require.Equal(t, 85438, b.post(as(b.mp, "/wxa/get_user_notify"), "{"+card(2001, transact)+"}").code())
	require.Empty(t, alice.State().Accounts[0].Cards)
}

func TestRightToACard(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	alice.Pay(b.mp, emulator.Payment{TransactionID: "score", PayScore: true})
	alice.Pay(b.mp, emulator.Payment{TransactionID: "fresh", KnownIn: time.Minute})
	const first = `{"cur_status":1,` + page + `,` + products + `}`
	now := start.Unix()
	for name, c := range map[string]struct {
		ref, check string
		code       int
	}{
		"no such user":      {`"openid":"oX","notify_type":2001,"notify_code":"` + transact + `"`, paidNow(), 40003},
		"not the payer":     {`"openid":"oB","notify_type":2001,"notify_code":"` + transact + `"`, paidNow(), 40003},
		"no such kind":      {card(2012, transact), paidNow(), 85434},
		"no template":       {card(2002, transact), paidNow(), 85434},
		"button's kind":     {card(1001, transact), paidNow(), 85434},
		"no such order":     {card(2001, "20261128-77"), paidNow(), 85437},
		"not known yet":     {card(2001, "fresh"), paidNow(), 85437},
		"no check":          {card(2001, transact), "", 85433},
		"check of nothing":  {card(2001, transact), "{}", 85433},
		"yuan":              {card(2001, transact), fmt.Sprintf(`{"pay_amount":19,"pay_time":%d}`, now), 85433},
		"milliseconds":      {card(2001, transact), fmt.Sprintf(`{"pay_amount":1990,"pay_time":%d}`, now*1000), 85433},
		"an hour before":    {card(2001, transact), fmt.Sprintf(`{"pay_amount":1990,"pay_time":%d}`, now-3600), 85433},
		"a year before":     {card(2001, transact), fmt.Sprintf(`{"pay_amount":1990,"pay_time":%d}`, now-31536000), 85438},
		"no channel":        {card(2001, "score"), paidNow(), 85437},
		"channel of others": {card(2001, transact), fmt.Sprintf(`{"pay_amount":1990,"pay_time":%d,"pay_channel":1001}`, now), 85437},
	} {
		require.Equal(t, c.code, b.setCard(c.ref, first, c.check), name)
	}
	require.Zero(t, b.setCard(card(2001, "score"), first, fmt.Sprintf(`{"pay_amount":1,"pay_time":%d,"pay_channel":1001}`, now)))
	require.Equal(t, 85434, b.setCard(card(2004, "score"), first, ""), "one code, one service")
	b.wx.Advance(time.Minute)
	require.Zero(t, b.setCard(card(2001, "fresh"), first, paidNow()))
	require.Equal(t, 85433, b.setCard(card(2001, "fresh"), `{"cur_status":2,`+page+`,`+products+`}`, "{}"))
	b.wx.Advance(24 * time.Hour)
	require.Equal(t, 85438, b.setCard(card(2001, transact), first, paidNow()), "too late to begin")
}

func TestButton(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	code := alice.StartService(b.mp, 1001)
	ride := func(state int, more string) int {
		return b.setCard(card(1001, code), fmt.Sprintf(`{"cur_status":%d,%s%s}`, state, page, more), "")
	}
	require.Zero(t, ride(1, `,"car_kind_count":0,"license_plate":""`))
	require.Zero(t, ride(1, `,"car_kind_count":2,"license_plate":""`), "may be repeated")
	require.Zero(t, ride(2, `,"license_plate":"浙B1X234","arrival_time":1764600300,"distance_to_passenger":800,"pay_amount":2350`))
	require.Zero(t, ride(5, ""), "what is not known is allowed")
	require.Equal(t, "(arrival time: 22:45, distance to passenger: 800 m, license plate: 浙B1X234, pay amount: ¥23.50)",
		strings.SplitN(alice.Inbox()[2].String(), "you ", 2)[1])
	require.Contains(t, alice.Inbox()[3].Title, "Taxi: state 5")
	b.wx.Advance(24 * time.Hour)
	require.Equal(t, 85438, ride(2, ""))
	late := alice.StartService(b.mp, 1003)
	b.wx.Advance(5 * time.Minute)
	require.Equal(t, 85438, b.setCard(card(1003, late), `{"cur_status":1,`+page+`}`, ""))
	require.Equal(t, 85439, b.setCard(card(1001, alice.StartService(b.mp, 1001)), `{"cur_status":3,`+page+`}`, ""))
}

func TestContentOfACard(t *testing.T) {
	t.Parallel()
	b, _ := cards(t)
	item := func(text string) string { return `{"cur_status":4,` + page + `,"product_list":` + text + `}` }
	for content, code := range map[string]int{
		``: 85435, `[]`: 85435, `null`: 85435, `{"cur_status":1`: 85435,
		`{}`: 85440, `{"cur_status":1}`: 85440, `{"cur_status":1,"wxa_path_query":""}`: 85440,
		`{"cur_status":1,` + page + `}`: 85440, `{"cur_status":1,` + page + `,"product_count":1}`: 85440,
		`{"cur_status":"1",` + page + `}`: 85441, `{"cur_status":1.5,` + page + `}`: 85441, `{"cur_status":0,` + page + `}`: 85441,
		`{"cur_status":4,"wxa_path_query":7}`:                 85441,
		`{"cur_status":4,` + page + `,"send_time":"now"}`:     85441,
		`{"cur_status":4,` + page + `,"send_time":-1}`:        85441,
		`{"cur_status":4,` + page + `,"sender_city":1}`:       85441,
		`{"cur_status":4,` + page + `,"car_color":"深蓝色"}`:     85441,
		`{"cur_status":4,` + page + `,"license_plate":"浙B1"}`: 85441,
		item(`[]`): 85441, item(`{"info_list":{}}`): 85441, item(`{"info_list":[7]}`): 85441,
		item(`{"info_list":[{"product_name":"a","product_img":"b"}]}`): 85440,
	} {
		require.Equal(t, code, b.setCard(card(2001, transact), content, paidNow()), content)
	}
	require.Zero(t, b.setCard(card(2001, transact), item(`{"info_list":[]}`), paidNow()))
	require.Equal(t, 47001, b.post(as(b.mp, setNotify), `{`+card(2001, transact)+`,"content_json":{"cur_status":4}}`).code(), "not in a string")
}

// A refused, a deleted and a banned card, and what the developer is told.
func TestCardsThatDoNotArrive(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	var events []string
	b.mp.SetCallback(emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON, Handler: http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			var body bytes.Buffer
			_, _ = body.ReadFrom(r.Body)
			if _, rest, ok := strings.Cut(body.String(), `"Event":"notify_service_msg_send_result",`); ok {
				events = append(events, rest)
			}
		})})
	require.Zero(t, b.goods(1))
	alice.Ban("C0")
	require.Zero(t, b.goods(2))
	alice.Unban("C0")
	alice.RefuseCard(b.mp, transact)
	require.Zero(t, b.goods(4))
	info := b.post(as(b.mp, "/wxa/get_user_notify"), "{"+card(2001, transact)+"}")["notify_info"].(map[string]any)
	require.Equal(t, num("10"), info["code_state"])
	require.Contains(t, info["content_json"], `"cur_status":4`, "the state stays")
	require.Zero(t, b.post(as(b.mp, "/wxaapi/newtmpl/deltemplate"), `{"priTmplId":"C0"}`).code())
	require.Zero(t, b.goods(6))
	b.wx.Settle()
	require.Len(t, alice.Inbox(), 1)
	require.Equal(t, []string{
		`"openid":"oA","notify_code":"p1.` + transact + `","notify_type":2001,"card_status":2,"fail_ret":-1004,"fail_msg":"user reject message"}`,
		`"openid":"oA","notify_code":"p1.` + transact + `","notify_type":2001,"card_status":4,"fail_ret":-1004,"fail_msg":"user reject message"}`,
		`"openid":"oA","notify_code":"p1.` + transact + `","notify_type":2001,"card_status":6,"fail_ret":-1003,"fail_msg":"template not exist"}`,
	}, events)

	b.mp.BanCard(alice, transact)
	require.Equal(t, 85436, b.goods(8))
	require.Equal(t, 85436, b.post(as(b.mp, "/wxa/set_user_notifyext"), "{"+card(2001, transact)+`,"ext_json":"{}"}`).code())
	require.True(t, alice.State().Accounts[0].Cards[0].Banned)
}

func TestExtensionOfACard(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	for ext, code := range map[string]int{
		``: 85470, `[]`: 85470, `{}`: 85470,
		`{"pay_info":{"transaction_id":"1"}}`: 85444, `{"pay_info":"{}"}`: 85444, `{"pay_info":"no"}`: 85444,
		`{"store_info":"{"}`: 85445, `{"shipping_list":[]}`: 85446, `{"product_list":7}`: 85447,
		`{"pay_info":"{\"transaction_id\":\"1\",\"pay_amount\":1,\"pay_time\":2}","store_info":"{}","new":"x"}`: 0,
	} {
		body := "{" + card(2001, transact) + `,"ext_json":` + inString(ext) + "}"
		require.Equal(t, code, b.post(as(b.mp, "/wxa/set_user_notifyext"), body).code(), ext)
	}
	require.Contains(t, alice.State().Accounts[0].Cards[0].Ext, "pay_info")
	require.Equal(t, 85437, b.post(as(b.mp, "/wxa/set_user_notifyext"), "{"+card(2001, "x")+`,"ext_json":"{}"}`).code())
	require.Equal(t, 40003, b.post(as(b.mp, "/wxa/get_user_notify"), `{"openid":"oX"}`).code())
}

// The templates of cards come from the library without keywords, and are for nothing else.
func TestTemplatesOfCards(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	made := b.post(as(b.mp, "/wxaapi/newtmpl/addtemplate"), `{"tid":"10000005","kidList":[],"sceneDesc":"orders"}`)
	require.Zero(t, made.code())
	require.Equal(t, 200020, b.post(as(b.mp, "/wxaapi/newtmpl/addtemplate"), `{"tid":"10000002","kidList":null,"sceneDesc":"o"}`).code())
	list := b.get(as(b.mp, "/wxaapi/newtmpl/gettemplate"))["data"].([]any)
	require.Equal(t, map[string]any{
		"priTmplId": made.text("priTmplId"), "title": "Insurance", "content": "", "example": "", "type": num("2"),
	}, list[5])
	require.Equal(t, 2005, b.mp.State().Templates[5].Card)
	require.Equal(t, 40037, b.post(as(b.mp, subscribeSend), sub("oA", "C0", "x")).code())
	_, err := alice.Popup("C0")
	require.ErrorContains(t, err, "20001")
	require.Zero(t, b.setCard(card(2005, transact), `{"cur_status":1,`+page+`}`, paidNow()))
}

func TestCardsAreSaved(t *testing.T) {
	t.Parallel()
	b, alice := cards(t)
	require.Zero(t, b.goods(1))
	alice.StartService(b.mp, 1001)
	var saved bytes.Buffer
	require.NoError(t, b.wx.Save(&saved))
	again, err := emulator.Load(&saved)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, again.Close()) })
	require.Equal(t, alice.State().Accounts[0].Cards, again.User("alice").State().Accounts[0].Cards)
	c := &bundle{t: t, wx: again, mp: again.MiniProgram(), cli: again.HTTPClient()}
	require.Zero(t, c.goods(2))
}
