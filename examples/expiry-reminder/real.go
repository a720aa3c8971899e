package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
)

// realSettings reads the settings for the real WeChat, and names the one that is missing.
func realSettings(env func(string) string) (s settings, err error) {
	need := func(name string) string {
		value := env(name)
		if value == "" && err == nil {
			err = fmt.Errorf("%s is not set", name)
		}
		return value
	}
	mini := wechat.Config{AppID: need("WECHAT_APPID"), AppSecret: wechat.Secret(need("WECHAT_APPSECRET"))}
	account := wechat.Config{AppID: need("WECHAT_SERVICE_APPID"), AppSecret: wechat.Secret(need("WECHAT_SERVICE_APPSECRET"))}
	s = settings{
		miniPush: callback.App{
			AppID: mini.AppID, Kind: callback.MiniProgram, Token: callback.Secret(need("WECHAT_TOKEN")),
			EncodingAESKey: callback.Secret(need("WECHAT_AES_KEY")),
		},
		servicePush: callback.App{
			AppID: account.AppID, Kind: callback.OfficialAccount, Token: callback.Secret(need("WECHAT_SERVICE_TOKEN")),
			EncodingAESKey: callback.Secret(need("WECHAT_SERVICE_AES_KEY")),
		},
		subscribeTemplate: need("WECHAT_TEMPLATE"),
		serviceTemplate:   need("WECHAT_SERVICE_TEMPLATE"),
		database:          need("DATABASE_URL"),
		apiToken:          need("API_TOKEN"),
		now:               time.Now,
	}
	if err != nil {
		return s, err
	}
	address := wechat.WithBaseURL(cmp.Or(env("WECHAT_BASE_URL"), wechat.BaseURL))
	if s.mini, err = wechat.New(mini, address); err != nil {
		return s, err
	}
	s.service, err = wechat.New(account, address)
	return s, err
}
