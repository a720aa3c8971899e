package errcode

// Codes of custom menus (自定义菜单). Most findings about a button have two numbers: one for the first level, one for
// the buttons of a sub-menu.
const (
	// InvalidButtonCount: a menu has one to three buttons.
	InvalidButtonCount Code = 40016
	// InvalidButtonType: the type of a button is unknown, or missing.
	InvalidButtonType Code = 40017
	// InvalidButtonName: the name of a button is longer than 16 bytes, or empty.
	InvalidButtonName Code = 40018
	// InvalidButtonKey: the key of a button is longer than 128 bytes, or empty.
	InvalidButtonKey Code = 40019
	// InvalidButtonURL: the URL of a button is longer than 1024 bytes, or empty.
	InvalidButtonURL Code = 40020
	// MenuTooDeep: a menu has two levels.
	MenuTooDeep Code = 40022
	// InvalidSubButtonCount: a sub-menu has one to five buttons.
	InvalidSubButtonCount Code = 40023
	// InvalidSubButtonType: the type of a button in a sub-menu is unknown, or missing.
	InvalidSubButtonType Code = 40024
	// InvalidSubButtonName: the name of a button in a sub-menu is longer than 60 bytes, or empty.
	InvalidSubButtonName Code = 40025
	// InvalidSubButtonKey: the key of a button in a sub-menu is longer than 128 bytes, or empty.
	InvalidSubButtonKey Code = 40026
	// InvalidSubButtonURL: the URL of a button in a sub-menu is longer than 1024 bytes, or missing.
	InvalidSubButtonURL Code = 40027
	// MenuSwitchedOff: menus are switched off in the console, or one was deleted a moment ago.
	MenuSwitchedOff Code = 40028
	// SubButtonDomainNotAllowed: the domain of a URL in a sub-menu is not allowed.
	SubButtonDomainNotAllowed Code = 40054
	// ButtonDomainNotAllowed: the domain of a URL is not allowed.
	ButtonDomainNotAllowed Code = 40055
	// ButtonTypeNotPermitted: the account may not have buttons of this type.
	ButtonTypeNotPermitted Code = 40119
	// SubButtonTypeNotPermitted: the account may not have buttons of this type in a sub-menu.
	SubButtonTypeNotPermitted Code = 40120
	// MenuMiniProgramNotLinked: the Mini Program of a button is not linked to the account.
	MenuMiniProgramNotLinked Code = 45064
	// MenuNotFound: the account has no menu that was made by the API.
	MenuNotFound Code = 46003
	// InvalidArticleID: the article_id is not that of a published article.
	InvalidArticleID Code = 53600
	// ConditionalMenuNotFound: there is no personalised menu with this id.
	ConditionalMenuNotFound Code = 65301
	// MenuUserNotFound: the user whose menu was asked for does not follow the account.
	MenuUserNotFound Code = 65302
	// DefaultMenuMissing: a personalised menu needs a default menu first.
	DefaultMenuMissing Code = 65303
	// EmptyMatchRule: the rule of a personalised menu names nobody.
	EmptyMatchRule Code = 65304
	// TooManyConditionalMenus: the account has too many personalised menus.
	TooManyConditionalMenus Code = 65305
	// ConditionalMenusNotPermitted: the account may not have personalised menus.
	ConditionalMenusNotPermitted Code = 65306
	// ConditionalMenusSwitchedOff: personalised menus are switched off.
	ConditionalMenusSwitchedOff Code = 65309
	// TooManyMenuDomains: all personalised menus together lead to three domains at most.
	TooManyMenuDomains Code = 65316
	// PrivateMatchRule: the rule of a personalised menu asks for sex, region or language.
	PrivateMatchRule Code = 65320
)
