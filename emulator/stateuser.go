package emulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// savedUser is a person with a phone.
type savedUser struct {
	Name     string            `json:"name"`
	Nickname string            `json:"nickname,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Platform int               `json:"clientPlatform,omitempty"`
	OpenIDs  map[string]string `json:"openIds,omitempty"` // as configured; Members has those in use
	UnionIDs map[string]string `json:"unionIds,omitempty"`
	Members  []savedMember     `json:"members"`
	Received int               `json:"received,omitempty"`
	Inbox    []savedLetter     `json:"inbox,omitempty"`
}

type savedMember struct {
	AppID            string                  `json:"appId"`
	OpenID           string                  `json:"openId"`
	UnionID          string                  `json:"unionId,omitempty"`
	Followed         time.Time               `json:"followed,omitzero"`
	FollowedBy       string                  `json:"followedBy,omitempty"`
	Blocked          bool                    `json:"blocked,omitempty"`
	WindowEnds       time.Time               `json:"windowEnds,omitzero"`
	WindowLeft       int                     `json:"windowLeft,omitempty"`
	Exchanged        time.Time               `json:"exchanged,omitzero"`
	Visited          time.Time               `json:"visited,omitzero"`
	Consents         map[string]savedConsent `json:"consents,omitempty"`
	SubscriptionsOff bool                    `json:"subscriptionsOff,omitempty"`
	Remark           string                  `json:"remark,omitempty"`
	Tags             []int                   `json:"tags,omitempty"`
	Blacklisted      bool                    `json:"blacklisted,omitempty"`
	QRScene          int64                   `json:"qrScene,omitempty"`
	QRSceneStr       string                  `json:"qrSceneStr,omitempty"`
	Scenes           map[int]bool            `json:"scenes,omitempty"`
	SessionKey       string                  `json:"sessionKey,omitempty"`
	KeyMade          time.Time               `json:"keyMade,omitzero"`
	KeyEnds          time.Time               `json:"keyEnds,omitzero"`
	EncryptKeys      []encryptKey            `json:"encryptKeys,omitempty"`
	Cards            []savedServiceCard      `json:"cards,omitempty"`
}

type savedConsent struct {
	Credits  int    `json:"credits,omitempty"`
	LongTerm bool   `json:"longTerm,omitempty"`
	Kept     string `json:"kept,omitempty"`
	Off      bool   `json:"off,omitempty"`

	Sent map[string]time.Time `json:"sent,omitempty"`
}

// savedLetter is a card, or any other message as a whole.
type savedLetter struct {
	Message *Message   `json:"message,omitempty"`
	Card    *savedCard `json:"card,omitempty"`
}

type savedCard struct {
	Time     time.Time        `json:"time"`
	Template string           `json:"template"`
	MsgID    int64            `json:"msgId,string"`
	Values   []string         `json:"values"`
	URL      string           `json:"url,omitempty"`
	Opens    *MiniProgramLink `json:"opens,omitempty"`
}

func (u *User) save() savedUser {
	out := savedUser{
		Name: u.Name, Nickname: u.cfg.Nickname, Phone: u.cfg.Phone, OpenIDs: u.cfg.OpenIDs, UnionIDs: u.cfg.UnionIDs,
		Received: u.received, Platform: u.cfg.ClientPlatform,
	}
	for _, a := range u.s.world.appList {
		out.Members = append(out.Members, u.memberOf[a].save())
	}
	for i := range u.inbox {
		out.Inbox = append(out.Inbox, u.s.world.saveLetter(&u.inbox[i]))
	}
	return out
}

func (m *member) save() savedMember {
	out := savedMember{
		AppID: m.app.AppID, OpenID: m.openID, UnionID: m.unionID, Followed: m.followed, FollowedBy: m.followedBy,
		Blocked: m.blocked, WindowEnds: m.window.ends, WindowLeft: m.window.left, Exchanged: m.exchanged,
		Visited: m.visited,
		Remark:  m.remark, Tags: slices.Clone(m.tags), Blacklisted: m.blacklisted, QRScene: m.qrScene, QRSceneStr: m.qrSceneStr,
		Scenes: maps.Clone(m.scenes), SessionKey: m.sessionKey, KeyMade: m.keyMade, KeyEnds: m.keyEnds, EncryptKeys: m.encryptKeys,
		Cards:            m.saveCards(),
		SubscriptionsOff: m.subscriptionsOff,
	}
	for id, c := range m.consents {
		if out.Consents == nil {
			out.Consents = map[string]savedConsent{}
		}
		out.Consents[id] = savedConsent{c.credits, c.longTerm, c.kept, c.off, maps.Clone(c.sent)}
	}
	return out
}

// saveLetter saves a card as a whole message if its template has been deleted meanwhile.
func (w *world) saveLetter(l *letter) savedLetter {
	if l.whole != nil || w.templates[l.card.tpl.ID] != l.card.tpl {
		m := l.message()
		return savedLetter{Message: &m}
	}
	c := &l.card
	values := strings.Split(strings.TrimSuffix(c.values, valueEnd), valueEnd)
	return savedLetter{Card: &savedCard{c.at, c.tpl.ID, c.id, values, c.target.url, c.target.miniProgram()}}
}

// restoreUser adds the user with everything but the order of followers, which is the accounts'.
func (s *Server) restoreUser(in *savedUser) error {
	cfg := UserConfig{Name: in.Name, Nickname: in.Nickname, Phone: in.Phone, OpenIDs: map[string]string{}, UnionIDs: in.UnionIDs}
	cfg.ClientPlatform = in.Platform
	for _, m := range in.Members {
		cfg.OpenIDs[m.AppID] = m.OpenID
	}
	u := s.AddUser(cfg)
	u.cfg.OpenIDs = in.OpenIDs
	for i := range in.Members {
		if err := u.restoreMember(&in.Members[i]); err != nil {
			return err
		}
	}
	for i := range in.Inbox {
		l, err := s.world.restoreLetter(&in.Inbox[i])
		if err != nil {
			return fmt.Errorf("inbox[%d]: %w", i, err)
		}
		u.inbox = append(u.inbox, l)
	}
	u.received = in.Received
	return nil
}

func (u *User) restoreMember(in *savedMember) error {
	a := u.s.world.apps[in.AppID]
	if a == nil {
		return errors.New("no account " + in.AppID)
	}
	m := u.memberOf[a]
	m.unionID, m.followed, m.followedBy, m.blocked = in.UnionID, in.Followed, in.FollowedBy, in.Blocked
	m.window, m.exchanged, m.remark, m.tags = window{in.WindowEnds, in.WindowLeft}, in.Exchanged, in.Remark, in.Tags
	m.subscriptionsOff = in.SubscriptionsOff
	m.visited = in.Visited
	m.blacklisted, m.qrScene, m.qrSceneStr, m.scenes = in.Blacklisted, in.QRScene, in.QRSceneStr, in.Scenes
	m.sessionKey, m.keyMade, m.keyEnds, m.encryptKeys = in.SessionKey, in.KeyMade, in.KeyEnds, in.EncryptKeys
	m.restoreCards(in.Cards)
	for id, c := range in.Consents {
		if m.consents == nil {
			m.consents = map[string]*consent{}
		}
		m.consents[id] = &consent{c.Credits, c.LongTerm, c.Kept, c.Off, c.Sent}
	}
	return nil
}

func (w *world) restoreLetter(in *savedLetter) (letter, error) {
	if in.Card == nil {
		if in.Message == nil {
			return letter{}, errors.New("empty")
		}
		return letter{whole: in.Message}, nil
	}
	t := w.templates[in.Card.Template]
	if t == nil || len(in.Card.Values) != max(1, len(t.keys)) {
		return letter{}, errors.New("the card does not fit its template")
	}
	to := target{url: in.Card.URL}
	if link := in.Card.Opens; link != nil {
		to.mini, to.page = w.apps[link.AppID], link.Page
	}
	data := make(map[string]string, len(t.keys))
	for i, key := range t.keys {
		data[key] = in.Card.Values[i]
	}
	return letter{card: newCard(in.Card.Time, t, in.Card.MsgID, data, to)}, nil
}
