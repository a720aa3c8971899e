package emulator

import (
	"errors"
	"maps"
	"slices"
	"time"
)

type savedToken struct {
	Value string    `json:"value"`
	AppID string    `json:"appId"`
	Ends  time.Time `json:"ends"`
	Void  time.Time `json:"void,omitzero"`
}

type savedMedia struct {
	ID        string    `json:"id"`
	AppID     string    `json:"appId"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	Data      []byte    `json:"data"`
	Created   time.Time `json:"created"`
	Permanent bool      `json:"permanent,omitempty"`
	Listed    bool      `json:"listed,omitempty"`
}

type savedQRCode struct {
	Ticket string    `json:"ticket"`
	URL    string    `json:"url"`
	AppID  string    `json:"appId"`
	Scene  string    `json:"scene"`
	Number int64     `json:"number,omitempty"`
	Ends   time.Time `json:"ends,omitzero"`
}

type savedLink struct {
	AppID   string     `json:"appId"`
	Path    string     `json:"path"`
	Query   string     `json:"query,omitempty"`
	Env     string     `json:"env,omitempty"`
	Created time.Time  `json:"created"`
	Ends    time.Time  `json:"ends,omitzero"`
	Cloud   *cloudBase `json:"cloud,omitempty"`
}

type savedShortKey struct {
	AppID   string    `json:"appId"`
	Data    string    `json:"data"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
}

// saveShelves saves what has a name of its own. Tokens that third-party platforms use on behalf of an
// account go with their authorisations, which are not saved.
func (w *world) saveShelves(st *savedState) {
	for _, name := range slices.Sorted(maps.Keys(w.tokens.items)) {
		if t := w.tokens.get(name); t.via == nil {
			st.Tokens = append(st.Tokens, savedToken{t.value, t.app.AppID, t.ends, t.void})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.media.items)) {
		m := w.media.get(name)
		st.Media = append(st.Media, savedMedia{m.id, m.app.AppID, m.kind, m.name, m.data, m.created, m.permanent, m.listed})
	}
	for _, name := range slices.Sorted(maps.Keys(w.qrCodes.items)) {
		if q := w.qrCodes.get(name); name == q.ticket {
			st.QRCodes = append(st.QRCodes, savedQRCode{q.ticket, q.url, q.app.AppID, q.scene, q.number, q.ends})
		}
	}
	for name, l := range w.links.items {
		st.Links[name] = savedLink{l.app.AppID, l.path, l.query, l.env, l.created, l.ends, l.cloud}
	}
	for name, k := range w.shortKeys.items {
		st.ShortKeys[name] = savedShortKey{k.app.AppID, k.data, k.created, k.ends}
	}
}

func (w *world) restoreShelves(st *savedState) error {
	now := w.clock.now()
	var missing string
	app := func(id string) *App {
		if w.apps[id] == nil {
			missing = id
		}
		return w.apps[id]
	}
	for _, t := range st.Tokens {
		w.tokens.put(t.Value, &token{value: t.Value, app: app(t.AppID), ends: t.Ends, void: t.Void}, now)
	}
	for _, m := range st.Media {
		w.media.put(m.ID, &media{m.ID, app(m.AppID), m.Kind, m.Name, m.Data, m.Created, m.Permanent, m.Listed}, now)
	}
	for _, q := range st.QRCodes {
		code := &qrCode{q.Ticket, q.URL, app(q.AppID), q.Scene, q.Number, q.Ends}
		w.qrCodes.put(q.Ticket, code, now)
		w.qrCodes.put(q.URL, code, now)
	}
	for name, l := range st.Links {
		w.links.put(name, &miniLink{app(l.AppID), l.Path, l.Query, l.Env, l.Created, l.Ends, l.Cloud}, now)
	}
	for name, k := range st.ShortKeys {
		w.shortKeys.put(name, &shortKey{app(k.AppID), k.Data, k.Created, k.Ends}, now)
	}
	if st.MiniCodes != nil {
		w.miniCodes = st.MiniCodes
	}
	if missing != "" {
		return errors.New("no account " + missing)
	}
	return nil
}
