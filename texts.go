package wechat

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// notMade returns the error of a call of which no request was made.
func (c *Call) notMade(err error) error {
	var text *rest.TextError
	if errors.As(err, &text) {
		op, _, _ := strings.Cut(c.Op, ".")
		return &errcode.FieldError{Op: op, Field: text.Field, Reason: rest.NotUTF8}
	}
	return fmt.Errorf("%s: %w", c.Op, err)
}

// checkTexts looks for text that is not UTF-8 in all of a request but its JSON, which [rest.Encode] looks after. No
// option leaves this out: such a text is never what WeChat should get.
func (c *Call) checkTexts() error {
	if !utf8.ValidString(c.Path) {
		return &rest.TextError{Field: "Path"}
	}
	if key, found := wrongKey(c.Query); found {
		return &rest.TextError{Field: c.parameter(key)}
	}
	if u := c.Upload; u != nil {
		return checkForm(u)
	}
	return nil
}

// wrongKey returns the first key, in the order of the alphabet, that is not UTF-8 or has a value that is not.
func wrongKey(query url.Values) (key string, found bool) {
	for k, values := range query {
		if (!found || k < key) && !(utf8.ValidString(k) && allUTF8(values)) {
			key, found = k, true
		}
	}
	return key, found
}

func allUTF8(values []string) bool {
	for _, v := range values {
		if !utf8.ValidString(v) {
			return false
		}
	}
	return true
}

// parameters are keys of queries as the methods of the packages call them.
var parameters = map[string]string{
	"kf_openid": "agentOpenID", "business_id": "businessID", "openid": "openID", "next_openid": "after",
	"code": "code", "js_code": "code", "tid": "TitleID", "ids": "CategoryIDs", "type": "Type", "media_id": "mediaID",
	"record_id": "recordID", "ticket": "ticket", "transaction_id": "TransactionID", "mch_id": "MchID",
	"out_trade_no": "OutTradeNo", "access_token": "AccessToken", "refresh_token": "refreshToken",
}

// parameter names a part of the query as the caller knows it.
func (c *Call) parameter(key string) string {
	if name := parameters[key]; name != "" && c.Op != "wechat.Do" {
		return name
	}
	return "Query[" + strconv.Quote(key) + "]"
}

func checkForm(u *Upload) error {
	texts := []struct{ field, text string }{
		{"Field", u.Field}, {"Filename", u.Filename}, {"ContentType", u.ContentType},
	}
	for i, f := range u.Form {
		part := "Form[" + strconv.Itoa(i) + "]."
		texts = append(texts, []struct{ field, text string }{{part + "Name", f.Name}, {part + "Value", f.Value}}...)
	}
	for _, t := range texts {
		if !utf8.ValidString(t.text) {
			return &rest.TextError{Field: "Upload." + t.field}
		}
	}
	return nil
}
