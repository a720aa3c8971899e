package notify

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

// Content is what a reminder says, in the form of each door. A door without content is passed over.
type Content struct {
	Template  *TemplateContent  `json:"template,omitempty"`
	Subscribe *SubscribeContent `json:"subscribe,omitempty"`
	Card      *CardContent      `json:"card,omitempty"`
	Reply     string            `json:"reply,omitempty"` // the text of a customer-service message
	Other     map[string]string `json:"other,omitempty"` // for doors of the program's own, by their names
}

// TemplateContent is the content of a template message (模板消息).
type TemplateContent struct {
	TemplateID string            `json:"templateId"`
	Data       map[string]string `json:"data"`
	URL        string            `json:"url,omitempty"`
	// AppID and Page name the page of a Mini Program that the card opens in place of URL.
	AppID string `json:"appId,omitempty"`
	Page  string `json:"page,omitempty"`
}

// SubscribeContent is the content of a subscription message (订阅消息).
type SubscribeContent struct {
	TemplateID string            `json:"templateId"`
	Data       map[string]string `json:"data"`
	Page       string            `json:"page,omitempty"`
}

func (c *Content) empty() bool {
	return c.Template == nil && c.Subscribe == nil && c.Card == nil && c.Reply == "" && len(c.Other) == 0
}

func (c *TemplateContent) check() error {
	if c == nil {
		return nil
	}
	return checkTemplate("Content.Template", c.TemplateID, c.Data)
}

func (c *SubscribeContent) check() error {
	if c == nil {
		return nil
	}
	return checkTemplate("Content.Subscribe", c.TemplateID, c.Data)
}

// checkTemplate applies the rules of keywords, which are the same for both kinds of templates.
func checkTemplate(field, templateID string, data map[string]string) error {
	switch {
	case templateID == "":
		return fieldError(field+".TemplateID", "empty")
	case len(data) == 0:
		return fieldError(field+".Data", "empty")
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		var broken *errcode.FieldError
		if errors.As(subscribe.TypeOf(key).Check(data[key]), &broken) {
			return fieldError(fmt.Sprintf("%s.Data[%q]", field, key), broken.Reason)
		}
	}
	return nil
}

func checkReply(text string) error {
	if n := len(text); n > customerservice.TextLimit {
		return fieldError("Content.Reply", fmt.Sprintf("%d bytes, limit %d", n, customerservice.TextLimit))
	}
	return nil
}
