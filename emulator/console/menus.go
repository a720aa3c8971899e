package console

import "github.com/wechatkit/wechat/emulator"

var menuRoutes = map[string]handler{
	"POST /apps/{appId}/switch-menu": appVerb(func(a *emulator.App, in *menuSwitchBody) { a.SwitchMenu(in.On) }),
	"POST /users/{name}/tap-button":  tapButton,
}

type (
	menuSwitchBody struct {
		On bool `json:"on"`
	}
	tapBody struct {
		appBody

		Path     []string            `json:"path"`
		Scan     string              `json:"scan"`
		Pictures [][]byte            `json:"pictures"`
		Place    *emulator.MenuPlace `json:"place"`
	}
)

func tapButton(r *request) (any, error) {
	u, a, in, err := userAndApp[tapBody](r)
	if err != nil {
		return nil, err
	}
	opened := u.TapButtonWith(a, emulator.MenuInput{Scan: in.Scan, Pictures: in.Pictures, Place: in.Place}, in.Path...)
	return map[string]emulator.MenuOpened{"opened": opened}, nil
}
