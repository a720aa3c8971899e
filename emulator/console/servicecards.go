package console

import "github.com/wechatkit/wechat/emulator"

// What happens to service cards (服务卡片) besides the calls.
var cardRoutes = map[string]handler{
	"POST /users/{name}/start-service": startService,
	"POST /users/{name}/refuse-card":   accountVerb(func(u *emulator.User, a *emulator.App, in *cardCodeBody) { u.RefuseCard(a, in.Code) }),
	"POST /apps/{appId}/ban-card":      banCard,
}

type (
	serviceBody struct {
		appBody

		Kind int `json:"kind"` // activity-type of the button
	}
	cardCodeBody struct {
		appBody

		Code string `json:"code"`
	}
	bannedCardBody struct {
		User string `json:"user"`
		Code string `json:"code"`
	}
)

func startService(r *request) (any, error) {
	u, a, in, err := userAndApp[serviceBody](r)
	if err != nil {
		return nil, err
	}
	return map[string]string{"code": u.StartService(a, in.Kind)}, nil
}

func banCard(r *request) (any, error) {
	a, in, err := appAnd[bannedCardBody](r)
	if err != nil {
		return nil, err
	}
	u, err := r.user(in.User)
	if err != nil {
		return nil, err
	}
	a.BanCard(u, in.Code)
	return a.State(), nil
}
