package wechat

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/wechatkit/wechat/errcode"
)

// ErrEnvEmpty says that none of the variables that [ConfigFromEnv] was asked for is set, nor WECHAT_BASE_URL: nobody meant to
// name an account. A program may then run on an emulator, as the examples do. Where some are set, one was forgotten.
var ErrEnvEmpty = errors.New("no other variable is set either")

// ConfigFromEnv reads which account to use, and where, from these variables of the environment:
//
//	<prefix>APPID      the AppID
//	<prefix>APPSECRET  the AppSecret
//	WECHAT_BASE_URL    the address of a proxy or an emulator in place of [BaseURL]; may be left out
//
// The prefix is "WECHAT_" for a Mini Program, "WECHAT_SERVICE_" for a service account and "WECHAT_WEBSITE_" for a website,
// where the variables are to be those that the command wechat-emulator prints. also names more variables that the program
// needs. getenv returns the value of one, "" where it is not set: [os.Getenv], or a function of a test's.
//
// The option is the address, to be given to [New] with the others:
//
//	cfg, address, err := wechat.ConfigFromEnv(os.Getenv, "WECHAT_", "WECHAT_TEMPLATE")
//	// …
//	client, err := wechat.New(cfg, address, wechat.WithLogger(logger))
//
// Errors: an [errcode.FieldError] that names the first variable that is missing, and is [ErrEnvEmpty] where all are; its
// Field is the variable's name. No value of a variable stands in an error. Whether the values are good is seen by New.
func ConfigFromEnv(getenv func(name string) string, prefix string, also ...string) (Config, Option, error) {
	id, secret := prefix+"APPID", prefix+"APPSECRET"
	if err := needEnv(getenv, append([]string{id, secret}, also...)); err != nil {
		return Config{}, nil, err
	}
	return Config{AppID: getenv(id), AppSecret: Secret(getenv(secret))},
		WithBaseURL(cmp.Or(getenv(envBaseURL), BaseURL)), nil
}

const envBaseURL = "WECHAT_BASE_URL"

func needEnv(getenv func(string) string, names []string) error {
	missing := ""
	empty := getenv(envBaseURL) == ""
	for _, name := range names {
		if getenv(name) != "" {
			empty = false
		} else if missing == "" {
			missing = name
		}
	}
	if missing == "" {
		return nil
	}
	err := &errcode.FieldError{Op: "wechat", Field: missing, Reason: "not set in the environment"}
	if empty {
		return fmt.Errorf("%w; %w", err, ErrEnvEmpty)
	}
	return err
}
