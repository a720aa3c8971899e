// Package keyword knows the keywords of WeChat's message templates (模板参数): what a key says about its
// value, what the rule of each type allows, and how a template's content lists its keys.
//
// It serves subscription messages, service-account notifications and template messages alike. WeChat
// publishes the rules in words only. Where the words leave room, the checks here let a value pass: what
// they refuse, WeChat refuses too, but not the other way round.
package keyword

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// Type is the type of a keyword: its key without the number, "thing" for "thing1".
type Type string

// The types that WeChat documents, and three that only its samples and templates show: EnumString, Const
// and ShortThing.
const (
	Thing           Type = "thing"            // 事物
	Number          Type = "number"           // 数字
	Letter          Type = "letter"           // 字母
	Symbol          Type = "symbol"           // 符号
	CharacterString Type = "character_string" // 字符串
	Time            Type = "time"             // 时间
	Date            Type = "date"             // 日期
	Amount          Type = "amount"           // 金额
	PhoneNumber     Type = "phone_number"     // 电话
	CarNumber       Type = "car_number"       // 车牌
	Name            Type = "name"             // 姓名
	Phrase          Type = "phrase"           // 汉字
	Enum            Type = "enum"             // 枚举值
	EnumString      Type = "enum_string"      // 枚举值, as the keys of real templates spell it
	Const           Type = "const"            // 常量
	ShortThing      Type = "short_thing"      // 短事物
)

// Of returns the type that a key names, "thing" for "thing1" and for "thing01".
func Of(key string) Type {
	end := len(key)
	for end > 0 && key[end-1] >= '0' && key[end-1] <= '9' {
		end--
	}
	return Type(key[:end])
}

// rule is what WeChat says about the values of one type.
type rule struct {
	limit int    // of characters, or of digits for a Number; 0 for none
	words string // the rule in words
	check func(value string, limit int) (reason string)
	fit   func(value string, limit int) string // nil: shortened, the value would say something else
}

var rules = map[Type]rule{
	Thing:           {20, "up to 20 characters", checkText, fitText},
	ShortThing:      {5, "up to 5 characters", checkText, fitText},
	Const:           {20, "up to 20 characters, one of the values approved for the template", checkText, nil},
	Number:          {32, "up to 32 digits, with decimals if wanted", checkNumber, nil},
	Letter:          {32, "up to 32 letters A-Z and a-z", checkLetters, nil},
	Symbol:          {5, "up to 5 symbols", checkSymbols, nil},
	CharacterString: {32, "up to 32 digits, letters and symbols, no Chinese", checkNoHan, fitText},
	Time:            {0, `24-hour time with a date if wanted, or two joined by "~"`, checkMoments, fitMoments},
	Date:            {0, `date with a 24-hour time if wanted, or two joined by "~"`, checkMoments, fitMoments},
	Amount:          {0, "currency symbol and up to 10 digits, decimals and a final 元 if wanted", checkAmount, nil},
	PhoneNumber:     {17, "up to 17 digits and symbols", checkPhone, nil},
	CarNumber:       {8, "up to 8 letters and digits, first and last may be Chinese", checkCar, nil},
	Name:            {20, "up to 10 characters with Chinese among them, else 20, no digits", checkName, fitName},
	Phrase:          {5, "up to 5 Chinese characters", checkPhrase, fitPhrase},
	Enum:            {0, "one of the values listed with the template", checkAny, nil},
	EnumString:      {0, "one of the values listed with the template", checkAny, nil},
}

// Limit returns how many characters a value may have, 0 where the rule is another or unknown. It counts
// the digits of a Number, and the 20 characters of a Name are 10 if one of them is Chinese.
func (t Type) Limit() int { return rules[t].limit }

// Rule returns the rule in words, "" for an unknown type.
func (t Type) Rule() string { return rules[t].words }

// Check returns what is wrong with a value, such as "23 characters, limit 20", and "" if nothing is. The
// values of a type that is not known pass, if they are UTF-8. The reason never repeats the value.
func (t Type) Check(value string) (reason string) {
	r, known := rules[t]
	switch {
	case !known:
		return checkAny(value, 0)
	case strings.TrimSpace(value) == "":
		return "empty"
	}
	reason = r.check(value, r.limit)
	if reason != "" {
		return cmp.Or(checkAny(value, 0), reason) // else the reason would be about a character that is none
	}
	return ""
}

// Fit returns the value changed as little as makes it keep its type's rule. Text is cut on the border of
// a character, with "..." at its end where the rule allows and leaves the room; line breaks and other
// control characters become spaces; a full-width "～" between two times becomes "~". Values that mean
// something else when cut (numbers, amounts, phone and car numbers, enumerated values) stay as they are,
// and so do those that break their rule in another way, or are not UTF-8.
func (t Type) Fit(value string) string {
	r := rules[t]
	if r.fit == nil || r.check(value, r.limit) == "" || !utf8.ValidString(value) {
		return value
	}
	return r.fit(value, r.limit)
}
