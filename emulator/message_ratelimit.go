package emulator

import (
	"cmp"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// RateLimit is what a limited long-term template allows (长期订阅限频消息): one message in so much time, counted apart for each user
// and for each value of one keyword. So three policies that end this month are three messages of a monthly template, if the
// policy's number is that keyword.
type RateLimit struct {
	Key   string        `json:"key"`   // the keyword, such as "character_string1"
	Every time.Duration `json:"every"` // from one message to the next
	// Code answers a message that comes too early; the consent stays. WeChat does not tell its code, which is why a program had
	// better be tested with several. Defaults to 43101, the worst of them, for it usually means the end of a consent.
	Code errcode.Code `json:"code"`
}

// check says what is wrong with the limit of a template, "" if nothing is.
func (l *RateLimit) check(t *Template) string {
	switch {
	case l == nil:
		return ""
	case t.Type != LongTerm:
		return "only a long-term template has a Limit"
	case !slices.Contains(keysOf(cmp.Or(t.Content, contentOf(t.Keywords))), l.Key):
		return "the Limit is by a keyword that the template does not have"
	case l.Every <= 0:
		return "the Limit has no Every"
	}
	return ""
}

// tooEarly is the code for a message that comes before its time, 0 for one that may be sent.
func (c *consent) tooEarly(l *RateLimit, data map[string]string, now time.Time) errcode.Code {
	if l == nil {
		return 0
	}
	if last, ok := c.Sent[data[l.Key]]; ok && now.Sub(last) < l.Every {
		return l.Code
	}
	return 0
}

// note remembers when a message was sent, and forgets those that are of no account any more.
func (c *consent) note(l *RateLimit, data map[string]string, now time.Time) {
	if l == nil {
		return
	}
	for value, last := range c.Sent {
		if now.Sub(last) >= l.Every {
			delete(c.Sent, value)
		}
	}
	if c.Sent == nil {
		c.Sent = map[string]time.Time{}
	}
	c.Sent[data[l.Key]] = now
}

func (l *RateLimit) code() errcode.Code { return cmp.Or(l.Code, errcode.UserRefused) }

// LimitState describes a [RateLimit].
type LimitState struct {
	Key   string       `json:"key"`
	Every string       `json:"every"` // such as "720h0m0s"
	Code  errcode.Code `json:"errcode"`
}

func (l *RateLimit) state() *LimitState {
	if l == nil {
		return nil
	}
	return &LimitState{l.Key, l.Every.String(), l.Code}
}
