package emulator

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kind is what an account is.
type Kind uint8

// The kinds of accounts.
const (
	MiniProgram    Kind = iota + 1 // Mini Program (小程序)
	ServiceAccount                 // verified service account (服务号)
	Website                        // website application of the Open Platform (网站应用)
	ThirdParty                     // third-party platform (第三方平台)
)

// AppConfig describes an account to be added. Empty fields are made up from the seed.
type AppConfig struct {
	AppID      string // such as "wx0123456789abcdef"
	AppSecret  string // 32 hexadecimal digits
	OriginalID string // the account's own id in pushes (原始ID), such as "gh_0123456789ab"
	Name       string // what users see
	// Platform names the Open Platform account (微信开放平台) the account is bound to: accounts of one
	// platform see the same UnionID. Defaults to "demo"; [Unbound] leaves the account without UnionIDs.
	Platform string
	// Pages lists the pages of a Mini Program's released version, such as "pages/order/detail". With
	// none, every page exists.
	Pages []string
	// WebDomain is the host that redirects of web OAuth and subscription pages must have. With none,
	// every host is allowed.
	WebDomain string
}

// Unbound is an AppConfig.Platform: the account is bound to no Open Platform account.
const Unbound = "-"

// App is an account of the emulated WeChat. Its exported fields do not change.
type App struct {
	AppID      string
	AppSecret  string // the secret that it started with; see [App.ResetSecret]
	OriginalID string
	Name       string
	Kind       Kind
	Platform   string // "" if the account is bound to no Open Platform account

	s *Server

	// Guarded by s.mu.
	secret       string
	secretFrozen bool
	allowedIPs   []string
	pages        []string
	webDomain    string
	linked       map[string]bool // AppIDs of the Mini Programs that messages may lead to
	followers    []*member       // in the order in which they followed
	templates    []*template
	// the platform has banned subscription messages
	subscriptionsBanned bool

	classic  succession
	stable   succession
	usage    usage
	callback *Callback // nil if nothing is pushed

	agents         []*agent
	agentsEver     int       // also those deleted, so that ids are not given twice
	sessions       []*member // who are served or wait
	records        []chatRecord
	businesses     []*business // by business_id, from 1
	work           *workBinding
	tags           []*tag
	lastTag        int // highest tag id ever given
	blacklist      []*member
	migrated       []migration
	permanentQR    int
	codePaths      map[string]bool // of Mini Program codes made so far
	permanentLinks int
	nfc            map[string]string // schemes by device
	linkSecond     int64             // in which linksInSecond counts
	linksInSecond  int

	security      *security // nil unless calls must be signed
	clears        clears
	tickets       map[string]ticket // for JS-SDK and cards, by type
	verifyTickets *shelf[time.Time] // of a third-party platform, with their ends
	ticketsOn     bool              // they are pushed
	merchants     []*authorization  // of a third-party platform

	industry        [2]int // codes
	industrySet     time.Time
	interceptions   []interception
	held            []heldMessage
	oneTimeTemplate string
	sentByKey       *shelf[dedupe] // answers to template sends by OpenID and client_msg_id

	menus        menus
	contentRules []ContentRule
	verification verification
}

// AddMiniProgram adds a Mini Program.
func (s *Server) AddMiniProgram(cfg AppConfig) *App { return s.addApp(MiniProgram, cfg) }

// AddServiceAccount adds a verified service account.
func (s *Server) AddServiceAccount(cfg AppConfig) *App { return s.addApp(ServiceAccount, cfg) }

// AddWebsite adds a website application.
func (s *Server) AddWebsite(cfg AppConfig) *App { return s.addApp(Website, cfg) }

// MiniProgram is the demo Mini Program.
func (s *Server) MiniProgram() *App {
	if s.mini == nil {
		s.misuse("MiniProgram: the emulator runs WithoutDemo")
	}
	return s.mini
}

// ServiceAccount is the demo service account.
func (s *Server) ServiceAccount() *App {
	if s.oa == nil {
		s.misuse("ServiceAccount: the emulator runs WithoutDemo")
	}
	return s.oa
}

// App finds an account by its AppID, nil if there is none.
func (s *Server) App(appID string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.apps[appID]
}

// Apps lists all accounts in the order in which they were added.
func (s *Server) Apps() []*App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.world.appList)
}

func (s *Server) addApp(kind Kind, cfg AppConfig) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.world
	a := &App{
		AppID:         orElse(cfg.AppID, func() string { return "wx" + w.ids.hex(16) }),
		AppSecret:     orElse(cfg.AppSecret, func() string { return w.ids.hex(32) }),
		OriginalID:    orElse(cfg.OriginalID, func() string { return "gh_" + w.ids.hex(12) }),
		Name:          cmp.Or(cfg.Name, kind.String()),
		Kind:          kind,
		Platform:      cmp.Or(cfg.Platform, "demo"),
		s:             s,
		pages:         slices.Clone(cfg.Pages),
		webDomain:     cfg.WebDomain,
		linked:        map[string]bool{},
		sentByKey:     newShelf(func(d dedupe, now time.Time) bool { return !now.Before(d.until) }),
		verifyTickets: newShelf(lapsed(func(ends time.Time) time.Time { return ends })),
		industry:      [2]int{1, 2},
		tags:          reservedTags(),

		oneTimeTemplate: w.ids.text(43, base64url),
	}
	if a.Platform == Unbound {
		a.Platform = ""
	}
	if w.apps[a.AppID] != nil {
		s.misuse("there is an account %s already", a.AppID)
	}
	a.secret = a.AppSecret
	w.apps[a.AppID] = a
	w.appList = append(w.appList, a)
	for _, u := range w.userList {
		w.join(u, a)
	}
	return a
}

// orElse returns s, or what is made up in its place. Nothing is made up in vain, for that would change all
// that follows.
func orElse(s string, made func() string) string {
	if s == "" {
		return made()
	}
	return s
}

// Link lets messages of a service account lead to a Mini Program (关联小程序).
func (a *App) Link(mini *App) {
	if a.Kind != ServiceAccount || mini.Kind != MiniProgram {
		a.s.misuse("Link: only a service account links a Mini Program")
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.linked[mini.AppID] = true
}

// AllowIPs sets the account's allow-list (IP白名单). Token requests from any other address are refused
// with 40164, and so are all other calls that take the AppSecret of a Mini Program; for a third-party
// platform the code is 61004. In-memory requests come from 127.0.0.1. No addresses switch the list off.
func (a *App) AllowIPs(ips ...string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.allowedIPs = slices.Clone(ips)
}

// ResetSecret gives the account a new AppSecret, as the console does. Tokens in force stay valid.
func (a *App) ResetSecret() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.secret = a.s.world.ids.hex(32)
	return a.secret
}

// FreezeSecret freezes or unfreezes the AppSecret: while it is frozen, token requests answer 40243.
func (a *App) FreezeSecret(frozen bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.secretFrozen = frozen
}

// hasPage reports whether the released version has the page of a path that may carry a query.
func (a *App) hasPage(path string) bool {
	page, _, _ := strings.Cut(path, "?")
	return len(a.pages) == 0 || slices.Contains(a.pages, page)
}
