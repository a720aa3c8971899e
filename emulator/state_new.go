package emulator

import (
	"cmp"
	"context"
	"slices"
)

// New starts an emulator for one test and closes it when the test ends.
//
// It has a demo Mini Program and a demo service account, both of one Open Platform account and linked
// with each other, see [Server.MiniProgram] and [Server.ServiceAccount]. A wrong option ends the test.
func New(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.tb = tb
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Start starts an emulator for a program. The caller closes it.
//
// Where a Server made by [New] ends the test because a verb makes no sense (an unknown template, a
// message to an account that the user does not follow), one made by Start panics with a *[MisuseError].
func Start(opts ...Option) (*Server, error) {
	cfg := defaults()
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	s := &Server{cfg: cfg, world: newWorld(cfg), pushClient: newPushClient()}
	if cfg.demo {
		s.addDemo()
	}
	return s, nil
}

func (s *Server) addDemo() {
	s.mini = s.AddMiniProgram(AppConfig{Name: "Demo Mini Program"})
	s.oa = s.AddServiceAccount(AppConfig{Name: "Demo Service Account"})
	s.oa.Link(s.mini)
}

func newWorld(cfg settings) world {
	ctx, cancel := context.WithCancel(context.Background())
	w := world{
		cfg: cfg, clock: clock{Frozen: cfg.frozen, Start: cfg.start}, ids: newIDSource(cfg.seed), routes: routes,
		apps: map[string]*App{}, courier: courier{ctx: ctx, cancel: cancel},
	}
	w.users, w.members = map[string]*User{}, map[string]*member{}
	w.calls, w.counts, w.rids = record{limit: cfg.callLimit}, map[string]int{}, map[string]*failedCall{}
	w.templates, w.library = map[string]*template{}, demoLibrary()
	w.reviews = map[string]*member{}
	w.miniCodes = map[string]MiniProgramLink{}
	return w
}

// AddMiniProgram adds a Mini Program.
func (s *Server) AddMiniProgram(cfg AppConfig) *App { return s.addApp(MiniProgram, cfg) }

// AddServiceAccount adds a verified service account.
func (s *Server) AddServiceAccount(cfg AppConfig) *App { return s.addApp(ServiceAccount, cfg) }

// AddWebsite adds a website application.
func (s *Server) AddWebsite(cfg AppConfig) *App { return s.addApp(Website, cfg) }

// AddThirdParty adds a third-party platform, to which accounts can authorise their APIs. Its AppSecret is
// the component_appsecret, and its callback is the URL for authorisation events, to which a verify ticket
// is pushed every ten minutes.
func (s *Server) AddThirdParty(cfg AppConfig) *App { return s.addApp(ThirdParty, cfg) }

func (s *Server) addApp(kind Kind, cfg AppConfig) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.world
	a := &App{
		AppID:      orElse(cfg.AppID, func() string { return "wx" + w.ids.hex(16) }),
		AppSecret:  orElse(cfg.AppSecret, func() string { return w.ids.hex(32) }),
		OriginalID: orElse(cfg.OriginalID, func() string { return "gh_" + w.ids.hex(12) }),
		Name:       cmp.Or(cfg.Name, kind.String()),
		Kind:       kind,
		Platform:   cmp.Or(cfg.Platform, "demo"),
		s:          s,
	}
	a.identity.Pages, a.identity.WebDomain, a.identity.Linked = slices.Clone(cfg.Pages), cfg.WebDomain, idSet{}
	a.messages.Industry = [2]int{1, 2}
	a.messages.OneTimeTemplate = w.ids.text(43, base64url)
	a.people.Tags = reservedTags()
	if a.Platform == Unbound {
		a.Platform = ""
	}
	if w.apps[a.AppID] != nil {
		s.misuse("there is an account %s already", a.AppID)
	}
	a.identity.Secret = a.AppSecret
	w.apps[a.AppID] = a
	w.appList = append(w.appList, a)
	for _, u := range w.userList {
		w.join(u, a)
	}
	return a
}
