package notify

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// leaveFor is how long after its time a lead is left to processes that have its doors. One that is sent before
// the reminder is due is left until then at least.
const leaveFor = 24 * time.Hour

// doorSet is a set of names as a column holds it, such as "|mail|sms|".
type doorSet string

func newDoorSet(names ...string) doorSet {
	var set doorSet
	return set.with(names...)
}

// mark is how a name stands in a set.
func mark(name string) string { return "|" + url.QueryEscape(name) + "|" }

func (s doorSet) has(name string) bool { return strings.Contains(string(s), mark(name)) }

func (s doorSet) with(names ...string) doorSet {
	for _, name := range slices.Sorted(slices.Values(names)) {
		if !s.has(name) {
			s = doorSet(strings.TrimSuffix(string(s), "|") + mark(name))
		}
	}
	return s
}

// doorNames lists the doors that a content is for: those of WeChat by their first names, whatever they are named
// now, and the program's own.
func (c *Content) doorNames() []string {
	var names []string
	if c.Template != nil {
		names = append(names, DoorTemplate)
	}
	if c.Subscribe != nil {
		names = append(names, DoorSubscribe)
	}
	if c.Card != nil {
		names = append(names, DoorCard)
	}
	if c.Reply != "" {
		names = append(names, DoorReply)
	}
	return append(names, slices.Sorted(maps.Keys(c.Other))...)
}

// servedBy lists the names in contents that doors serve.
func servedBy(doors []Door) []string {
	var names []string
	for _, d := range doors {
		names = append(names, d.Name())
		for named, ok := d.(namedDoor); ok; named, ok = d.(namedDoor) {
			d = named.Door
		}
		switch d.(type) {
		case *templateDoor, *subscribeDoor, *cardDoor, *replyDoor:
			names = append(names, d.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wanting lists the doors of a content that nobody has looked at: the processes so far did not have them.
func wanting(c *Content, looked doorSet, tried func(door string) bool) []string {
	return slices.DeleteFunc(c.doorNames(), func(name string) bool { return looked.has(name) || tried(name) })
}

// left reports whether a lead whose doors this process does not have is still to be left to others.
func (f *firing) left(now time.Time) bool {
	return now.Before(fromUnix(f.due)) || now.Before(fromUnix(f.fireAt).Add(leaveFor))
}

// sayLeft tells an operator, once for the same doors.
func (n *Notifier) sayLeft(wants []string, key string) {
	if _, said := n.saidLeft.LoadOrStore(strings.Join(wants, "\n"), true); !said {
		n.cfg.Logger.Warn("notify: this process has no door for some leads and leaves them to others",
			"doors", wants, "reminder", key)
	}
}
