package emulator

import (
	"slices"
	"strings"
	"time"
)

// Snapshot is what the emulator knows at one moment, except for messages, calls and pushes, of which it
// has the numbers. It holds no secrets.
type Snapshot struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"` // the clock stands still, see WithClockAt
	// Offset is how far the clock is ahead: of the real one, or of where a frozen one started.
	Offset    time.Duration `json:"-"`
	Apps      []AppState    `json:"apps"`
	Users     []UserState   `json:"users"`
	Faults    []FaultState  `json:"faults"`
	CallCount int           `json:"callCount"`
	PushCount int           `json:"pushCount"` // tries
}

// AppState describes an account.
type AppState struct {
	AppID      string          `json:"appId"`
	Kind       Kind            `json:"kind"`
	Name       string          `json:"name"`
	OriginalID string          `json:"originalId"`
	Platform   string          `json:"platform,omitempty"`
	Linked     []string        `json:"linked"`             // AppIDs of the Mini Programs that messages may lead to
	Callback   *CallbackState  `json:"callback,omitempty"` // nil if there are no settings
	Menu       []MenuButton    `json:"menu"`
	Templates  []TemplateState `json:"templates"`
	Unverified bool            `json:"unverified,omitempty"` // the verification of a service account has expired, see [App.Verify]
	Quotas     []QuotaState    `json:"quotas"`               // of the paths that were called today, or have a limit of their own
	// SubscriptionsBanned tells that the platform has banned the account from subscription messages.
	SubscriptionsBanned bool `json:"subscriptionsBanned"`

	ConditionalMenus []ConditionalMenu `json:"conditionalMenus,omitempty"` // personalised menus, oldest first
	MenuOff          bool              `json:"menuOff,omitempty"`          // see [App.SwitchMenu]
}

// CallbackState is a [Callback] without its secrets; those in the URL read "***".
type CallbackState struct {
	URL    string     `json:"url"` // "" if nothing is pushed
	Mode   Mode       `json:"mode"`
	Format Format     `json:"format"`
	Shape  EventShape `json:"shape"`
}

// TemplateState describes a template.
type TemplateState struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Type     string         `json:"type"` // "one-time", "long-term" or "followers"
	Content  string         `json:"content"`
	Keywords []KeywordState `json:"keywords"`
	Example  string         `json:"example"`
	Banned   bool           `json:"banned"`
	Device   bool           `json:"device,omitempty"` // see Template.Device
	Limit    *LimitState    `json:"limit,omitempty"`  // of a limited long-term template
	Card     int            `json:"card,omitempty"`   // notify_type of the service cards that it is for
}

// KeywordState describes a keyword of a template.
type KeywordState struct {
	Key     string   `json:"key"`   // such as "thing1"
	Label   string   `json:"label"` // such as "Contract"
	Rule    string   `json:"rule"`  // the type in the key, such as "thing"; "" if there is none
	Example string   `json:"example"`
	Enum    []string `json:"enum,omitempty"` // the allowed values
}

// QuotaState is how often a path was called today.
type QuotaState struct {
	Path   string `json:"path"`
	Used   int    `json:"used"`
	PerDay int    `json:"perDay,omitempty"` // 0 if there is no limit
}

// FaultState is a fault that has been planted and is not used up.
type FaultState struct {
	Fault

	ID   int // for [Server.RemoveFault]
	Hits int // how often it struck
}

// Snapshot describes all accounts, the users with their consents, and the faults.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.world
	snap := Snapshot{
		Now: w.clock.now(), Frozen: w.clock.Frozen, Offset: w.clock.Offset,
		Apps: make([]AppState, len(w.appList)), Users: make([]UserState, len(w.userList)),
		Faults: make([]FaultState, len(w.faults)), CallCount: w.calls.total, PushCount: w.pushes.noted,
	}
	for i, a := range w.appList {
		snap.Apps[i] = a.state(snap.Now)
	}
	for i, u := range w.userList {
		snap.Users[i] = u.state(snap.Now)
	}
	for i, f := range w.faults {
		snap.Faults[i] = FaultState{Fault: f.Fault, ID: f.id, Hits: f.hits}
	}
	return snap
}

func (a *App) state(now time.Time) AppState {
	st := AppState{
		AppID: a.AppID, Kind: a.Kind, Name: a.Name, OriginalID: a.OriginalID, Platform: a.Platform,
		Linked: []string{}, Menu: append([]MenuButton{}, cloneButtons(a.menus.Buttons)...),
		Templates: make([]TemplateState, len(a.messages.Templates)), Quotas: a.access.usage.state(now),
		SubscriptionsBanned: a.messages.SubscriptionsBanned, Unverified: a.access.Verification.Expired,
		ConditionalMenus: slices.Clone(a.menus.More.Conditionals), MenuOff: a.menus.More.Off,
	}
	for _, other := range a.s.world.appList {
		if a.identity.Linked[other.AppID] {
			st.Linked = append(st.Linked, other.AppID)
		}
	}
	if cb := a.callback(); cb != nil {
		st.Callback = &CallbackState{URL: hide(cb.URL), Mode: cb.Mode, Format: cb.Format, Shape: cb.Shape}
	}
	for i, t := range a.messages.Templates {
		st.Templates[i] = t.state()
	}
	return st
}

func (u *usage) state(now time.Time) []QuotaState {
	u.roll(now)
	list := []QuotaState{}
	for path, used := range u.Today {
		limit, _ := u.limit(path)
		list = append(list, QuotaState{Path: path, Used: used, PerDay: limit})
	}
	for path, limit := range u.Limits {
		if _, called := u.Today[path]; !called {
			list = append(list, QuotaState{Path: path, PerDay: limit})
		}
	}
	slices.SortFunc(list, func(a, b QuotaState) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func (t *template) state() TemplateState {
	st := TemplateState{
		ID: t.ID, Title: t.Title, Type: t.Type.String(), Content: t.Content, Example: t.Example, Banned: t.Banned, Card: t.Card, Device: t.Device, Limit: t.Limit.state(),
		Keywords: []KeywordState{},
	}
	examples := strings.Split(t.Example, "\n")
	for _, l := range t.lines(nil) {
		k := KeywordState{Key: l.Key, Label: l.Label, Rule: keywordType(l.Key), Enum: t.Enums[l.Key]}
		for _, e := range examples {
			if v, ok := strings.CutPrefix(strings.TrimSpace(e), l.Label); ok {
				k.Example = strings.TrimLeft(v, ":： ")
				break
			}
		}
		st.Keywords = append(st.Keywords, k)
	}
	return st
}

// State describes the account.
func (a *App) State() AppState {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.state(a.s.world.clock.now())
}
