package callback

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// SubscribeFailure is the errCode with which the client's call for a subscription fails. It is an error, so that
// errors.Is finds it in a [SubscribeError]. Others than the constants are possible.
type SubscribeFailure int

// The failures of wx.requestSubscribeMessage and of the tag wx-open-subscribe.
const (
	SubscribeNoTemplates        SubscribeFailure = 10001 // no template was asked for
	SubscribeTemplatesNotLoaded SubscribeFailure = 10002 // network: the templates could not be fetched; try again
	SubscribeAnswerNotSent      SubscribeFailure = 10003 // network: the answer could not be sent; try again
	SubscribeInvalidTemplates   SubscribeFailure = 10004 // the list of templates is of another type
	SubscribeInBackground       SubscribeFailure = 10005 // the app went to the background: no pop-up
	SubscribeUnknownTemplate    SubscribeFailure = 20001 // a template that the account does not have, or of the wrong kind
	SubscribeMixedKinds         SubscribeFailure = 20002 // one-time and long-term templates in one call
	SubscribeTooManyTemplates   SubscribeFailure = 20003 // more than five templates; older clients take three
	SubscribeSwitchedOff        SubscribeFailure = 20004 // the user takes no subscription messages from this account
	SubscribeAppBanned          SubscribeFailure = 20005 // WeChat has banned the account from asking
	SubscribeDeviceTemplate     SubscribeFailure = 20013 // a device template, which wx.requestSubscribeDeviceMessage asks for
)

// Error returns "errCode 20004".
func (f SubscribeFailure) Error() string { return "errCode " + strconv.Itoa(int(f)) }

// SubscribeError is a failed call for a subscription, as the client tells it.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html
type SubscribeError struct {
	Code    SubscribeFailure // errCode; 0 where the client gives none, as for a call that no tap led to
	Message string           // errMsg
}

// Error returns WeChat's code and words.
func (e *SubscribeError) Error() string {
	return fmt.Sprintf("callback: wx.requestSubscribeMessage: %v: %s", e.Code, e.Message)
}

// Unwrap gives the code, nil where there is none.
func (e *SubscribeError) Unwrap() error {
	if e.Code == 0 {
		return nil
	}
	return e.Code
}

// Why a result is refused. All of them come with [ErrParse].
var (
	errNoObject    = errors.New("no JSON object")
	errForeignCall = errors.New("the result of another call")
	errIsSettings  = errors.New("the result of wx.getSetting, which ParseSubscribeSettings reads")
	errNoSettings  = errors.New("no subscriptionsSetting: call wx.getSetting with withSubscriptions")
	errNoDetails   = errors.New("subscribeDetails cannot be read")
)

// ParseSubscribeResult reads what a user answered to wx.requestSubscribeMessage, as the mini program got it and passed it
// on as JSON, in the order of that JSON. It takes the results of the calls for devices and employees too, whose
// bindingStatus is no template, and the event "success" of the tag wx-open-subscribe or its detail, whose
// subscribeDetails is JSON within JSON.
//
// A failed call is a *[SubscribeError], which matches its [SubscribeFailure]. Anything else is an error that wraps
// [ErrParse]: no JSON object, the result of another call, or that of wx.getSetting, whose answers allow no message, see
// [ParseSubscribeSettings].
//
// The client can write into it what it likes: take it for a hint, and [SubscribePopup] for the proof. Where the tag asked,
// WeChat is said to push the first answer only, so that the client's word may be all there is.
func ParseSubscribeResult(data []byte) ([]SubscribeResult, error) {
	root, err := clientResult(data)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"subscriptionsSetting", "itemSettings", "mainSwitch"} {
		if root.Child(name).Exists() {
			return nil, tagged(ErrParse, errIsSettings)
		}
	}
	if !isSubscription(text(root, "errMsg")) {
		return nil, tagged(ErrParse, errForeignCall)
	}
	if details := root.Child("subscribeDetails"); details.Exists() {
		return detailResults(details)
	}
	return templateResults(root), nil
}

// SubscribeSettings is what a user has settled about subscriptions for good.
type SubscribeSettings struct {
	// SwitchedOff tells that the user takes no subscription messages from this account at all. A pop-up fails with
	// [SubscribeSwitchedOff] then, whatever Kept says.
	SwitchedOff bool
	// Kept are the answers with "always keep" (总是保持以上选择) ticked. They spare the user the pop-up and allow no message
	// by themselves: for a one-time template each still takes a call of wx.requestSubscribeMessage.
	Kept []SubscribeResult
}

// ParseSubscribeSettings reads what wx.getSetting({withSubscriptions: true}) gave the mini program, or the
// subscriptionsSetting in it, passed on as JSON. The system messages of mini games (SYS_MSG_TYPE_…) are no templates and
// are left out. The errors are those of [ParseSubscribeResult].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/api/open-api/setting/wx.getSetting.html
func ParseSubscribeSettings(data []byte) (SubscribeSettings, error) {
	root, err := clientResult(data)
	if err != nil {
		return SubscribeSettings{}, err
	}
	if s := root.Child("subscriptionsSetting"); s.Exists() {
		root = s
	}
	items, main := root.Child("itemSettings"), root.Child("mainSwitch")
	switch {
	case items.Exists():
		root = items
	case !main.Exists():
		return SubscribeSettings{}, tagged(ErrParse, errNoSettings)
	}
	return SubscribeSettings{SwitchedOff: main.Text() == "false", Kept: templateResults(root)}, nil
}

// clientResult parses what a client's call gave, and finds the failure in it.
func clientResult(data []byte) (tree.Node, error) {
	doc, err := tree.Parse(string(data))
	if err != nil {
		return tree.Node{}, tagged(ErrParse, err)
	}
	if doc.Format != tree.JSON {
		return tree.Node{}, tagged(ErrParse, errNoObject)
	}
	root := doc.Root()
	if detail := unfold(root.Child("detail")); detail.First().Exists() { // the whole event of the tag
		root = detail
	}
	if message := text(root, "errMsg"); integer(root, "errCode") != 0 || strings.Contains(message, ":fail") {
		return tree.Node{}, &SubscribeError{Code: SubscribeFailure(integer(root, "errCode")), Message: message}
	}
	return root, nil
}

// isSubscription tells by the errMsg, "requestSubscribeMessage:ok", whether a call asked for subscriptions by template. A
// client may have left it out.
func isSubscription(message string) bool {
	call, _, named := strings.Cut(message, ":")
	switch {
	case !named, call == "bindEmployeeRelation":
		return true
	case strings.Contains(call, "SystemMessage"):
		return false
	}
	return strings.Contains(strings.ToLower(call), "subscribe")
}

// noTemplates are the fields of a result that are no templates.
var noTemplates = map[string]bool{
	"errMsg": true, "errCode": true, "errno": true, "mainSwitch": true, "bindingStatus": true,
}

func templateResults(n tree.Node) []SubscribeResult {
	var out []SubscribeResult
	for c := n.First(); c.Exists(); c = c.Next() {
		if noTemplates[c.Name()] || strings.HasPrefix(c.Name(), "SYS_MSG_TYPE_") {
			continue
		}
		status := c.Text()
		if isWord(status) && status != "true" && status != "false" { // those that are not known, too
			out = append(out, SubscribeResult{TemplateID: c.Name(), Status: SubscribeStatus(status)})
		}
	}
	return out
}

// detailResults reads the answers that the tag wx-open-subscribe gives by template: each layer is an object, or the text
// of one.
func detailResults(details tree.Node) ([]SubscribeResult, error) {
	all := unfold(details)
	if !all.First().Exists() && strings.TrimSpace(details.Text()) != "{}" {
		return nil, tagged(ErrParse, errNoDetails)
	}
	var out []SubscribeResult
	for c := all.First(); c.Exists(); c = c.Next() {
		status := text(unfold(c), "status")
		if status == "" && isWord(c.Text()) {
			status = c.Text()
		}
		if status != "" {
			out = append(out, SubscribeResult{TemplateID: c.Name(), Status: SubscribeStatus(status)})
		}
	}
	if out == nil && all.First().Exists() {
		return nil, tagged(ErrParse, errNoDetails)
	}
	return out, nil
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// unfold returns the object that is written down in the text of a node, or the node.
func unfold(n tree.Node) tree.Node {
	doc, err := tree.Parse(n.Text())
	if err != nil || doc.Format != tree.JSON {
		return n
	}
	return doc.Root()
}
