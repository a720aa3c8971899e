package emulator

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
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

	// What each area keeps of the account. All of it is guarded by s.mu.
	identity identity
	pushes   appPushes
	access   appAccess
	platform appPlatform
	messages appMessages
	desk     appDesk
	menus    menus
	people   appPeople
	links    appLinks
}

// identity is what the console says of an account.
type identity struct {
	Secret       string   `json:"secret"` // in force
	SecretFrozen bool     `json:"secretFrozen,omitempty"`
	AllowedIPs   []string `json:"allowedIps,omitempty"`
	Pages        []string `json:"pages,omitempty"`
	WebDomain    string   `json:"webDomain,omitempty"`
	Linked       idSet    `json:"linked,omitempty"` // AppIDs of the Mini Programs that messages may lead to
}

// idSet is a set of ids. In the state it is a list in order.
type idSet map[string]bool

// MarshalJSON writes a list.
func (s idSet) MarshalJSON() ([]byte, error) { return json.Marshal(slices.Sorted(maps.Keys(s))) }

// UnmarshalJSON reads what MarshalJSON writes.
func (s *idSet) UnmarshalJSON(b []byte) error {
	var ids []string
	if err := json.Unmarshal(b, &ids); err != nil {
		return err
	}
	*s = idSet{}
	for _, id := range ids {
		(*s)[id] = true
	}
	return nil
}

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

// mustHave makes sure that there are accounts with these AppIDs.
func (w *world) mustHave(appIDs map[string]bool) error {
	for id := range appIDs {
		if w.apps[id] == nil {
			return errors.New("no account " + id)
		}
	}
	return nil
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
	a.identity.Linked[mini.AppID] = true
}

// AllowIPs sets the account's allow-list (IP白名单). Token requests from any other address are refused
// with 40164, and so are all other calls that take the AppSecret of a Mini Program; for a third-party
// platform the code is 61004. In-memory requests come from 127.0.0.1. No addresses switch the list off.
func (a *App) AllowIPs(ips ...string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.identity.AllowedIPs = slices.Clone(ips)
}

// ResetSecret gives the account a new AppSecret, as the console does. Tokens in force stay valid.
func (a *App) ResetSecret() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.identity.Secret = a.s.world.ids.hex(32)
	return a.identity.Secret
}

// FreezeSecret freezes or unfreezes the AppSecret: while it is frozen, token requests answer 40243.
func (a *App) FreezeSecret(frozen bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.identity.SecretFrozen = frozen
}

// hasPage reports whether the released version has the page of a path that may carry a query.
func (a *App) hasPage(path string) bool {
	page, _, _ := strings.Cut(path, "?")
	return len(a.identity.Pages) == 0 || slices.Contains(a.identity.Pages, page)
}

// Secret is the AppSecret in force, see [App.ResetSecret].
func (a *App) Secret() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.identity.Secret
}
