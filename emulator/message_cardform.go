package emulator

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

// cardKind is what is known of one kind of service cards.
type cardKind struct {
	title  string
	tid    int
	order  bool              // its code is the number of a payment
	states map[int]cardState // those that are known
}

// cardState is a row of a kind's table.
type cardState struct {
	name   string
	after  string // the states before, such as "1 2"; 0 is before the activation
	needs  string // the fields
	isLast bool
}

// goodsStates are those of goods that are sent. Pick-up and virtual goods are said to follow the same pattern.
var goodsStates = map[int]cardState{
	1:  {name: "paid", after: "0 7", needs: "product_count product_list"},
	2:  {name: "to be sent", after: "0 1 7", needs: "product_count product_list"},
	3:  {name: "partly sent", after: "0 1 2 3 7"},
	4:  {name: "sent", after: "0 1 2 3 7"},
	5:  {name: "sent again", after: "3 4 7"},
	6:  {name: "signed for", after: "4 5 7"},
	7:  {name: "after-sale begun", after: "1 2 3 4 5 6"},
	8:  {name: "done", after: "1 2 3 4 5 6 7", isLast: true},
	9:  {name: "after-sale done", after: "7", isLast: true},
	10: {name: "cancelled", after: "1 2 7", isLast: true},
	11: {name: "after-sale closed", after: "7", isLast: true},
}

var cardKinds = map[int]*cardKind{
	2001: {"Shopping", 10000001, true, goodsStates},
	2002: {"Pick-up", 10000002, true, goodsStates},
	2003: {"Virtual goods", 10000003, true, goodsStates},
	2004: {"Parcel", 10000004, true, map[int]cardState{
		1: {name: "to be collected", after: "0 1"}, 2: {name: "collected", after: "0 1 2"}, 3: {name: "on the way", after: "0 1 2 3"},
	}},
	2005: {"Insurance", 10000005, true, nil},
	2006: {"Delivery", 10000006, true, map[int]cardState{
		1: {name: "paid", after: "0 10"}, 2: {name: "being prepared", after: "0 1 2 10"},
	}},
	2007: {"Collection", 10000007, true, nil},
	2008: {"Hotel", 10000021, true, nil},
	2009: {"Flight", 10000024, true, nil},
	2010: {"Train, coach, ship", 10000022, true, nil},
	2011: {"Sight", 10000029, true, nil},
	1001: {"Taxi", 10000017, false, map[int]cardState{
		1: {name: "calling", after: "0 1"}, 2: {name: "on its way to you", after: "0 1 2 4"}, 3: {name: "cancelled", after: "1 2 4 5 6"},
	}},
	1003: {"Local delivery", 10000019, false, map[int]cardState{1: {name: "paid", after: "0"}}},
	1004: {"Waiting for food", 10000020, false, nil},
	1005: {"Queue", 10000018, false, nil},
}

func (k *cardKind) ends(state int) bool { return k.states[state].isLast }

// follows tells what becomes of a change from one state to another: 0 if it is allowed. What is not known is.
func (k *cardKind) follows(from, to int) errcode.Code {
	row, known := k.states[to]
	switch {
	case !known, slices.Contains(strings.Fields(row.after), strconv.Itoa(from)):
		return 0
	case from == to:
		return errcode.CardPushed
	}
	return errcode.CardStateNotAllowed
}

// cardChange is content_json.
type cardChange struct {
	kind  *cardKind
	state int
	page  string
	shown map[string]any // all else
}

// readChange reads content_json and returns the code for what is wrong with it.
func readChange(kind int, content string) (cardChange, errcode.Code) {
	change := cardChange{kind: cardKinds[kind]}
	dec := json.NewDecoder(bytes.NewReader([]byte(content)))
	dec.UseNumber()
	if dec.Decode(&change.shown) != nil || change.shown == nil {
		return change, errcode.InvalidCardContent
	}
	state, hasState := change.shown["cur_status"]
	page, hasPage := change.shown["wxa_path_query"]
	if !hasState || !hasPage || page == "" {
		return change, errcode.CardFieldMissing
	}
	n, isInteger := wholeNumber(state)
	text, isText := page.(string)
	if !isInteger || n < 1 || !isText {
		return change, errcode.InvalidCardField
	}
	change.state, change.page = int(n), text
	for _, name := range strings.Fields(change.kind.states[change.state].needs) {
		if _, ok := change.shown[name]; !ok {
			return change, errcode.CardFieldMissing
		}
	}
	return change, change.checkFields()
}

func wholeNumber(v any) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := number.Int64()
	return n, err == nil
}

// cardNumbers are the fields that hold a whole number, and cardTexts those that hold a text, with the most
// characters that each takes.
var (
	cardNumbers = []string{
		"product_count", "send_time", "pickup_time", "delivery_time", "arrival_time", "check_in_time", "check_out_time",
		"distance_to_store", "distance_to_destination", "distance_to_passenger", "car_kind_count", "pay_amount",
	}
	cardTexts = map[string]int{
		"sender_city": 11, "receiver_city": 11, "sender_name": 5, "receiver_name": 5, "car_color": 2, "license_plate": 8,
	}
)

func (c *cardChange) checkFields() errcode.Code {
	for _, name := range cardNumbers {
		if v, ok := c.shown[name]; ok {
			if n, whole := wholeNumber(v); !whole || n < 0 {
				return errcode.InvalidCardField
			}
		}
	}
	for name, most := range cardTexts {
		if v, ok := c.shown[name]; ok {
			if text, isText := v.(string); !isText || utf8.RuneCountInString(text) > most {
				return errcode.InvalidCardField
			}
		}
	}
	if plate, _ := c.shown["license_plate"].(string); plate != "" && utf8.RuneCountInString(plate) < 7 {
		return errcode.InvalidCardField
	}
	return c.checkProducts()
}

// products are the items of product_list.
func (c *cardChange) products() (items []map[string]any, isRight bool) {
	v, ok := c.shown["product_list"]
	if !ok {
		return nil, true
	}
	list, _ := v.(map[string]any)
	raw, isList := list["info_list"].([]any)
	for _, r := range raw {
		item, isObject := r.(map[string]any)
		if !isObject {
			return nil, false
		}
		items = append(items, item)
	}
	return items, isList
}

func (c *cardChange) checkProducts() errcode.Code {
	items, isRight := c.products()
	if !isRight {
		return errcode.InvalidCardField
	}
	for _, item := range items {
		for _, name := range []string{"product_img", "product_name", "product_path_query"} {
			if text, _ := item[name].(string); text == "" {
				return errcode.CardFieldMissing
			}
		}
	}
	return 0
}

// message is what the phone shows of a change.
func (c *cardChange) message(a *App, t *template, now time.Time) Message {
	m := Message{
		Time: now, Place: ServiceNotifications, AppID: a.AppID, From: a.Name, Type: "service-card", TemplateID: t.ID,
		Title:       c.kind.title + ": " + stateName(c.kind, c.state),
		MiniProgram: &MiniProgramLink{AppID: a.AppID, Page: c.page},
	}
	items, _ := c.products()
	for _, item := range items {
		name, _ := item["product_name"].(string)
		m.Lines = append(m.Lines, Line{Key: "product_list", Label: name, Value: "×" + countOf(item)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.shown)) {
		if value := shownValue(name, c.shown[name]); value != "" {
			m.Lines = append(m.Lines, Line{Key: name, Label: strings.ReplaceAll(name, "_", " "), Value: value})
		}
	}
	return m
}

func countOf(item map[string]any) string {
	if n, ok := wholeNumber(item["count"]); ok {
		return strconv.FormatInt(n, 10)
	}
	return "1"
}

// shownValue is a field as the card has it, "" for one that it does not show.
func shownValue(name string, v any) string {
	switch name {
	case "cur_status", "wxa_path_query", "product_list":
		return ""
	}
	n, isNumber := wholeNumber(v)
	switch {
	case isNumber && name == "arrival_time":
		return time.Unix(n, 0).In(china).Format("15:04")
	case isNumber && strings.HasSuffix(name, "_time"):
		return time.Unix(n, 0).In(china).Format("01/02")
	case isNumber && name == "car_kind_count" && n == 0:
		return ""
	case isNumber && name == "pay_amount":
		return "¥" + strconv.FormatFloat(float64(n)/100, 'f', 2, 64)
	case isNumber && strings.HasPrefix(name, "distance_"):
		return strconv.FormatInt(n, 10) + " m"
	case isNumber:
		return strconv.FormatInt(n, 10)
	}
	text, _ := v.(string)
	return text
}

// extensionCodes are the codes of members of ext_json that are wrong.
var extensionCodes = []struct {
	name string
	code errcode.Code
}{{"pay_info", codeInvalidPayInfo}, {"store_info", codeInvalidStoreInfo}, {"shipping_list", codeInvalidShipping}, {"product_list", codeInvalidProducts}}

// checkExtension reads ext_json, whose members are strings that hold JSON again.
func checkExtension(text string) errcode.Code {
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) != nil || len(members) == 0 {
		return codeInvalidExtension
	}
	for _, member := range extensionCodes {
		v, there := members[member.name]
		if inner, isText := v.(string); there && (!isText || !json.Valid([]byte(inner))) {
			return member.code
		}
	}
	var pay struct {
		ID *string `json:"transaction_id"`
		paymentCheck
	}
	inner, there := members["pay_info"].(string)
	if there && (json.Unmarshal([]byte(inner), &pay) != nil || pay.ID == nil || pay.Amount == nil || pay.Time == nil) {
		return codeInvalidPayInfo
	}
	return 0
}
