package notify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// Reminder is something that a user must be told of before it is due. Key, User, Due, Leads and Content are
// needed.
type Reminder struct {
	// Key names the reminder, such as "contract-77". Planning a Key again replaces what was planned. Up to 200
	// bytes. It must be UTF-8 without a NUL, as all texts of a reminder must be.
	Key string `json:"key"`
	// User is the program's own id of the user, as given to [Ledger.Link].
	User string `json:"user"`
	// Topic is what a user can opt out of, see [Notifier.OptOut]. Optional.
	Topic string    `json:"topic,omitempty"`
	Due   time.Time `json:"due"`
	// Leads say when to remind, such as Days(7), Days(3), Days(1). Each is sent once for one Due, and one of whole
	// days once for the day of Due: a time that is corrected on that day does not send it again.
	Leads []Lead `json:"leads"`
	// At is the time of day at which leads of whole days are sent, such as "09:00". Defaults to that of Due.
	At string `json:"at,omitempty"`
	// Zone is the user's time zone, such as "Europe/Berlin". Defaults to [Config.Zone].
	Zone string `json:"zone,omitempty"`
	// Calendar names one of [Config.Calendars], for leads in business days. Defaults to "".
	Calendar string     `json:"calendar,omitempty"`
	Quiet    QuietHours `json:"quiet,omitzero"`
	Content  Content    `json:"content"`
	// Renewal, unless nil, makes the reminder due again and again. Planned again with the same rule, and with its first
	// Due or the one that holds now, it goes on where it is; another Due begins anew.
	Renewal *Renewal `json:"renewal,omitempty"`
	// Late is for leads whose time is over already. Defaults to LateMissed.
	Late Late `json:"late,omitempty"`
	// Repeat, unless nil, sends each lead again and again until it is acknowledged, see [Notifier.Acknowledge].
	Repeat *Repeat `json:"repeat,omitempty"`

	progress progress // stored beside it
}

const longestKey = 200

// firing is one lead of a reminder for one due time.
type firing struct {
	id       string
	reminder string
	user     string
	due      int64
	lead     Lead
	fireAt   int64 // when it is sent next
	meantAt  int64 // when the reminder says that it is sent
	waitTill int64 // not before, as WeChat answered
	state    State
	tries    int
	takes    int     // by other processes, after the ends of those that had it
	looked   doorSet // by processes that left it to others
	wants    doorSet // the doors that it was left for
	door     string  // that took it last
	reason   string
	decision string // the reasons so far, as they are stored
	parked   int64  // 1 while it is queued and nobody is at it

	newDecision string // the reasons from now on, "" where none came
	settledAt   int64
	leaseUntil  int64

	// For replan.
	open bool // its message is under way
	anew bool // it comes back after tries that shut doors
}

func firingID(key string, due time.Time, l Lead) string {
	return fmt.Sprintf("%s@%s-%s", key, due.UTC().Format("2006-01-02T15:04:05.999Z"), l)
}

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "notify", Field: field, Reason: reason}
}

// check returns the calendar of a reminder that is complete.
func (r *Reminder) check(defaultZone string, calendars map[string]Workdays) (*calendar, error) {
	switch {
	case r.Key == "":
		return nil, fieldError("Key", "empty")
	case len(r.Key) > longestKey:
		return nil, fieldError("Key", fmt.Sprintf("%d bytes, limit %d", len(r.Key), longestKey))
	case r.User == "":
		return nil, fieldError("User", "empty")
	case r.Due.IsZero():
		return nil, fieldError("Due", "zero")
	case len(r.Leads) == 0:
		return nil, fieldError("Leads", "empty")
	}
	if err := cmp.Or(r.checkTexts(), r.checkRepeat(), r.Late.check()); err != nil {
		return nil, err
	}
	c, err := newCalendar(r, defaultZone, calendars)
	if err == nil && r.Renewal != nil {
		err = cmp.Or(r.Renewal.check(), r.Renewal.checkFirst(c.due))
	}
	return c, err
}

// firings returns the leads as they are to be stored if they are new. A lead whose time was over before the reminder
// was planned is missed from the start, unless the reminder says otherwise.
func (r *Reminder) firings(c *calendar, now time.Time, grace time.Duration) []firing {
	slots := c.slots(r.leads())
	list := make([]firing, 0, len(slots))
	for _, s := range slots {
		f := firing{
			id: firingID(r.Key, r.Due, s.lead), reminder: r.Key, user: r.User,
			due: unix(r.Due), lead: s.lead, fireAt: unix(s.at), meantAt: unix(s.at), state: Planned,
		}
		switch {
		case now.Sub(s.at) > grace && (s.over != "" || r.Late == LateMissed):
			f.state, f.reason = Missed, plannedLate
		case now.Sub(s.at) > grace:
			if f.reason = r.Late.misses(s, c, slots, now); f.reason != "" {
				f.state = Missed
				break
			}
			f.fireAt = unix(now)
		case s.over != "":
			f.state, f.reason = Skipped, s.over
		}
		list = append(list, f)
	}
	return list
}

// drops returns why the reminder, as it is planned now, no longer has a lead that was planned before, "" if it has.
func (r *Reminder) drops(f *firing, defaultZone string) string {
	switch {
	case unix(r.Due) != f.due && !r.stands(f.due, defaultZone):
		return dueMoved
	case !slices.Contains(r.forDue(f.due, defaultZone).leads(), f.lead):
		return leadRemoved
	}
	return ""
}

func (r *Reminder) encode() (string, error) {
	spec, err := json.Marshal(r)
	return string(spec), err
}

// decodeReminder reads a reminder and its progress. What cannot be read of the latter begins anew.
func decodeReminder(spec, state string, acked int64) (*Reminder, error) {
	r := new(Reminder)
	if err := json.Unmarshal([]byte(spec), r); err != nil {
		return nil, err
	}
	if state == "" || json.Unmarshal([]byte(state), &r.progress) != nil {
		r.progress = begun(r.Due)
	}
	r.progress.Acked = acked
	return r, nil
}

// encodeProgress returns "" where there is nothing to tell.
func (r *Reminder) encodeProgress() string {
	if r.Renewal == nil && !r.snoozed() {
		return ""
	}
	text, _ := json.Marshal(r.progress) // of numbers it cannot fail
	return string(text)
}
