package console

import (
	"slices"

	"github.com/wechatkit/wechat/emulator"
)

var userRoutes = map[string]handler{
	"GET /users":                              listUsers,
	"POST /users":                             addUser,
	"GET /users/{name}":                       getUser,
	"GET /users/{name}/messages":              listMessages,
	"POST /users/{name}/accept":               verb(acceptTemplates),
	"POST /users/{name}/reject":               verb(rejectTemplates),
	"POST /users/{name}/ban":                  verb(func(u *emulator.User, in *templatesBody) { u.Ban(in.TemplateIDs...) }),
	"POST /users/{name}/unban":                verb(func(u *emulator.User, in *templatesBody) { u.Unban(in.TemplateIDs...) }),
	"POST /users/{name}/switch-subscriptions": accountVerb(func(u *emulator.User, a *emulator.App, in *switchBody) { u.SwitchSubscriptions(a, in.On) }),
	"POST /users/{name}/follow":               accountVerb(func(u *emulator.User, a *emulator.App, _ *appBody) { u.Follow(a) }),
	"POST /users/{name}/unfollow":             accountVerb(func(u *emulator.User, a *emulator.App, _ *appBody) { u.Unfollow(a) }),
	"POST /users/{name}/block":                accountVerb(func(u *emulator.User, a *emulator.App, in *blockBody) { u.Block(a, in.Blocked) }),
	"POST /users/{name}/write":                accountVerb(func(u *emulator.User, a *emulator.App, in *writeBody) { u.Write(a, in.Text) }),
	"POST /users/{name}/send-image":           accountVerb(sendImage),
	"POST /users/{name}/send-card":            accountVerb(func(u *emulator.User, a *emulator.App, in *cardBody) { u.SendCard(a, in.Title, in.Page) }),
	"POST /users/{name}/enter-chat":           accountVerb(func(u *emulator.User, a *emulator.App, in *enterBody) { u.EnterChat(a, in.SessionFrom) }),
	"POST /users/{name}/open-app":             accountVerb(func(u *emulator.User, a *emulator.App, _ *appBody) { u.OpenApp(a) }),
	"POST /users/{name}/tap-menu":             accountVerb(func(u *emulator.User, a *emulator.App, in *menuBody) { u.TapMenu(a, in.Key) }),
	"POST /users/{name}/choose":               accountVerb(func(u *emulator.User, a *emulator.App, in *chooseBody) { u.Choose(a, in.ItemID) }),
	"POST /users/{name}/scan":                 scan,
	"POST /users/{name}/open-link":            openLink,
	"POST /users/{name}/visit":                visit,
}

func listUsers(r *request) (any, error) {
	limit, err := r.number("limit", 100)
	if err != nil {
		return nil, err
	}
	users := r.wx.Users()
	if after := r.URL.Query().Get("after"); after != "" {
		i := slices.IndexFunc(users, func(u *emulator.User) bool { return u.Name == after })
		if i < 0 {
			return nil, notFound("no user %q", after)
		}
		users = users[i+1:]
	}
	list := []emulator.UserState{}
	for _, u := range users[:min(limit, len(users))] {
		list = append(list, u.State())
	}
	return map[string]any{"users": list}, nil
}

func addUser(r *request) (any, error) {
	in, err := body[UserConfig](r)
	if err != nil {
		return nil, err
	}
	if err := in.add(r.wx); err != nil {
		return nil, badRequest("%v", err)
	}
	return r.wx.User(in.Name).State(), nil
}

func getUser(r *request) (any, error) {
	u, err := r.user(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return u.State(), nil
}

func listMessages(r *request) (any, error) {
	u, err := r.user(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	list := []message{}
	for _, m := range u.ReceivedAfter(after, limit) {
		list = append(list, messageOf(u.Name, m))
	}
	return map[string]any{"messages": list}, nil
}

// verb makes a handler of something that a user does; the answer is what the user is like then.
func verb[T any](do func(*emulator.User, *T)) handler {
	return func(r *request) (any, error) {
		u, err := r.user(r.PathValue("name"))
		if err != nil {
			return nil, err
		}
		in, err := body[T](r)
		if err != nil {
			return nil, err
		}
		do(u, in)
		return u.State(), nil
	}
}

// aboutApp is a body that names an account.
type aboutApp interface{ appID() string }

type appBody struct {
	AppID string `json:"appId"`
}

func (b *appBody) appID() string { return b.AppID }

// accountVerb makes a handler of something that a user does with an account.
func accountVerb[T any, P interface {
	*T
	aboutApp
}](do func(*emulator.User, *emulator.App, *T)) handler {
	return func(r *request) (any, error) {
		u, a, in, err := userAndApp[T, P](r)
		if err != nil {
			return nil, err
		}
		do(u, a, in)
		return u.State(), nil
	}
}

func userAndApp[T any, P interface {
	*T
	aboutApp
}](r *request) (*emulator.User, *emulator.App, *T, error) {
	u, err := r.user(r.PathValue("name"))
	if err != nil {
		return nil, nil, nil, err
	}
	in, err := body[T](r)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := r.app(P(in).appID())
	return u, a, in, err
}
