package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

const stateVersion = 1

// savedState is what Save writes. What each area keeps has its JSON form, and the rule of what is saved, beside the
// code that uses it: fields with a name in JSON are saved, the others are not. state_fields_test.go has the reasons.
type savedState struct {
	Version     int      `json:"version"`
	Seed        uint64   `json:"seed"`
	Random      []byte   `json:"random"` // how far the made-up values have come
	LastMessage int64    `json:"lastMessage,string"`
	LastPush    int      `json:"lastPush,omitempty"`
	Clock       clock    `json:"clock"`
	Demo        []string `json:"demo,omitempty"` // AppIDs of the demo accounts

	Apps      []savedApp                 `json:"apps"`
	Users     []savedUser                `json:"users"`
	Library   []*LibraryTitle            `json:"library"`
	Tokens    []*token                   `json:"tokens,omitempty"`
	Media     []*media                   `json:"media,omitempty"`
	QRCodes   []*qrCode                  `json:"qrCodes,omitempty"`
	Links     map[string]*miniLink       `json:"links,omitempty"`
	ShortKeys map[string]*shortKey       `json:"shortKeys,omitempty"`
	MiniCodes map[string]MiniProgramLink `json:"miniCodes,omitempty"`
}

// savedApp is an account: what it is, and what each area keeps of it.
type savedApp struct {
	Kind       Kind   `json:"kind"`
	AppID      string `json:"appId"`
	AppSecret  string `json:"appSecret"`
	OriginalID string `json:"originalId"`
	Name       string `json:"name"`
	Platform   string `json:"platform"`

	identity
	appPushes
	appAccess
	appMessages
	appDesk
	menus
	appPeople
	appLinks
}

// savedUser is a person with a phone.
type savedUser struct {
	savedUserConfig

	Members  []*member     `json:"members"`
	Received int           `json:"received,omitempty"`
	Inbox    []savedLetter `json:"inbox,omitempty"`
}

// Save writes the state as JSON: the accounts with their templates, callbacks and tokens, the users with
// their consents, windows and inboxes, files and codes, and the clock. It holds secrets.
//
// Not saved are the record of calls and pushes, faults, pushes on their way, login codes, sessions with
// agents, authorisations of third-party platforms, the settings of [App.SecureAPI] and [App.MigrateFrom],
// the handler of a [Callback], and statistics. Calls that come in meanwhile wait.
func (s *Server) Save(w io.Writer) error {
	state, err := s.marshal()
	if err != nil {
		return fmt.Errorf("emulator: Save: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, state, "", " "); err != nil {
		return fmt.Errorf("emulator: Save: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}

// marshal writes the state while nothing changes: it is the live one, not a copy.
func (s *Server) marshal() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.save()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err = enc.Encode(st)
	return out.Bytes(), err
}

func (s *Server) save() (*savedState, error) {
	w := &s.world
	random, err := w.ids.source.MarshalBinary()
	if err != nil {
		return nil, err
	}
	st := &savedState{
		Version: stateVersion, Seed: w.ids.seed, Random: random, LastMessage: w.ids.message, LastPush: w.courier.seq,
		Clock: w.clock, Library: w.titles(), Tokens: w.savedTokens(), Media: w.media.sorted(), QRCodes: w.savedQRCodes(),
		Links: w.links.items, ShortKeys: w.shortKeys.items, MiniCodes: w.miniCodes,
	}
	for _, a := range []*App{s.mini, s.oa} {
		if a != nil {
			st.Demo = append(st.Demo, a.AppID)
		}
	}
	for _, a := range w.appList {
		st.Apps = append(st.Apps, a.save())
	}
	for _, u := range w.userList {
		st.Users = append(st.Users, u.save())
	}
	return st, nil
}

func (a *App) save() savedApp {
	return savedApp{
		a.Kind, a.AppID, a.AppSecret, a.OriginalID, a.Name, a.Platform,
		a.identity, a.pushes, a.access.saved(&a.s.world.worldAccess), a.messages, a.desk, a.menus, a.people, a.links,
	}
}

func (u *User) save() savedUser {
	out := savedUser{savedUserConfig: savedUserConfig(u.cfg), Received: u.received}
	for _, a := range u.s.world.appList {
		out.Members = append(out.Members, u.memberOf[a])
	}
	for i := range u.inbox {
		out.Inbox = append(out.Inbox, u.s.world.saveLetter(&u.inbox[i]))
	}
	return out
}
