package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{
	"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET", "WECHAT_CODE",
	"WECHAT_TEMPLATE", "WECHAT_SERVICE_TEMPLATE", "WECHAT_DATA", "WECHAT_SERVICE_DATA",
}

// onEmulator reports whether to run on an emulator, which is where none of the variables is set. Where only some are, the
// error names one that is missing.
func onEmulator(env func(string) string) (bool, error) {
	missing := slices.DeleteFunc(slices.Clone(variables), func(name string) bool { return env(name) != "" })
	switch {
	case len(missing) == 0:
		return false, nil
	case len(missing) == len(variables) && env("WECHAT_BASE_URL") == "":
		return true, nil
	}
	return false, fmt.Errorf("%s is not set", missing[0])
}

// realStory takes accounts and templates from the environment.
func realStory(out io.Writer, env func(string) string) (*story, error) {
	s := &story{
		out: out, code: env("WECHAT_CODE"), user: person{}, text: "Your contract is renewed.",
		people: oauth.NewDirectory(oauth.NewMemoryStore()),
		notice: subscribe.Message{TemplateID: env("WECHAT_TEMPLATE"), Data: pairs(env("WECHAT_DATA"))},
		card:   template.Message{TemplateID: env("WECHAT_SERVICE_TEMPLATE"), Data: pairs(env("WECHAT_SERVICE_DATA"))},
	}
	var err error
	if s.mini, err = account(env, "WECHAT_"); err != nil {
		return nil, err
	}
	s.service, err = account(env, "WECHAT_SERVICE_")
	return s, err
}

func account(env func(string) string, prefix string) (*wechat.Client, error) {
	client, err := wechat.New(wechat.Config{
		AppID: env(prefix + "APPID"), AppSecret: wechat.Secret(env(prefix + "APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(env("WECHAT_BASE_URL"), wechat.BaseURL)))
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
