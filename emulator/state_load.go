package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// Load starts an emulator with the state that [Server.Save] wrote. Of the options, those about the seed,
// the clock and the demo accounts are overruled by it.
func Load(r io.Reader, opts ...Option) (*Server, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var st savedState
	if err := dec.Decode(&st); err != nil {
		return nil, fmt.Errorf("emulator: Load: %w", err)
	}
	if hasHole(reflect.ValueOf(st)) {
		return nil, errors.New("emulator: Load: a null in a list")
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("emulator: Load: version %d, want %d", st.Version, stateVersion)
	}
	s, err := Start(append(slices.Clone(opts), WithoutDemo())...)
	if err != nil {
		return nil, err
	}
	if err := s.load(&st); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: Load: %w", err), s.Close())
	}
	return s, nil
}

// hasHole finds a null where a list or a map ought to have something.
func hasHole(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && hasHole(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if hasHole(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if isHole(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if isHole(v.MapIndex(key)) {
				return true
			}
		}
	}
	return false
}

func isHole(v reflect.Value) bool { return v.Kind() == reflect.Pointer && v.IsNil() || hasHole(v) }

// load puts what was saved into an emulator that is empty and known to nobody yet. It uses the verbs that
// make sure that things fit together; what they refuse is an error here.
func (s *Server) load(st *savedState) (err error) {
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
	w.ids.seed, w.clock, s.cfg.frozen = st.Seed, st.Clock, st.Clock.Frozen
	if err := s.loadParts(st); err != nil {
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

// loadParts goes from what needs nothing to what needs all.
func (s *Server) loadParts(st *savedState) error {
	w := &s.world
	w.loadLibrary(st.Library)
	for i := range st.Apps {
		s.loadApp(&st.Apps[i])
	}
	if err := w.loadShelves(st); err != nil {
		return err
	}
	for i := range st.Users {
		if err := s.loadUser(&st.Users[i]); err != nil {
			return fmt.Errorf("user %q: %w", st.Users[i].Name, err)
		}
	}
	for _, a := range w.appList {
		if err := errors.Join(a.people.loaded(w), a.access.loaded(&w.worldAccess), a.pushes.loaded(a.Kind)); err != nil {
			return fmt.Errorf("account %s: %w", a.AppID, err)
		}
	}
	return nil
}

// loadApp adds the account with all that needs nobody else.
func (s *Server) loadApp(in *savedApp) {
	a := s.addApp(in.Kind, AppConfig{
		AppID: in.AppID, AppSecret: in.AppSecret, OriginalID: in.OriginalID, Name: in.Name,
		Platform: orElse(in.Platform, func() string { return Unbound }),
	})
	a.identity, a.pushes, a.access, a.messages = in.identity, in.appPushes, in.appAccess, in.appMessages
	a.desk, a.menus, a.people, a.links = in.appDesk, in.menus, in.appPeople, in.appLinks
	a.menus.loaded()
	for _, t := range a.messages.Templates {
		s.world.useTemplate(a, t)
	}
}

// loadShelves puts what accounts own where it is found by its name.
func (w *world) loadShelves(st *savedState) error {
	now := w.clock.now()
	owners := map[string]bool{}
	for _, t := range st.Tokens {
		owners[t.AppID] = true
		w.tokens.put(t.Value, t, now)
	}
	for _, m := range st.Media {
		owners[m.AppID] = true
		w.media.put(m.ID, m, now)
	}
	for _, q := range st.QRCodes {
		owners[q.AppID] = true
		w.putQRCode(q)
	}
	for name, l := range st.Links {
		owners[l.AppID] = true
		w.links.put(name, l, now)
	}
	for name, k := range st.ShortKeys {
		owners[k.AppID] = true
		w.shortKeys.put(name, k, now)
	}
	for code, link := range st.MiniCodes {
		w.miniCodes[code] = link
	}
	return w.mustHave(owners)
}

// loadUser adds the user with what the accounts know of it.
func (s *Server) loadUser(in *savedUser) error {
	cfg := UserConfig(in.savedUserConfig)
	cfg.OpenIDs = map[string]string{}
	for _, m := range in.Members {
		cfg.OpenIDs[m.AppID] = m.OpenID
	}
	u := s.AddUser(cfg)
	u.cfg.OpenIDs = in.OpenIDs
	for _, m := range in.Members {
		a := s.world.apps[m.AppID]
		if a == nil {
			return errors.New("no account " + m.AppID)
		}
		m.user, m.app = u, a
		*u.memberOf[a] = *m
	}
	for i := range in.Inbox {
		l, err := s.world.loadLetter(&in.Inbox[i])
		if err != nil {
			return fmt.Errorf("inbox[%d]: %w", i, err)
		}
		u.inbox = append(u.inbox, l)
	}
	u.received = in.Received
	return nil
}
