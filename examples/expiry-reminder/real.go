package main

import (
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
)

// realSettings reads the settings for the real WeChat, and names the one that is missing.
func realSettings(env func(string) string) (settings, error) {
	mini, address, err := wechat.ConfigFromEnv(env, "WECHAT_", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET",
		"WECHAT_TOKEN", "WECHAT_AES_KEY", "WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY",
		"WECHAT_TEMPLATE", "WECHAT_SERVICE_TEMPLATE", "DATABASE_URL", "API_TOKEN")
	if err != nil {
		return settings{}, err
	}
	account, _, err := wechat.ConfigFromEnv(env, "WECHAT_SERVICE_")
	if err != nil {
		return settings{}, err
	}
	s := settings{
		subscribeTemplate: env("WECHAT_TEMPLATE"),
		serviceTemplate:   env("WECHAT_SERVICE_TEMPLATE"),
		database:          env("DATABASE_URL"),
		apiToken:          env("API_TOKEN"),
		now:               time.Now,
	}
	if s.miniPush, err = callback.AppFromEnv(env, "WECHAT_", callback.MiniProgram); err != nil {
		return s, err
	}
	if s.servicePush, err = callback.AppFromEnv(env, "WECHAT_SERVICE_", callback.OfficialAccount); err != nil {
		return s, err
	}
	if s.mini, err = wechat.New(mini, address); err != nil {
		return s, err
	}
	s.service, err = wechat.New(account, address)
	return s, err
}
