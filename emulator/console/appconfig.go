package console

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// AppConfig describes an account in a configuration. What is left out is made up from the seed.
type AppConfig struct {
	Kind       emulator.Kind         `json:"kind"` // "mini program", "service account", "website" or "third-party platform"
	AppID      string                `json:"appId"`
	AppSecret  string                `json:"appSecret"`
	OriginalID string                `json:"originalId"`
	Name       string                `json:"name"`
	Platform   string                `json:"platform"`  // Open Platform account; "-" for none; defaults to "demo"
	Pages      []string              `json:"pages"`     // of a Mini Program; none: every page exists
	WebDomain  string                `json:"webDomain"` // of web OAuth; "": every host
	Links      []string              `json:"links"`     // AppIDs of the Mini Programs of a service account
	AllowIPs   []string              `json:"allowIps"`
	Menu       []emulator.MenuButton `json:"menu"` // of a service account
	Templates  []TemplateConfig      `json:"templates"`
	Quotas     map[string]int        `json:"quotas"` // calls per day by path
	Agents     []AgentConfig         `json:"agents"`
	Callback   *CallbackConfig       `json:"callback"`
	// SubscriptionsBanned: the platform has banned the account from subscription messages.
	SubscriptionsBanned bool `json:"subscriptionsBanned"`
}

// TemplateConfig describes a template in a configuration.
type TemplateConfig struct {
	ID       string              `json:"id"`
	Title    string              `json:"title"`
	Content  string              `json:"content"`  // such as "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n"
	Keywords []string            `json:"keywords"` // such as "thing1", in place of content
	Example  string              `json:"example"`
	Enums    map[string][]string `json:"enums"`
	Type     string              `json:"type"`   // "one-time", "long-term" or "followers"
	Device   bool                `json:"device"` // refused by wx.requestSubscribeMessage
	Limit    *LimitConfig        `json:"limit"`  // of a limited long-term template
	Card     int                 `json:"card"`   // notify_type of the service cards that it is for, without content
}

// LimitConfig is how often a limited long-term template may be sent, see [emulator.RateLimit].
type LimitConfig struct {
	Key   string       `json:"key"`     // the keyword by whose values messages are counted
	Every duration     `json:"every"`   // such as "720h"
	Code  errcode.Code `json:"errcode"` // of a message that comes too early; defaults to 43101
}

func (l *LimitConfig) limit() *emulator.RateLimit {
	if l == nil {
		return nil
	}
	return &emulator.RateLimit{Key: l.Key, Every: time.Duration(l.Every), Code: l.Code}
}

// AgentConfig describes a customer-service agent.
type AgentConfig struct {
	Account string `json:"account"` // such as "anna@demo"
	Nick    string `json:"nick"`
}

// CallbackConfig is where an account's pushes go.
type CallbackConfig struct {
	URL            string              `json:"url"`
	Token          string              `json:"token"`
	EncodingAESKey string              `json:"encodingAESKey"`
	Mode           emulator.Mode       `json:"mode"`   // "plaintext", "compatible" or "secure"; defaults to secure
	Format         emulator.Format     `json:"format"` // "xml" or "json"; defaults to xml
	Shape          emulator.EventShape `json:"shape"`  // of subscription events, such as "wrapped"; defaults to "real"
}

func (c *CallbackConfig) callback() emulator.Callback {
	return emulator.Callback{
		URL: c.URL, Token: c.Token, EncodingAESKey: c.EncodingAESKey, Mode: c.Mode, Format: c.Format, Shape: c.Shape,
	}
}

func (t *TemplateConfig) template() (emulator.Template, error) {
	kind, err := emulator.ParseTemplateType(t.Type)
	if err != nil {
		return emulator.Template{}, fmt.Errorf("type: %w", err)
	}
	switch {
	case t.Title == "":
		return emulator.Template{}, errors.New("title: missing")
	case t.Card != 0 && (t.Content != "" || len(t.Keywords) > 0):
		return emulator.Template{}, errors.New("card: the template of service cards has neither content nor keywords")
	case t.Card == 0 && (t.Content == "") == (len(t.Keywords) == 0):
		return emulator.Template{}, errors.New("content: want either content or keywords")
	}
	return emulator.Template{
		ID: t.ID, Title: t.Title, Content: t.Content, Keywords: t.Keywords, Example: t.Example, Enums: t.Enums, Type: kind,
		Device: t.Device, Limit: t.Limit.limit(), Card: t.Card,
	}, nil
}

// add adds the account with its templates.
func (c *AppConfig) add(wx *emulator.Server) (*emulator.App, error) {
	kinds := map[emulator.Kind]func(emulator.AppConfig) *emulator.App{
		emulator.MiniProgram: wx.AddMiniProgram, emulator.ServiceAccount: wx.AddServiceAccount,
		emulator.Website: wx.AddWebsite, emulator.ThirdParty: wx.AddThirdParty,
	}
	add := kinds[c.Kind]
	if add == nil {
		return nil, errors.New("kind: missing")
	}
	templates := make([]emulator.Template, len(c.Templates))
	for i := range c.Templates {
		t, err := c.Templates[i].template()
		if err != nil {
			return nil, under(fmt.Sprintf("templates[%d]", i), err)
		}
		templates[i] = t
	}
	var a *emulator.App
	if err := try("appId", func() {
		a = add(emulator.AppConfig{
			AppID: c.AppID, AppSecret: c.AppSecret, OriginalID: c.OriginalID, Name: c.Name, Platform: c.Platform,
			Pages: c.Pages, WebDomain: c.WebDomain,
		})
	}); err != nil {
		return nil, err
	}
	for i, t := range templates {
		if err := try(fmt.Sprintf("templates[%d]", i), func() { a.AddTemplate(t) }); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// connect does what needs the other accounts and the users to be there.
func (c *AppConfig) connect(wx *emulator.Server, a *emulator.App) error {
	for i, id := range c.Links {
		field := fmt.Sprintf("links[%d]", i)
		mini := wx.App(id)
		if mini == nil {
			return fmt.Errorf("%s: no account %q", field, id)
		}
		if err := try(field, func() { a.Link(mini) }); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(c.Quotas)) {
		a.SetQuota(path, c.Quotas[path])
	}
	if len(c.AllowIPs) > 0 {
		a.AllowIPs(c.AllowIPs...)
	}
	if len(c.Menu) > 0 {
		if err := try("menu", func() { a.SetMenu(c.Menu...) }); err != nil {
			return err
		}
	}
	a.BanSubscriptions(c.SubscriptionsBanned)
	for i, agent := range c.Agents {
		if err := try(fmt.Sprintf("agents[%d]", i), func() { a.AddAgent(agent.Account, agent.Nick) }); err != nil {
			return err
		}
	}
	if c.Callback == nil {
		return nil
	}
	return try("callback", func() { a.SetCallback(c.Callback.callback()) })
}
