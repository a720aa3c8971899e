package console

import (
	"net/url"

	"github.com/wechatkit/wechat/emulator"
)

var appRoutes = map[string]handler{
	"POST /apps":                           addApp,
	"GET /apps/{appId}":                    onApp(func(*emulator.App) {}),
	"GET /apps/{appId}/credentials":        getCredentials,
	"POST /apps/{appId}/templates":         addTemplate,
	"PUT /apps/{appId}/callback":           setCallback,
	"DELETE /apps/{appId}/callback":        onApp((*emulator.App).RemoveCallback),
	"POST /apps/{appId}/callback/verify":   verifyCallback,
	"POST /apps/{appId}/push":              appVerb(func(a *emulator.App, in *pushBody) { a.PushRaw(in.Type, in.Plain) }),
	"POST /apps/{appId}/qr-codes":          addQRCode,
	"POST /apps/{appId}/quotas":            appVerb(func(a *emulator.App, in *quotaBody) { a.SetQuota(in.Path, in.PerDay) }),
	"POST /apps/{appId}/revoke":            revoke,
	"POST /apps/{appId}/reset-secret":      resetSecret,
	"POST /apps/{appId}/freeze-secret":     appVerb(func(a *emulator.App, in *freezeBody) { a.FreezeSecret(in.Frozen) }),
	"POST /apps/{appId}/ban-subscriptions": appVerb(func(a *emulator.App, in *bannedBody) { a.BanSubscriptions(in.Banned) }),
	"POST /apps/{appId}/allow-ips":         appVerb(func(a *emulator.App, in *ipsBody) { a.AllowIPs(in.IPs...) }),
}

type (
	pushBody struct {
		Type  string `json:"type"`
		Plain string `json:"plain"`
	}
	quotaBody struct {
		Path   string `json:"path"`
		PerDay int    `json:"perDay"`
	}
	freezeBody struct {
		Frozen bool `json:"frozen"`
	}
	bannedBody struct {
		Banned bool `json:"banned"`
	}
	ipsBody struct {
		IPs []string `json:"ips"`
	}
	sceneBody struct {
		Scene string `json:"scene"`
	}
)

// credentials are what a developer puts into the settings of a program.
type credentials struct {
	AppID       string `json:"appId"`
	AppSecret   string `json:"appSecret"`
	OriginalID  string `json:"originalId"`
	AccessToken string `json:"accessToken,omitempty"`
	// OneTimeTemplate is for one-time subscription messages of a service account.
	OneTimeTemplate string               `json:"oneTimeTemplate,omitempty"`
	Callback        *callbackCredentials `json:"callback,omitempty"`
}

type callbackCredentials struct {
	URL            string              `json:"url"`
	Token          string              `json:"token"`
	EncodingAESKey string              `json:"encodingAESKey"`
	Mode           emulator.Mode       `json:"mode"`
	Format         emulator.Format     `json:"format"`
	Shape          emulator.EventShape `json:"shape"`
}

func credentialsOf(a *emulator.App) credentials {
	c := credentials{AppID: a.AppID, AppSecret: a.Secret(), OriginalID: a.OriginalID}
	if a.Kind == emulator.MiniProgram || a.Kind == emulator.ServiceAccount {
		c.AccessToken = a.Token()
	}
	if a.Kind == emulator.ServiceAccount {
		c.OneTimeTemplate = a.OneTimeTemplate()
	}
	if cb, ok := a.Callback(); ok {
		c.Callback = &callbackCredentials{cb.URL, cb.Token, cb.EncodingAESKey, cb.Mode, cb.Format, cb.Shape}
	}
	return c
}

// onApp makes a handler of something that happens to an account.
func onApp(do func(*emulator.App)) handler {
	return func(r *request) (any, error) {
		a, err := r.app(r.PathValue("appId"))
		if err != nil {
			return nil, err
		}
		do(a)
		return a.State(), nil
	}
}

// appVerb is onApp with a body.
func appVerb[T any](do func(*emulator.App, *T)) handler {
	return func(r *request) (any, error) {
		a, in, err := appAnd[T](r)
		if err != nil {
			return nil, err
		}
		do(a, in)
		return a.State(), nil
	}
}

func appAnd[T any](r *request) (*emulator.App, *T, error) {
	a, err := r.app(r.PathValue("appId"))
	if err != nil {
		return nil, nil, err
	}
	in, err := body[T](r)
	return a, in, err
}

func addApp(r *request) (any, error) {
	in, err := body[AppConfig](r)
	if err != nil {
		return nil, err
	}
	a, err := in.add(r.wx)
	if err == nil {
		err = in.connect(r.wx, a)
	}
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return a.State(), nil
}

func getCredentials(r *request) (any, error) {
	a, err := r.app(r.PathValue("appId"))
	if err != nil {
		return nil, err
	}
	return credentialsOf(a), nil
}

func addTemplate(r *request) (any, error) {
	a, in, err := appAnd[TemplateConfig](r)
	if err != nil {
		return nil, err
	}
	t, err := in.template()
	if err != nil {
		return nil, badRequest("%v", err)
	}
	id := a.AddTemplate(t)
	for _, added := range a.State().Templates {
		if added.ID == id {
			return added, nil
		}
	}
	return nil, notFound("no template %q", id)
}

func setCallback(r *request) (any, error) {
	a, in, err := appAnd[CallbackConfig](r)
	if err != nil {
		return nil, err
	}
	a.SetCallback(in.callback())
	return credentialsOf(a), nil
}

func verifyCallback(r *request) (any, error) {
	a, err := r.app(r.PathValue("appId"))
	if err != nil {
		return nil, err
	}
	out := struct {
		OK    bool   `json:"ok"`
		Error string `json:"error,omitempty"`
	}{OK: true}
	if err := a.VerifyCallback(r.Context()); err != nil {
		out.OK, out.Error = false, err.Error()
	}
	return out, nil
}

func addQRCode(r *request) (any, error) {
	a, in, err := appAnd[sceneBody](r)
	if err != nil {
		return nil, err
	}
	ticket := a.QRCode(in.Scene)
	return map[string]string{"ticket": ticket, "picture": r.wx.BaseURL() + "/cgi-bin/showqrcode?ticket=" + url.QueryEscape(ticket)}, nil
}

func revoke(r *request) (any, error) {
	return onApp(func(a *emulator.App) { r.wx.Revoke(a) })(r)
}

func resetSecret(r *request) (any, error) {
	a, err := r.app(r.PathValue("appId"))
	if err != nil {
		return nil, err
	}
	a.ResetSecret()
	return credentialsOf(a), nil
}
