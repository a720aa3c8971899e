package console

import (
	"errors"
	"fmt"

	"github.com/wechatkit/wechat/emulator"
)

// UserConfig describes a user in a configuration.
type UserConfig struct {
	Name     string            `json:"name"`
	Nickname string            `json:"nickname"`
	Phone    string            `json:"phone"`
	OpenIDs  map[string]string `json:"openIds"`  // by AppID
	UnionIDs map[string]string `json:"unionIds"` // by Open Platform account
	Follows  []string          `json:"follows"`  // AppIDs of service accounts
	Consents []ConsentConfig   `json:"consents"`
	// SubscriptionsOff names the accounts whose main switch of subscription messages is off.
	SubscriptionsOff []string `json:"subscriptionsOff"`

	ClientPlatform int `json:"clientPlatform"` // what WeChat runs on: 1 iOS, 2 Android (the default), 3 others
}

// ConsentConfig is what a user has allowed before the start.
type ConsentConfig struct {
	TemplateID string `json:"templateId"`
	Grants     int    `json:"grants"` // how often it was accepted
	Keep       string `json:"keep"`   // the answer with "always keep": an acceptance (which is one grant at least) or "reject"
	Off        bool   `json:"off"`    // switched off in the settings
}

// add adds the user, with what happened before the start.
func (c *UserConfig) add(wx *emulator.Server) error {
	if c.Name == "" {
		return errors.New("name: missing")
	}
	var u *emulator.User
	if err := try("name", func() {
		u = wx.AddUser(emulator.UserConfig{
			Name: c.Name, Nickname: c.Nickname, Phone: c.Phone, OpenIDs: c.OpenIDs, UnionIDs: c.UnionIDs,
			ClientPlatform: c.ClientPlatform,
		})
	}); err != nil {
		return err
	}
	for i, id := range c.Follows {
		field := fmt.Sprintf("follows[%d]", i)
		a := wx.App(id)
		if a == nil {
			return fmt.Errorf("%s: no account %q", field, id)
		}
		if err := try(field, func() { u.Follow(a) }); err != nil {
			return err
		}
	}
	for i := range c.Consents {
		if err := c.Consents[i].give(u, fmt.Sprintf("consents[%d]", i)); err != nil {
			return err
		}
	}
	for i, id := range c.SubscriptionsOff {
		a := wx.App(id)
		if a == nil {
			return fmt.Errorf("subscriptionsOff[%d]: no account %q", i, id)
		}
		u.SwitchSubscriptions(a, false)
	}
	return nil
}

func (c *ConsentConfig) give(u *emulator.User, field string) error {
	if c.Grants < 0 || c.Grants > 10_000 {
		return fmt.Errorf("%s.grants: %d, want 0 to 10000", field, c.Grants)
	}
	var kept emulator.Acceptance
	if err := kept.UnmarshalText([]byte(c.Keep)); err != nil && c.Keep != "reject" {
		return fmt.Errorf("%s.keep: %w, or reject", field, err)
	}
	return try(field, func() {
		grants := c.Grants
		if c.Keep != "" && c.Keep != "reject" {
			u.AcceptAlwaysAs(kept, c.TemplateID)
			grants--
		}
		for range grants {
			u.Accept(c.TemplateID)
		}
		if c.Keep == "reject" {
			u.RejectAlways(c.TemplateID)
		}
		if c.Off {
			u.Ban(c.TemplateID)
		}
	})
}
