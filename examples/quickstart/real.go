package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// realStory takes accounts and templates from the environment.
func realStory(out io.Writer, env func(string) string) (*story, error) {
	cfg, address, err := wechat.ConfigFromEnv(env, "WECHAT_", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET",
		"WECHAT_CODE", "WECHAT_TEMPLATE", "WECHAT_SERVICE_TEMPLATE", "WECHAT_DATA", "WECHAT_SERVICE_DATA")
	if err != nil {
		return nil, err
	}
	s := &story{
		out: out, code: env("WECHAT_CODE"), user: person{}, text: "Your contract is renewed.",
		people: oauth.NewDirectory(&oauth.MemoryStore{}),
		notice: subscribe.Message{TemplateID: env("WECHAT_TEMPLATE"), Data: pairs(env("WECHAT_DATA"))},
		card:   template.Message{TemplateID: env("WECHAT_SERVICE_TEMPLATE"), Data: pairs(env("WECHAT_SERVICE_DATA"))},
	}
	if s.mini, err = wechat.New(cfg, address); err != nil {
		return nil, fmt.Errorf("WECHAT_APPID, WECHAT_APPSECRET: %w", err)
	}
	if cfg, address, err = wechat.ConfigFromEnv(env, "WECHAT_SERVICE_"); err != nil {
		return nil, err
	}
	if s.service, err = wechat.New(cfg, address); err != nil {
		return nil, fmt.Errorf("WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET: %w", err)
	}
	return s, nil
}

// pairs reads "thing1=Insurance,date2=2026-12-01".
func pairs(text string) map[string]string {
	data := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			data[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return data
}

// person is somebody with a real phone, who did beforehand what the story needs.
type person struct{}

func (person) accepts()        {}
func (person) follows()        {}
func (person) writes()         {}
func (person) shows(io.Writer) {}
