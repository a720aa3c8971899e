package console

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/wechatkit/wechat/emulator"
)

// What developers and administrators set up for an account, and what the platform does to it.
var setupRoutes = map[string]handler{
	"POST /apps/{appId}/link":                           withOther(func(a, mini *emulator.App) any { a.Link(mini); return a.State() }),
	"POST /apps/{appId}/migrate-from":                   withOther(func(a, old *emulator.App) any { a.MigrateFrom(old); return a.State() }),
	"POST /apps/{appId}/authorize-to":                   withOther(authorizeTo),
	"POST /apps/{appId}/deauthorize":                    withOther(func(a, p *emulator.App) any { a.Deauthorize(p); return a.State() }),
	"POST /apps/{appId}/verify-ticket":                  newVerifyTicket,
	"POST /apps/{appId}/menu":                           appVerb(func(a *emulator.App, in *buttonsBody) { a.SetMenu(in.Buttons...) }),
	"POST /apps/{appId}/templates/{template}/ban":       onTemplate((*emulator.App).BanTemplate),
	"POST /apps/{appId}/templates/{template}/intercept": onTemplate((*emulator.App).InterceptTemplate),
	"POST /apps/{appId}/templates/{template}/hold":      onTemplate((*emulator.App).HoldTemplate),
	"POST /apps/{appId}/templates/{template}/pass":      onTemplate((*emulator.App).PassHeld),
	"POST /apps/{appId}/templates/{template}/block":     onTemplate((*emulator.App).BlockHeld),
	"POST /apps/{appId}/media":                          addMedia,
	"POST /apps/{appId}/agents":                         appVerb(func(a *emulator.App, in *AgentConfig) { a.AddAgent(in.Account, in.Nick) }),
	"POST /apps/{appId}/agent-online":                   appVerb(func(a *emulator.App, in *onlineBody) { a.SetAgentOnline(in.Account, in.Online) }),
	"POST /apps/{appId}/agent-confirm":                  appVerb(func(a *emulator.App, in *onlineBody) { a.ConfirmInvite(in.Account) }),
	"POST /apps/{appId}/agent-says":                     agentSays,
	"POST /apps/{appId}/secure-api":                     secureAPI,
	"POST /apps/{appId}/content-rules":                  appVerb(func(a *emulator.App, in *emulator.ContentRule) { a.AddContentRule(*in) }),
	"POST /apps/{appId}/verify":                         appVerb(func(a *emulator.App, in *verifyBody) { a.Verify(in.Event, in.Reason) }),
	"POST /library":                                     addLibraryTitle,
}

type (
	buttonsBody struct {
		Buttons []emulator.MenuButton `json:"buttons"`
	}
	onlineBody struct {
		Account string `json:"account"`
		Online  bool   `json:"online"`
	}
	verifyBody struct {
		Event  emulator.VerificationEvent `json:"event"`
		Reason string                     `json:"reason"`
	}
	sayBody struct {
		Account string `json:"account"`
		User    string `json:"user"`
		Text    string `json:"text"`
	}
	mediaBody struct {
		Kind      string `json:"kind"` // "image", "voice", "video" or "thumb"
		Name      string `json:"name"`
		Data      []byte `json:"data"`
		Permanent bool   `json:"permanent"`
	}
)

// withOther makes a handler of something between two accounts; the body names the other one.
func withOther(do func(a, other *emulator.App) any) handler {
	return func(r *request) (any, error) {
		a, in, err := appAnd[appBody](r)
		if err != nil {
			return nil, err
		}
		other, err := r.app(in.AppID)
		if err != nil {
			return nil, err
		}
		return do(a, other), nil
	}
}

func authorizeTo(a, platform *emulator.App) any {
	return map[string]string{"authorizationCode": a.AuthorizeTo(platform)}
}

func newVerifyTicket(r *request) (any, error) {
	a, err := r.app(r.PathValue("appId"))
	if err != nil {
		return nil, err
	}
	return map[string]string{"ticket": a.VerifyTicket()}, nil
}

func onTemplate(do func(*emulator.App, string)) handler {
	return func(r *request) (any, error) {
		return onApp(func(a *emulator.App) { do(a, r.PathValue("template")) })(r)
	}
}

func addMedia(r *request) (any, error) {
	a, in, err := appAnd[mediaBody](r)
	if err != nil {
		return nil, err
	}
	add := a.AddMedia
	if in.Permanent {
		add = a.AddPermanentMedia
	}
	return map[string]string{"mediaId": add(in.Kind, in.Name, in.Data)}, nil
}

func agentSays(r *request) (any, error) {
	a, in, err := appAnd[sayBody](r)
	if err != nil {
		return nil, err
	}
	u, err := r.user(in.User)
	if err != nil {
		return nil, err
	}
	a.AgentSays(in.Account, u, in.Text)
	return a.State(), nil
}

// securityBody is emulator.Security with the keys as text.
type securityBody struct {
	PublicKey     string `json:"publicKey"` // PEM
	PublicSN      string `json:"publicSn"`
	SymmetricKey  string `json:"symmetricKey"`
	SymmetricSN   string `json:"symmetricSn"`
	Certificate   string `json:"certificate"` // of WeChat, in the answer
	CertificateSN string `json:"certificateSn"`
}

func secureAPI(r *request) (any, error) {
	a, in, err := appAnd[securityBody](r)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(in.PublicKey))
	if block == nil {
		return nil, badRequest("publicKey: want PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		return nil, badRequest("publicKey: want an RSA key")
	}
	made := a.SecureAPI(emulator.Security{
		PublicKey: public, PublicSN: in.PublicSN, SymmetricKey: in.SymmetricKey, SymmetricSN: in.SymmetricSN, CertificateSN: in.CertificateSN,
	})
	return securityBody{
		in.PublicKey, made.PublicSN, made.SymmetricKey, made.SymmetricSN, string(made.Certificate), made.CertificateSN,
	}, nil
}

// libraryBody is emulator.LibraryTitle in JSON.
type libraryBody struct {
	TID        int           `json:"tid"`
	Title      string        `json:"title"`
	Type       string        `json:"type"`
	CategoryID int           `json:"categoryId"`
	Category   string        `json:"category"`
	Keywords   []keywordBody `json:"keywords"`
}

type keywordBody struct {
	KID     int      `json:"kid"`
	Name    string   `json:"name"`
	Rule    string   `json:"rule"`
	Example string   `json:"example"`
	Enum    []string `json:"enum"`
}

func addLibraryTitle(r *request) (any, error) {
	in, err := body[libraryBody](r)
	if err != nil {
		return nil, err
	}
	kind, err := emulator.ParseTemplateType(in.Type)
	if err != nil {
		return nil, badRequest("type: %v", err)
	}
	t := emulator.LibraryTitle{TID: in.TID, Title: in.Title, Type: kind, CategoryID: in.CategoryID, Category: in.Category}
	for _, k := range in.Keywords {
		t.Keywords = append(t.Keywords, emulator.LibraryKeyword(k))
	}
	r.wx.AddLibraryTitle(t)
	return struct{}{}, nil
}
