package emulator

import "strconv"

// Getenv returns the value of a variable of the environment as the command wechat-emulator prints it for this server, so that
// a program which is given os.Getenv elsewhere runs on the emulator instead. Any other name is "". Those that there are:
//
//	WECHAT_BASE_URL                  the address; the server listens from then on, see [Server.URL]
//	WECHAT_APPID, WECHAT_APPSECRET   the first Mini Program
//	WECHAT_TEMPLATE                  its first template
//	WECHAT_OPENID                    the first user in it
//	WECHAT_TOKEN, WECHAT_AES_KEY     what its pushes are signed and encrypted with, if it has a callback
//
// The same of the first service account begin with WECHAT_SERVICE_, of the first website with WECHAT_WEBSITE_ and of the
// first third-party platform with WECHAT_PLATFORM_; those of the second of a kind end in _2.
func (s *Server) Getenv(name string) string {
	if name == "WECHAT_BASE_URL" {
		if base := s.BaseURL(); base != "" {
			return base
		}
		return s.URL()
	}
	count := map[Kind]int{}
	for _, a := range s.Apps() {
		count[a.Kind]++
		suffix := ""
		if count[a.Kind] > 1 {
			suffix = "_" + strconv.Itoa(count[a.Kind])
		}
		for key, value := range s.variables(a) {
			if name == "WECHAT_"+envPrefixes[a.Kind]+key+suffix {
				return value
			}
		}
	}
	return ""
}

var envPrefixes = map[Kind]string{ServiceAccount: "SERVICE_", Website: "WEBSITE_", ThirdParty: "PLATFORM_"}

func (s *Server) variables(a *App) map[string]string {
	out := map[string]string{"APPID": a.AppID, "APPSECRET": a.Secret()}
	if cb, ok := a.Callback(); ok {
		out["TOKEN"], out["AES_KEY"] = cb.Token, cb.EncodingAESKey
	}
	if a.Kind != MiniProgram && a.Kind != ServiceAccount {
		return out
	}
	if templates := a.State().Templates; len(templates) > 0 {
		out["TEMPLATE"] = templates[0].ID
	}
	if users := s.Users(); len(users) > 0 {
		out["OPENID"] = users[0].OpenID(a)
	}
	return out
}
