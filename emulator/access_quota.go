package emulator

import (
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// usage counts an account's calls of the day and of the minute, by path.
type usage struct {
	Day    int64          `json:"day,omitempty"`
	Today  map[string]int `json:"today,omitempty"`
	Limits map[string]int `json:"limits,omitempty"` // per day, where the account differs from the defaults

	minute   int64
	inMinute map[string]int
}

// dailyLimits are the defaults of an ordinary account, where the pages give a number.
var dailyLimits = map[string]int{
	classicTokenPath:                  2_000,
	stableTokenPath:                   500_000,
	"/cgi-bin/message/custom/send":    500_000,
	"/cgi-bin/message/subscribe/send": 10_000_000,
	"/cgi-bin/message/template/send":  100_000,
	"/cgi-bin/user/get":               500,
	"/cgi-bin/user/info":              5_000_000,
	"/cgi-bin/user/info/updateremark": 10_000,
	"/cgi-bin/qrcode/create":          100_000,
	"/cgi-bin/media/upload":           100_000,
	"/cgi-bin/media/get":              200_000,
	"/wxa/getwxacode":                 10_000,
	"/cgi-bin/wxaapp/createwxaqrcode": 10_000,
	"/wxa/genwxashortlink":            10_000_000,
	textCheckPath:                     2_000_000,
	mediaCheckPath:                    200_000,
	menuCreatePath:                    1_000,
	menuGetPath:                       10_000,
	menuDeletePath:                    1_000,
	menuAddConditionalPath:            2_000,
	menuDelConditionalPath:            2_000,
	menuTryMatchPath:                  20_000,
}

// minuteLimit is how many calls a minute may have, and the code of those beyond.
type minuteLimit struct {
	calls int
	code  errcode.Code
}

// minuteLimits are the defaults per minute. The pages of codes have 45009 for them.
var minuteLimits = map[string]minuteLimit{
	stableTokenPath:              {10_000, errcode.MinuteQuotaReached},
	"/wxa/getwxacodeunlimit":     {5_000, errcode.DayQuotaReached},
	"/wxa/resetusersessionkey":   {60_000, errcode.MinuteQuotaReached},
	textCheckPath:                {4_000, errcode.MinuteLimitReached},
	mediaCheckPath:               {2_000, errcode.MinuteLimitReached},
	"/sns/oauth2/access_token":   {50_000, errcode.MinuteQuotaReached},
	"/sns/oauth2/refresh_token":  {50_000, errcode.MinuteQuotaReached},
	"/sns/userinfo":              {50_000, errcode.MinuteQuotaReached},
	"/cgi-bin/openapi/quota/get": {1_000, errcode.MinuteQuotaReached},
}

// spend counts one call against the account's quotas and answers 45009 or 45011 when one is used up.
func (a *App) spend(path string, now time.Time) errcode.Code {
	u := &a.access.usage
	u.roll(now)
	if limit, ok := u.limit(path); ok && u.Today[path] >= limit {
		return errcode.DayQuotaReached
	}
	if limit, ok := minuteLimits[path]; ok && u.inMinute[path] >= limit.calls {
		return limit.code
	}
	u.Today[path]++
	u.inMinute[path]++
	return 0
}

// roll starts the counters again when a new day or minute has begun.
func (u *usage) roll(now time.Time) {
	if today := day(now); u.Today == nil || u.Day != today {
		u.Day, u.Today = today, map[string]int{}
	}
	if minute := now.Unix() / 60; u.inMinute == nil || u.minute != minute {
		u.minute, u.inMinute = minute, map[string]int{}
	}
}

func (u *usage) limit(path string) (int, bool) {
	if n, ok := u.Limits[path]; ok {
		return n, true
	}
	n, ok := dailyLimits[path]
	return n, ok
}

// SetQuota sets how many calls to a path the account may make per day, in place of WeChat's default.
// Beyond it they answer 45009 until midnight in China.
func (a *App) SetQuota(path string, perDay int) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.access.usage.Limits == nil {
		a.access.usage.Limits = map[string]int{}
	}
	a.access.usage.Limits[path] = perDay
}
