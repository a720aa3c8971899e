package callback

import "github.com/wechatkit/wechat/errcode"

// AppFromEnv reads the settings of an account's pushes, in [ModeSecure], from these variables of the environment:
//
//	<prefix>APPID    the AppID
//	<prefix>TOKEN    the token of WeChat's console
//	<prefix>AES_KEY  the EncodingAESKey
//
// The prefix is "WECHAT_" for a Mini Program, "WECHAT_SERVICE_" for a service account and "WECHAT_PLATFORM_" for a
// third-party platform, where the variables are to be those that the command wechat-emulator prints. getenv returns the value
// of one, "" where it is not set: [os.Getenv], or a function of a test's.
//
// Errors: an [errcode.FieldError] that names the first variable that is missing; its Field is the variable's name. No value of
// a variable stands in it. Whether the values are good is seen by [New].
func AppFromEnv(getenv func(name string) string, prefix string, kind Kind) (App, error) {
	id, token, key := prefix+"APPID", prefix+"TOKEN", prefix+"AES_KEY"
	for _, name := range []string{id, token, key} {
		if getenv(name) == "" {
			return App{}, &errcode.FieldError{Op: "callback", Field: name, Reason: "not set in the environment"}
		}
	}
	return App{AppID: getenv(id), Kind: kind, Token: Secret(getenv(token)), EncodingAESKey: Secret(getenv(key))}, nil
}
