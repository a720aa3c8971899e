package emulator

import (
	"cmp"
	"fmt"
	"slices"
)

// UserConfig describes a user to be added.
type UserConfig struct {
	Name string // identifies the user in this program
	// OpenIDs sets the user's OpenID in some accounts, by AppID. The others are derived from the name.
	OpenIDs map[string]string
	// UnionIDs sets the user's UnionID on some Open Platform accounts, by AppConfig.Platform. The others
	// are derived from the name.
	UnionIDs map[string]string
	Nickname string // shown by web OAuth; defaults to Name
	Phone    string // 11 digits of a mobile number in China; derived from Name if empty
	// ClientPlatform is what WeChat runs on, as the rules of menus count it: 1 iOS, 2 Android (the default), 3 others.
	ClientPlatform int
}

// savedUserConfig is a UserConfig with the names that its fields have in the state.
type savedUserConfig struct {
	Name           string            `json:"name"`
	OpenIDs        map[string]string `json:"openIds,omitempty"` // as configured; the members have those in use
	UnionIDs       map[string]string `json:"unionIds,omitempty"`
	Nickname       string            `json:"nickname,omitempty"`
	Phone          string            `json:"phone,omitempty"`
	ClientPlatform int               `json:"clientPlatform,omitempty"`
}

// User is a person with a phone. Its methods are what the person does.
type User struct {
	Name string

	s        *Server
	cfg      UserConfig
	memberOf map[*App]*member // guarded by s.mu
	inbox    []letter         // guarded by s.mu
	received int              // how many letters there were; guarded by s.mu
}

// worldUsers are all people, and what the accounts know of them.
type worldUsers struct {
	users    map[string]*User   // by name
	userList []*User            // in the order in which they were added
	members  map[string]*member // by OpenID, which is unique across accounts
}

// member is what one account knows of one user, area by area.
type member struct {
	user *User
	app  *App

	membership
	memberPeople
	memberDesk
	memberMessages
	memberAccess
}

// membership is how the account calls the user.
type membership struct {
	AppID   string `json:"appId"`
	OpenID  string `json:"openId"`
	UnionID string `json:"unionId,omitempty"` // "" if the account is on no platform
}

// AddUser adds a user.
func (s *Server) AddUser(cfg UserConfig) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.users[cfg.Name] != nil {
		s.misuse("there is a user %q already", cfg.Name)
	}
	return s.addUser(cfg)
}

// User finds the user with this name, or adds one.
func (s *Server) User(name string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.world.users[name]; u != nil {
		return u
	}
	return s.addUser(UserConfig{Name: name})
}

// Users lists all users in the order in which they were added.
func (s *Server) Users() []*User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.world.userList)
}

func (s *Server) addUser(cfg UserConfig) *User {
	w := &s.world
	if cfg.Name == "" {
		s.misuse("a user without a name")
	}
	u := &User{Name: cfg.Name, s: s, cfg: cfg, memberOf: map[*App]*member{}}
	w.users[u.Name] = u
	w.userList = append(w.userList, u)
	for _, a := range w.appList {
		w.join(u, a)
	}
	return u
}

// join makes the user known to an account. That costs nothing on the phone: an OpenID exists before
// the user ever opened the account.
func (w *world) join(u *User, a *App) {
	m := &member{user: u, app: a, membership: membership{AppID: a.AppID}}
	m.OpenID = orElse(u.cfg.OpenIDs[a.AppID], func() string { return w.ids.named("openid", a.AppID, u.Name) })
	if a.Platform != "" {
		m.UnionID = orElse(u.cfg.UnionIDs[a.Platform], func() string { return w.ids.named("unionid", a.Platform, u.Name) })
	}
	if other := w.members[m.OpenID]; other != nil {
		a.s.misuse("users %q and %q have the same OpenID", other.user.Name, u.Name)
	}
	w.members[m.OpenID] = m
	u.memberOf[a] = m
}

// member finds the user in an account. It expects s.mu to be held.
func (u *User) member(a *App) *member {
	m := u.memberOf[a]
	if m == nil {
		u.s.misuse("account %s belongs to another emulator", a.AppID)
	}
	return m
}

// OpenID is the user's id in one account.
func (u *User) OpenID(a *App) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.member(a).OpenID
}

// UnionID is the user's id in all accounts of the Open Platform account that a is bound to, "" if it is
// bound to none.
func (u *User) UnionID(a *App) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.member(a).UnionID
}

// Follows reports whether the user follows the service account.
func (u *User) Follows(a *App) bool {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.member(a).follows()
}

func (u *User) nickname() string { return cmp.Or(u.cfg.Nickname, u.Name) }

func (u *User) phone() string {
	return orElse(u.cfg.Phone, func() string {
		var n uint64
		for _, c := range []byte(u.s.world.ids.named("phone", u.Name)) {
			n = n*31 + uint64(c)
		}
		return fmt.Sprintf("138%08d", n%100_000_000)
	})
}

func (m *member) follows() bool { return !m.Followed.IsZero() }

// FindUser finds the user with this name, nil if there is none.
func (s *Server) FindUser(name string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.users[name]
}
