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
	s := &story{
		out: out, code: env("WECHAT_CODE"), user: person{}, text: "Your contract is renewed.",
		people: oauth.NewDirectory(oauth.NewMemoryStore()),
		notice: subscribe.Message{TemplateID: env("WECHAT_TEMPLATE"), Data: pairs(env("WECHAT_DATA"))},
		card:   template.Message{TemplateID: env("WECHAT_SERVICE_TEMPLATE"), Data: pairs(env("WECHAT_SERVICE_DATA"))},
	}
	var opts []wechat.Option
	if base := env("WECHAT_BASE_URL"); base != "" {
		opts = append(opts, wechat.WithBaseURL(base))
	}
	var err error
	if s.mini, err = account(env, "WECHAT_", opts); err != nil {
		return nil, err
	}
	s.service, err = account(env, "WECHAT_SERVICE_", opts)
	return s, err
}

func account(env func(string) string, prefix string, opts []wechat.Option) (*wechat.Client, error) {
	client, err := wechat.New(wechat.Config{
		AppID: env(prefix + "APPID"), AppSecret: wechat.Secret(env(prefix + "APPSECRET")),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("%sAPPID, %sAPPSECRET: %w", prefix, prefix, err)
	}
	return client, nil
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
