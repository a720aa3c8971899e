package subscribe

import "github.com/wechatkit/wechat/internal/keyword"

// KeywordType is the type of a keyword: its key without the number, [TypeThing] for "thing1". It decides
// what the value may be (参数值限制说明). A type that is not known here has no rule, and its values pass.
//
// WeChat publishes the rules in words only. Where the words leave room, a value passes and WeChat has the
// last word.
//
// A nickname belongs under a TypeThing key: many have digits, WeChat's own 用户 with a number among them, and a
// TypeName takes none.
type KeywordType string

// The types that WeChat documents, and three that only its samples and templates show: TypeEnumString,
// TypeConst and TypeShortThing. A character is a code point, also of an emoji, for WeChat does not say.
const (
	TypeThing           KeywordType = "thing"            // 事物: up to 20 characters
	TypeNumber          KeywordType = "number"           // 数字: up to 32 digits, with decimals if wanted
	TypeLetter          KeywordType = "letter"           // 字母: up to 32 letters A-Z and a-z
	TypeSymbol          KeywordType = "symbol"           // 符号: up to 5 symbols
	TypeCharacterString KeywordType = "character_string" // 字符串: up to 32 digits, letters and symbols, no Chinese
	TypeTime            KeywordType = "time"             // 时间: "09:30", "2026-11-20 09:30", a range with "~"
	TypeDate            KeywordType = "date"             // 日期: "2026年11月20日", "2026-11-20 09:30", a range with "~"
	TypeAmount          KeywordType = "amount"           // 金额: "¥19.90", "19.90元", up to 10 digits before the point
	TypePhoneNumber     KeywordType = "phone_number"     // 电话: up to 17 digits and symbols
	TypeCarNumber       KeywordType = "car_number"       // 车牌: up to 8, first and last may be Chinese
	TypeName            KeywordType = "name"             // 姓名: up to 10 characters with Chinese among them, else 20; no digits
	TypePhrase          KeywordType = "phrase"           // 汉字: up to 5 Chinese characters
	TypeEnum            KeywordType = "enum"             // 枚举值: one of the values listed with the template
	TypeEnumString      KeywordType = "enum_string"      // the same, as real templates spell it
	TypeConst           KeywordType = "const"            // 常量: one of the values approved for the template, up to 20 characters
	TypeShortThing      KeywordType = "short_thing"      // up to 5 characters
)

// TypeOf returns the type that a key names: TypeThing for "thing1".
func TypeOf(key string) KeywordType { return KeywordType(keyword.Of(key)) }

// Limit returns how many characters a value may have, 0 where the rule is another or unknown. It counts
// the digits of a TypeNumber; the 20 of a TypeName are 10 if one of the characters is Chinese.
func (t KeywordType) Limit() int { return keyword.Type(t).Limit() }

// Rule returns the rule in words, such as "up to 20 characters", "" for a type that is not known.
func (t KeywordType) Rule() string { return keyword.Type(t).Rule() }

// Check returns an [errcode.FieldError] if value breaks the rule, such as
// "subscribe: thing: 23 characters, limit 20". The error does not repeat the value.
func (t KeywordType) Check(value string) error {
	if reason := keyword.Type(t).Check(value); reason != "" {
		return fieldError(string(t), reason)
	}
	return nil
}

// Fit returns value changed as [Fit] does.
func (t KeywordType) Fit(value string) string { return keyword.Type(t).Fit(value) }

// Fit returns a copy of data whose values are changed as little as makes them keep their rules, for those
// who would rather send a shortened message than none.
//
// Texts (thing, short_thing, character_string, name, phrase) are cut on the border of a character, with
// "..." at the end where there is room and the rule allows it; line breaks and other control characters in
// them become spaces. A full-width "～" between two times becomes "~". Numbers, amounts, phone and car
// numbers and enumerated values stay as they are, for shortened they would say something else; so do values
// that break their rule in another way, and Send reports those.
func Fit(data Data) Data { return keyword.Fit(data) }

// Keyword is one keyword of a template.
type Keyword struct {
	Key  string // such as "thing1", the key of [Data]
	Name string // what the template calls it, "" if nothing stands before it
	Type KeywordType
	// Values are the only values allowed, nil if there is no such list. It comes from the template's enum
	// list, which [ParseTemplate] does not see; WeChat lists none for TypeConst.
	Values []string
}

// ParseTemplate lists the keywords in the content of a template, such as
// "Item:{{thing1.DATA}}\nWhen:{{date2.DATA}}\n", in their order, each once. Text without keywords gives
// none. See [Template.Keywords] for a template that WeChat listed.
func ParseTemplate(content string) []Keyword {
	parsed := keyword.Parse(content)
	list := make([]Keyword, len(parsed))
	for i, k := range parsed {
		list[i] = Keyword{Key: k.Key, Name: k.Name, Type: KeywordType(k.Type())}
	}
	return list
}
