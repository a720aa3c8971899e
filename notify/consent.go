package notify

import (
	"cmp"
	"slices"
	"time"
)

// Consent is what a user has allowed for one subscription template, as far as it is known.
type Consent struct {
	// Left counts the messages that may be sent: acceptances that WeChat told of, less those used up.
	Left int
	// Claimed counts acceptances that only the client told of. They may be made up, and they are all there is
	// where "always keep" keeps WeChat from showing a pop-up.
	Claimed int
	// LongTerm tells that a long-term template is accepted: it allows many, or, where the template is a limited one
	// (长期订阅限频消息), one a day or a month for each value of the keyword that it prescribes.
	LongTerm bool
	// Banned tells that WeChat has banned the template, by the client's word.
	Banned bool
	// AlwaysKeep tells that "always keep" (总是保持以上选择) is ticked for accept, by the client's word.
	AlwaysKeep bool
}

const (
	// samePopup is how far the client's word and WeChat's event about one pop-up may be apart.
	samePopup = int64(60 * time.Second / time.Millisecond)
	// clockSkew is how far WeChat's clock and ours may differ.
	clockSkew = int64(5 * time.Second / time.Millisecond)
	// longestLimit is the longest time that a limited long-term template is known to ask for between two messages: a month.
	longestLimit = int64(31 * 24 * time.Hour / time.Millisecond)
)

// grant is one acceptance.
type grant struct {
	at     int64
	proven bool
	gone   bool
}

// consent counts what is left for a template. It depends on the set of facts alone, not on the order in which
// they came.
func (r *record) consent(templateID string, longTerm bool) Consent {
	var c Consent
	var accepts, hints, empties []int64
	var void, banned, keep, keepNot int64
	for _, f := range r.facts {
		if f.topic != templateID {
			continue
		}
		switch f.kind {
		case factAccept:
			accepts = append(accepts, f.at)
		case factHint:
			hints = append(hints, f.at)
		case factEmpty:
			empties = append(empties, f.at)
		case factVoid:
			void = max(void, f.at)
		case factBan:
			banned = max(banned, f.at)
		case factKeep:
			keep = max(keep, f.at)
		case factKeepNot:
			keepNot = max(keepNot, f.at)
		}
	}
	c.AlwaysKeep = keep > keepNot && keep > void
	c.Banned = banned > slices.Max(append([]int64{0}, append(accepts, hints...)...))
	if longTerm {
		empties = slices.DeleteFunc(empties, func(at int64) bool { return r.tooEarly(templateID, at) })
	}
	grants := joinGrants(accepts, hints)
	for i := range grants {
		g := &grants[i]
		g.gone = g.at <= void || slices.ContainsFunc(empties, func(at int64) bool { return g.at+clockSkew <= at })
	}
	if !longTerm {
		r.spend(grants, templateID, void)
	}
	c.count(grants, longTerm)
	return c
}

// tooEarly reports whether a refusal of a long-term template may be that of a limited one, because WeChat took a message
// not long before. What WeChat answers to one that comes too early is not documented, and who unsubscribes gives an event.
func (r *record) tooEarly(templateID string, refused int64) bool {
	justBefore := func(at int64) bool { return at <= refused && refused-at <= longestLimit }
	return slices.ContainsFunc(r.uses, func(u use) bool {
		return u.what == usesConsent && u.templateID == templateID && u.msgID != 0 && justBefore(u.at)
	}) || slices.ContainsFunc(r.receipts, func(c receipt) bool { return c.templateID == templateID && justBefore(c.at) })
}

func (c *Consent) count(grants []grant, longTerm bool) {
	for _, g := range grants {
		switch {
		case g.gone:
		case g.proven:
			c.Left++
		default:
			c.Claimed++
		}
	}
	if longTerm {
		*c = Consent{LongTerm: c.Left+c.Claimed > 0, Banned: c.Banned, AlwaysKeep: c.AlwaysKeep}
	}
}

// joinGrants makes one list of both. A hint near an event is about the same pop-up and does not count.
func joinGrants(accepts, hints []int64) []grant {
	same := samePopups(accepts, hints)
	grants := make([]grant, 0, len(accepts)+len(hints))
	for i, at := range hints {
		if !same[i] {
			grants = append(grants, grant{at: at})
		}
	}
	for _, at := range accepts {
		grants = append(grants, grant{at: at, proven: true})
	}
	slices.SortFunc(grants, compareGrants)
	return grants
}

func compareGrants(a, b grant) int {
	if a.proven != b.proven { // proven ones are used first
		return boolOrder(a.proven)
	}
	return cmp.Compare(a.at, b.at)
}

// samePopups tells which hints are about the pop-up of an event: the closest pairs are, each event with one hint.
// Both lists are in rising order.
func samePopups(accepts, hints []int64) (same []bool) {
	type pair struct{ apart, hint, accept int }
	var pairs []pair
	for h, at := range hints {
		first, _ := slices.BinarySearch(accepts, at-samePopup+1)
		for a := first; a < len(accepts) && accepts[a] < at+samePopup; a++ {
			pairs = append(pairs, pair{int(max(at-accepts[a], accepts[a]-at)), h, a})
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return p.apart - q.apart })
	same, taken := make([]bool, len(hints)), make([]bool, len(accepts))
	for _, p := range pairs {
		if !same[p.hint] && !taken[p.accept] {
			same[p.hint], taken[p.accept] = true, true
		}
	}
	return same
}

func boolOrder(first bool) int {
	if first {
		return -1
	}
	return 1
}

// spend marks the grants that messages have used up: ours, and those of which only an event told, which
// another program sent. What was used before the last void was of a grant that is gone with it.
func (r *record) spend(grants []grant, templateID string, void int64) {
	for _, at := range r.spends(templateID) {
		if at <= void {
			continue
		}
		for i := range grants {
			if !grants[i].gone && grants[i].at <= at+clockSkew {
				grants[i].gone = true
				break
			}
		}
	}
}

// spends lists when messages of a template used up a grant, in rising order.
func (r *record) spends(templateID string) []int64 {
	var times, open []int64
	ours := map[int64]bool{}
	for _, u := range r.uses {
		if u.what != usesConsent || u.templateID != templateID {
			continue
		}
		times = append(times, u.at)
		if u.msgID == 0 {
			open = append(open, u.at)
		}
		ours[u.msgID] = true
	}
	for _, c := range r.receipts {
		if c.templateID != templateID || ours[c.msgID] {
			continue
		}
		if i := slices.IndexFunc(open, func(at int64) bool { return at <= c.at+clockSkew }); i >= 0 {
			open = slices.Delete(open, i, i+1) // most likely the outcome of a message of ours without an id
			continue
		}
		times = append(times, c.at)
	}
	slices.Sort(times)
	return times
}
