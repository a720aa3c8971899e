package notify

import (
	"cmp"
	"slices"
)

// outlived says which rows of a record count for nothing any more, by their places in it.
type outlived struct{ facts, uses, receipts []int }

// outlivedBy returns what can be deleted of a record: rows not later than a time without which consents, windows and cards
// are the same, now and whatever is told from now on. A grant goes with the message that used it up, so that neither is
// left without the other; one that is left stays, and so does what is a state rather than history: the latest rejection, ban
// and tick of each template. held are the times of messages whose review may still end badly.
//
// One thing is different afterwards: a message without an outcome no longer takes the event of another program's message,
// weeks later, for its own.
func (r *record) outlivedBy(before int64, longTerm func(string) bool, held []int64) outlived {
	p := &pruner{record: r, before: before}
	for _, topic := range p.topics() {
		p.template(topic, longTerm(topic))
	}
	p.cards()
	p.others(held)
	for _, list := range []*[]int{&p.old.facts, &p.old.uses, &p.old.receipts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return p.old
}

type pruner struct {
	*record

	before int64
	old    outlived
}

// topics are the templates, and the states of cards, that anything is known of.
func (p *pruner) topics() (list []string) {
	for _, f := range p.facts {
		list = append(list, f.topic)
	}
	for _, u := range p.uses {
		list = append(list, u.templateID)
	}
	for _, c := range p.receipts {
		list = append(list, c.templateID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// factsOf are the places of the facts of some kinds about a topic, in rising order of their times.
func (p *pruner) factsOf(topic string, kinds ...string) (list []int) {
	for i, f := range p.facts {
		if f.topic == topic && slices.Contains(kinds, f.kind) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(p.facts[a].at, p.facts[b].at) })
	return list
}

func (p *pruner) times(list []int) []int64 {
	times := make([]int64, len(list))
	for n, i := range list {
		times[n] = p.facts[i].at
	}
	return times
}

// dropFacts drops facts as far as they are old.
func (p *pruner) dropFacts(list ...int) {
	for _, i := range list {
		if p.facts[i].at <= p.before {
			p.old.facts = append(p.old.facts, i)
		}
	}
}

// popup is one acceptance with what became of it.
type popup struct {
	grant

	fact  int // its place
	spent *spending
}

// spending is one message: the use of ours, and the events that are about it.
type spending struct {
	at, newest     int64
	uses, receipts []int
	free           bool // it used up nothing that is known
}

func (p *pruner) template(topic string, longTerm bool) {
	voids := p.factsOf(topic, factVoid)
	var void int64
	for _, at := range p.times(voids) {
		void = max(void, at)
	}
	popups := p.popups(topic)
	empties := p.empties(topic, longTerm)
	for _, g := range popups {
		g.gone = g.at <= void || slices.ContainsFunc(empties, func(i int) bool { return g.at+clockSkew <= p.facts[i].at })
	}
	var spendings []*spending
	if longTerm {
		defer p.dropLongTermUses(topic)
	} else {
		spendings = p.spendings(topic)
		p.spendAll(popups, spendings, void)
	}
	kept := p.dropPopups(topic, popups)
	for _, s := range spendings {
		if s.free {
			p.dropSpending(s)
		}
	}
	for _, i := range p.factsOf(topic, factEmpty) {
		effective := slices.Contains(empties, i)
		if !effective || !slices.ContainsFunc(kept, func(g *popup) bool { return g.at+clockSkew <= p.facts[i].at }) {
			p.dropFacts(i)
		}
	}
	p.dropBans(topic)
	for _, list := range [][]int{voids, p.factsOf(topic, factKeep), p.factsOf(topic, factKeepNot)} {
		p.dropFacts(list[:max(0, len(list)-1)]...)
	}
}

// popups are the grants of a template in the order in which they are used.
func (p *pruner) popups(topic string) (list []*popup) {
	accepts, hints := p.factsOf(topic, factAccept), p.factsOf(topic, factHint)
	same := samePopups(p.times(accepts), p.times(hints))
	for _, i := range accepts {
		list = append(list, &popup{grant: grant{at: p.facts[i].at, proven: true}, fact: i})
	}
	for n, i := range hints {
		if !same[n] {
			list = append(list, &popup{grant: grant{at: p.facts[i].at}, fact: i})
		}
	}
	slices.SortStableFunc(list, func(a, b *popup) int { return compareGrants(a.grant, b.grant) })
	return list
}

// empties are the refusals of a template that ended what was accepted before.
func (p *pruner) empties(topic string, longTerm bool) []int {
	return slices.DeleteFunc(p.factsOf(topic, factEmpty), func(i int) bool {
		return longTerm && p.tooEarly(topic, p.facts[i].at)
	})
}

// spendings are the messages of a template, in rising order.
func (p *pruner) spendings(topic string) (list []*spending) {
	var open []*spending
	ours := map[int64]*spending{}
	for i, u := range p.uses {
		if u.what != usesConsent || u.templateID != topic {
			continue
		}
		s := &spending{at: u.at, newest: u.at, uses: []int{i}, free: true}
		list = append(list, s)
		if u.msgID == 0 {
			open = append(open, s)
		}
		ours[u.msgID] = s
	}
	for i, c := range p.receipts {
		if c.templateID != topic {
			continue
		}
		s := ours[c.msgID]
		if s == nil {
			if n := slices.IndexFunc(open, func(s *spending) bool { return s.at <= c.at+clockSkew }); n >= 0 {
				s = open[n]
				open = slices.Delete(open, n, n+1)
			}
		}
		if s == nil {
			s = &spending{at: c.at, free: true}
			list = append(list, s)
		}
		s.receipts, s.newest = append(s.receipts, i), max(s.newest, c.at)
	}
	slices.SortStableFunc(list, func(a, b *spending) int { return cmp.Compare(a.at, b.at) })
	return list
}

// spendAll is [record.spend] with what used up what.
func (p *pruner) spendAll(popups []*popup, spendings []*spending, void int64) {
	for _, s := range spendings {
		if s.at <= void {
			continue
		}
		for _, g := range popups {
			if !g.gone && g.at <= s.at+clockSkew {
				g.gone, g.spent, s.free = true, s, false
				break
			}
		}
	}
}

func (p *pruner) dropSpending(s *spending) {
	if s.newest <= p.before {
		p.old.uses = append(p.old.uses, s.uses...)
		p.old.receipts = append(p.old.receipts, s.receipts...)
	}
}

// dropPopups drops grants that are gone, with what used them up, and what the client said of the same. Those that are so
// near to each other that they may be the same stay or go together. It returns the grants that stay.
func (p *pruner) dropPopups(topic string, popups []*popup) (kept []*popup) {
	byFact := make(map[int]*popup, len(popups))
	for _, g := range popups {
		byFact[g.fact] = g
	}
	all := p.factsOf(topic, factAccept, factHint)
	for first := 0; first < len(all); {
		end := first + 1
		for end < len(all) && p.facts[all[end]].at-p.facts[all[end-1]].at <= samePopup {
			end++
		}
		group := all[first:end]
		first = end
		if p.isOver(group, byFact) {
			p.dropFacts(group...)
			for _, i := range group {
				if g := byFact[i]; g != nil && g.spent != nil {
					p.dropSpending(g.spent)
				}
			}
			continue
		}
		for _, i := range group {
			if g := byFact[i]; g != nil {
				kept = append(kept, g)
			}
		}
	}
	return kept
}

func (p *pruner) isOver(group []int, byFact map[int]*popup) bool {
	return !slices.ContainsFunc(group, func(i int) bool {
		g := byFact[i]
		return p.facts[i].at > p.before || g != nil && (!g.gone || g.spent != nil && g.spent.newest > p.before)
	})
}

// dropBans keeps the latest ban, unless something was accepted after it.
func (p *pruner) dropBans(topic string) {
	bans := p.factsOf(topic, factBan)
	popups := p.factsOf(topic, factAccept, factHint)
	for n, i := range bans {
		if n < len(bans)-1 || len(popups) > 0 && p.facts[i].at <= p.facts[popups[len(popups)-1]].at {
			p.dropFacts(i)
		}
	}
}

// dropLongTermUses drops the messages of a long-term template, but those by which a refusal that stays is no end of the
// consent.
func (p *pruner) dropLongTermUses(topic string) {
	var stay []int64
	for _, i := range p.factsOf(topic, factEmpty) {
		if !slices.Contains(p.old.facts, i) {
			stay = append(stay, p.facts[i].at)
		}
	}
	over := func(at int64) bool {
		return at <= p.before && !slices.ContainsFunc(stay, func(e int64) bool { return at <= e && e-at <= longestLimit })
	}
	for i, u := range p.uses {
		if u.what == usesConsent && u.templateID == topic && over(u.at) {
			p.old.uses = append(p.old.uses, i)
		}
	}
	for i, c := range p.receipts {
		if c.templateID == topic && over(c.at) {
			p.old.receipts = append(p.old.receipts, i)
		}
	}
}

// cards drops cards whose code has expired, and changes that a later word about the card replaced.
func (p *pruner) cards() {
	told, alive := map[string]int64{}, map[string]bool{}
	for i := range p.facts {
		if f := &p.facts[i]; f.kind == factCard {
			told[f.topic] = max(told[f.topic], f.at)
			alive[f.topic] = alive[f.topic] || f.at > p.before || unix(readCard(f).Expires) > p.before
		}
	}
	for i, f := range p.facts {
		if _, known := alive[f.topic]; (f.kind == factCard || f.kind == factCardEnd) && known && !alive[f.topic] {
			p.dropFacts(i)
		}
	}
	for i, u := range p.uses {
		code, _ := readTopic(u.templateID)
		if u.what == usesCard && u.at <= p.before && (!alive[code] || u.at < told[code]) {
			p.old.uses = append(p.old.uses, i)
		}
	}
}

// others drops what opens and shuts windows, which last for days, and the like.
func (p *pruner) others(held []int64) {
	for i, f := range p.facts {
		reviewed := func(at int64) bool { return max(at-f.at, f.at-at) <= reviewTime.Milliseconds() }
		switch f.kind {
		case factTrigger, factShut, factSlow:
			p.dropFacts(i)
		case factBlocked:
			if !slices.ContainsFunc(held, reviewed) {
				p.dropFacts(i)
			}
		}
	}
	for i, u := range p.uses {
		if u.what == usesReply && u.at <= p.before {
			p.old.uses = append(p.old.uses, i)
		}
	}
}
