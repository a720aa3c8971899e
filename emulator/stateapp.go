package emulator

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// savedApp is an account.
type savedApp struct {
	Kind         Kind     `json:"kind"`
	AppID        string   `json:"appId"`
	AppSecret    string   `json:"appSecret"`
	Secret       string   `json:"secret"` // in force
	SecretFrozen bool     `json:"secretFrozen,omitempty"`
	OriginalID   string   `json:"originalId"`
	Name         string   `json:"name"`
	Platform     string   `json:"platform"`
	AllowedIPs   []string `json:"allowedIps,omitempty"`
	Pages        []string `json:"pages,omitempty"`
	WebDomain    string   `json:"webDomain,omitempty"`
	Linked       []string `json:"linked,omitempty"`

	Menus savedMenus `json:"menus,omitzero"` // but for the buttons of the default one

	OneTimeTemplate     string          `json:"oneTimeTemplate"`
	Templates           []savedTemplate `json:"templates,omitempty"`
	SubscriptionsBanned bool            `json:"subscriptionsBanned,omitempty"`
	Menu                []MenuButton    `json:"menu,omitempty"`
	Callback            *savedCallback  `json:"callback,omitempty"`
	Classic             savedSuccession `json:"classic,omitzero"`
	Stable              savedSuccession `json:"stable,omitzero"`
	Day                 int64           `json:"day,omitempty"` // that Today counts
	Today               map[string]int  `json:"today,omitempty"`
	Limits              map[string]int  `json:"limits,omitempty"`
	Followers           []string        `json:"followers,omitempty"` // OpenIDs, in the order in which they followed
	Blacklist           []string        `json:"blacklist,omitempty"`
	Tags                []tag           `json:"tags,omitempty"`
	LastTag             int             `json:"lastTag,omitempty"`
	Agents              []savedAgent    `json:"agents,omitempty"`
	AgentsEver          int             `json:"agentsEver,omitempty"`
	Records             []chatRecord    `json:"records,omitempty"`
	PermanentQR         int             `json:"permanentQr,omitempty"`
	PermanentLinks      int             `json:"permanentLinks,omitempty"`
	CodePaths           map[string]bool `json:"codePaths,omitempty"`
	Industry            [2]int          `json:"industry"`
	IndustrySet         time.Time       `json:"industrySet,omitzero"`
	ContentRules        []ContentRule   `json:"contentRules,omitempty"`
	Verification        *verification   `json:"verification,omitempty"`
}

type savedTemplate struct {
	ID          string              `json:"id"`
	Title       string              `json:"title"`
	Content     string              `json:"content"`
	Keywords    []string            `json:"keywords,omitempty"`
	Example     string              `json:"example,omitempty"`
	Enums       map[string][]string `json:"enums,omitempty"`
	Type        TemplateType        `json:"type"`
	Banned      bool                `json:"banned,omitempty"`
	Intercepted bool                `json:"intercepted,omitempty"`
	Held        bool                `json:"held,omitempty"`
	Device      bool                `json:"device,omitempty"`
	Limit       *RateLimit          `json:"limit,omitempty"`
	Card        int                 `json:"card,omitempty"`
}

type savedCallback struct {
	URL            string     `json:"url"`
	Token          string     `json:"token"`
	EncodingAESKey string     `json:"encodingAESKey"`
	Mode           Mode       `json:"mode"`
	Format         Format     `json:"format"`
	Shape          EventShape `json:"shape,omitzero"`
}

// savedSuccession names tokens of the list of all.
type savedSuccession struct {
	Current     string    `json:"current,omitempty"`
	Before      string    `json:"before,omitempty"`
	Forced      time.Time `json:"forced,omitzero"`
	ForcedDay   int64     `json:"forcedDay,omitempty"`
	ForcedCount int       `json:"forcedCount,omitempty"`
}

type savedAgent struct {
	Account string    `json:"account"`
	Nick    string    `json:"nick"`
	ID      int       `json:"id"`
	OpenID  string    `json:"openId"`
	Image   string    `json:"image,omitempty"`
	WX      string    `json:"wx,omitempty"`
	Invited string    `json:"invited,omitempty"`
	Ends    time.Time `json:"ends,omitzero"`
	Online  bool      `json:"online,omitempty"`
	Admin   bool      `json:"admin,omitempty"`
}

func (a *App) save() savedApp {
	out := savedApp{
		Kind: a.Kind, AppID: a.AppID, AppSecret: a.AppSecret, Secret: a.secret, SecretFrozen: a.secretFrozen,
		OriginalID: a.OriginalID, Name: a.Name, Platform: a.Platform, AllowedIPs: a.allowedIPs, Pages: a.pages,
		WebDomain: a.webDomain, Linked: slices.Sorted(maps.Keys(a.linked)), OneTimeTemplate: a.oneTimeTemplate,
		Menu: a.menus.buttons, Classic: a.classic.save(), Stable: a.stable.save(), Day: a.usage.day, Today: maps.Clone(a.usage.today),
		Limits: maps.Clone(a.usage.limits), Followers: openIDsOf(a.followers), Blacklist: openIDsOf(a.blacklist),
		LastTag: a.lastTag, AgentsEver: a.agentsEver, Records: a.records, PermanentQR: a.permanentQR,
		PermanentLinks: a.permanentLinks, CodePaths: maps.Clone(a.codePaths), Industry: a.industry, IndustrySet: a.industrySet,
		SubscriptionsBanned: a.subscriptionsBanned, ContentRules: a.contentRules, Verification: a.verification.save(),
	}
	out.Menus = a.menus.save()
	if cb := a.callback; cb != nil && cb.Handler == nil {
		out.Callback = &savedCallback{cb.URL, cb.Token, cb.EncodingAESKey, cb.Mode, cb.Format, cb.Shape}
	}
	for _, t := range a.templates {
		out.Templates = append(out.Templates, savedTemplate{
			t.ID, t.Title, t.Content, t.Keywords, t.Example, t.Enums, t.Type, t.banned, t.intercepted, t.held, t.Device, t.Limit,
			t.Card,
		})
	}
	for _, t := range a.tags {
		out.Tags = append(out.Tags, *t)
	}
	for _, g := range a.agents {
		out.Agents = append(out.Agents, savedAgent{
			g.account, g.nick, g.id, g.openID, g.image, g.wx, g.invited, g.ends, g.online, g.admin,
		})
	}
	return out
}

func (s *succession) save() savedSuccession {
	out := savedSuccession{Forced: s.forced, ForcedDay: s.forcedDay, ForcedCount: s.forcedCount}
	if s.current != nil {
		out.Current = s.current.value
	}
	if s.before != nil {
		out.Before = s.before.value
	}
	return out
}

// restoreApp adds the account with all that needs nobody else.
func (s *Server) restoreApp(in *savedApp) {
	a := s.addApp(in.Kind, AppConfig{
		AppID: in.AppID, AppSecret: in.AppSecret, OriginalID: in.OriginalID, Name: in.Name,
		Platform: orElse(in.Platform, func() string { return Unbound }), Pages: in.Pages, WebDomain: in.WebDomain,
	})
	a.secret, a.secretFrozen, a.allowedIPs, a.oneTimeTemplate = in.Secret, in.SecretFrozen, in.AllowedIPs, in.OneTimeTemplate
	a.lastTag, a.agentsEver, a.records = in.LastTag, in.AgentsEver, in.Records
	a.menus = in.Menus.restore(in.Menu)
	a.permanentQR, a.permanentLinks, a.codePaths = in.PermanentQR, in.PermanentLinks, in.CodePaths
	a.industry, a.industrySet, a.subscriptionsBanned = in.Industry, in.IndustrySet, in.SubscriptionsBanned
	a.contentRules = in.ContentRules
	if in.Verification != nil {
		a.verification = *in.Verification
	}
	a.usage = usage{day: in.Day, today: in.Today, limits: in.Limits}
	for _, id := range in.Linked {
		a.linked[id] = true
	}
	for _, t := range in.Templates {
		s.world.addTemplate(a, Template{t.ID, t.Title, t.Content, t.Keywords, t.Example, t.Enums, t.Type, t.Device, t.Limit, t.Card})
		made := s.world.templates[t.ID]
		made.banned, made.intercepted, made.held = t.Banned, t.Intercepted, t.Held
	}
	a.tags = nil
	for _, t := range in.Tags {
		a.tags = append(a.tags, &t)
	}
	for _, g := range in.Agents {
		a.agents = append(a.agents, &agent{
			g.Account, g.Nick, g.ID, g.OpenID, g.Image, g.WX, g.Invited, g.Ends, g.Online, g.Admin,
		})
	}
}

// finishApp adds what needs the users and the tokens.
func (w *world) finishApp(in *savedApp) (err error) {
	a := w.apps[in.AppID]
	if a.followers, err = w.memberList(in.Followers); err != nil {
		return err
	}
	if a.blacklist, err = w.memberList(in.Blacklist); err != nil {
		return err
	}
	if a.classic, err = w.succession(in.Classic); err != nil {
		return err
	}
	if a.stable, err = w.succession(in.Stable); err != nil {
		return err
	}
	if in.Callback != nil {
		a.callback, err = in.Callback.restore(a.Kind)
	}
	return err
}

// restore does not push anything yet, unlike SetCallback: the emulator is not complete.
func (c *savedCallback) restore(kind Kind) (*Callback, error) {
	cb := &Callback{URL: c.URL, Token: c.Token, EncodingAESKey: c.EncodingAESKey, Mode: c.Mode, Format: c.Format, Shape: c.Shape}
	cb.setDefaults()
	if reason := cb.check(kind); reason != "" {
		return nil, errors.New("callback: " + reason)
	}
	return cb, nil
}

func (w *world) succession(in savedSuccession) (succession, error) {
	out := succession{forced: in.Forced, forcedDay: in.ForcedDay, forcedCount: in.ForcedCount}
	out.current, out.before = w.tokens.get(in.Current), w.tokens.get(in.Before)
	if in.Current != "" && out.current == nil || in.Before != "" && out.before == nil {
		return out, errors.New("a token in use is not in the list of tokens")
	}
	return out, nil
}
