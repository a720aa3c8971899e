package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

const stateVersion = 1

// savedState is what Save writes. state_test.go says of every field of the live structs whether it is in
// here, and why not.
type savedState struct {
	Version     int       `json:"version"`
	Seed        uint64    `json:"seed"`
	Random      []byte    `json:"random"` // how far the made-up values have come
	LastMessage int64     `json:"lastMessage,string"`
	LastPush    int       `json:"lastPush,omitempty"`
	Clock       savedTime `json:"clock"`
	Demo        []string  `json:"demo,omitempty"` // AppIDs of the demo accounts

	Apps      []savedApp                 `json:"apps"`
	Users     []savedUser                `json:"users"`
	Library   []LibraryTitle             `json:"library"`
	Tokens    []savedToken               `json:"tokens,omitempty"`
	Media     []savedMedia               `json:"media,omitempty"`
	QRCodes   []savedQRCode              `json:"qrCodes,omitempty"`
	Links     map[string]savedLink       `json:"links,omitempty"`
	ShortKeys map[string]savedShortKey   `json:"shortKeys,omitempty"`
	MiniCodes map[string]MiniProgramLink `json:"miniCodes,omitempty"`
}

// savedTime is a clock: one that runs is saved as its lead only.
type savedTime struct {
	Frozen bool          `json:"frozen,omitempty"`
	Start  time.Time     `json:"start,omitzero"`
	Offset time.Duration `json:"offset,omitempty"`
}

// Save writes the state as JSON: the accounts with their templates, callbacks and tokens, the users with
// their consents, windows and inboxes, files and codes, and the clock. It holds secrets.
//
// Not saved are the record of calls and pushes, faults, pushes on their way, login codes, sessions with
// agents, authorisations of third-party platforms, the settings of [App.SecureAPI] and [App.MigrateFrom],
// the handler of a [Callback], and statistics.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	st, err := s.save()
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("emulator: Save: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(st)
}

// Load starts an emulator with the state that [Server.Save] wrote. Of the options, those about the seed,
// the clock and the demo accounts are overruled by it.
func Load(r io.Reader, opts ...Option) (*Server, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var st savedState
	if err := dec.Decode(&st); err != nil {
		return nil, fmt.Errorf("emulator: Load: %w", err)
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("emulator: Load: version %d, want %d", st.Version, stateVersion)
	}
	s, err := Start(append(slices.Clone(opts), WithoutDemo())...)
	if err != nil {
		return nil, err
	}
	if err := s.restore(&st); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: Load: %w", err), s.Close())
	}
	return s, nil
}

func (s *Server) save() (*savedState, error) {
	w := &s.world
	random, err := w.ids.source.MarshalBinary()
	if err != nil {
		return nil, err
	}
	st := &savedState{
		Version: stateVersion, Seed: w.ids.seed, Random: random, LastMessage: w.ids.message, LastPush: w.courier.seq,
		Clock: savedTime{w.clock.frozen, w.clock.start, w.clock.offset}, MiniCodes: maps.Clone(w.miniCodes),
		Links: map[string]savedLink{}, ShortKeys: map[string]savedShortKey{},
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
	for _, t := range w.library {
		st.Library = append(st.Library, *t)
	}
	slices.SortFunc(st.Library, func(a, b LibraryTitle) int { return a.TID - b.TID })
	w.saveShelves(st)
	return st, nil
}

// restore puts what was saved into an emulator that is empty and known to nobody yet. It uses the verbs that
// make sure that things fit together; what they refuse is an error here.
func (s *Server) restore(st *savedState) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *MisuseError:
			err = errors.New(p.Reason)
		default:
			panic(p)
		}
	}()
	w := &s.world
	w.ids.seed = st.Seed
	w.clock = clock{st.Clock.Frozen, st.Clock.Start, st.Clock.Offset}
	s.cfg.frozen = st.Clock.Frozen
	w.library = map[int]*LibraryTitle{}
	for _, t := range st.Library {
		w.library[t.TID] = &t
	}
	if err := s.restoreParts(st); err != nil {
		return err
	}
	if len(st.Demo) == 2 {
		s.mini, s.oa = w.apps[st.Demo[0]], w.apps[st.Demo[1]]
	}
	w.ids.message, w.courier.seq = st.LastMessage, st.LastPush
	if err := w.ids.source.UnmarshalBinary(st.Random); err != nil {
		return err
	}
	s.act(func() {
		for _, a := range w.appList {
			if a.Kind == ThirdParty {
				a.pushTickets()
			}
		}
	})
	return nil
}

func (s *Server) restoreParts(st *savedState) error {
	w := &s.world
	for i := range st.Apps {
		s.restoreApp(&st.Apps[i])
	}
	if err := w.restoreShelves(st); err != nil {
		return err
	}
	for i := range st.Users {
		if err := s.restoreUser(&st.Users[i]); err != nil {
			return fmt.Errorf("user %q: %w", st.Users[i].Name, err)
		}
	}
	for i := range st.Apps {
		if err := w.finishApp(&st.Apps[i]); err != nil {
			return fmt.Errorf("account %s: %w", st.Apps[i].AppID, err)
		}
	}
	return nil
}

// memberList finds members by their OpenIDs.
func (w *world) memberList(openIDs []string) ([]*member, error) {
	var list []*member
	for _, id := range openIDs {
		m := w.members[id]
		if m == nil {
			return nil, errors.New("no user has the OpenID " + id)
		}
		list = append(list, m)
	}
	return list, nil
}

func openIDsOf(list []*member) []string {
	var ids []string
	for _, m := range list {
		ids = append(ids, m.openID)
	}
	return ids
}
