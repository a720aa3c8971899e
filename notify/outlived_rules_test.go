package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/servicecard"
)

const minuteMS = int64(time.Minute / time.Millisecond)

// past is a record of random rows between two times; few templates, so that they meet.
func past(t *rapid.T, from, to int64, most int) (r record) {
	at := func() int64 {
		base := rapid.Int64Range(from, to).Draw(t, "at")
		if rapid.Bool().Draw(t, "round") {
			base = max(from, base-base%(10*minuteMS)) // so that some are near each other
		}
		return min(to, base+rapid.SampledFrom([]int64{0, 0, 1000, 5000, 6000, 59_000, 61_000}).Draw(t, "more"))
	}
	topics := []string{"once", "long"}
	kinds := []string{factAccept, factAccept, factAccept, factHint, factHint, factVoid, factEmpty, factBan, factKeep, factKeepNot}
	id := from
	for range rapid.IntRange(0, most).Draw(t, "facts") {
		r.facts = append(r.facts, fact{kind: rapid.SampledFrom(kinds).Draw(t, "kind"), topic: rapid.SampledFrom(topics).Draw(t, "topic"), at: at()})
	}
	for range rapid.IntRange(0, most).Draw(t, "uses") {
		u := use{what: usesConsent, templateID: rapid.SampledFrom(topics).Draw(t, "topic"), at: at()}
		if rapid.Bool().Draw(t, "id") {
			id++
			u.msgID = id
			if rapid.Bool().Draw(t, "told") {
				r.receipts = append(r.receipts, receipt{id, u.templateID, min(to, u.at+rapid.Int64Range(0, minuteMS).Draw(t, "later"))})
			}
		}
		r.uses = append(r.uses, u)
	}
	for range rapid.IntRange(0, most/2).Draw(t, "receipts") {
		id++
		r.receipts = append(r.receipts, receipt{id, rapid.SampledFrom(topics).Draw(t, "topic"), at()})
	}
	for range rapid.IntRange(0, 3).Draw(t, "cards") {
		code := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "code")
		told := at()
		expires := told + rapid.Int64Range(1, 40*24*60*minuteMS).Draw(t, "lasts")
		r.facts = append(r.facts, fact{factCard, code, told, cardRef(2001, servicecard.State(rapid.IntRange(1, 3).Draw(t, "state")), fromUnix(expires))})
		r.uses = append(r.uses, use{what: usesCard, templateID: cardTopic(code, 4), at: at(), open: rapid.Bool().Draw(t, "open")})
	}
	r.order()
	return r
}

// order puts rows in the order in which they are read.
func (r *record) order() {
	slices.SortStableFunc(r.facts, func(a, b fact) int { return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.kind, b.kind)) })
	slices.SortStableFunc(r.uses, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(r.receipts, func(a, b receipt) int { return cmp.Compare(a.at, b.at) })
}

// without returns what is left of a record.
func (r *record) without(o outlived) (left record) {
	for i, f := range r.facts {
		if !slices.Contains(o.facts, i) {
			left.facts = append(left.facts, f)
		}
	}
	for i, u := range r.uses {
		if !slices.Contains(o.uses, i) {
			left.uses = append(left.uses, u)
		}
	}
	for i, c := range r.receipts {
		if !slices.Contains(o.receipts, i) {
			left.receipts = append(left.receipts, c)
		}
	}
	return left
}

func (r *record) and(more record) (all record) {
	all = record{slices.Concat(r.facts, more.facts), slices.Concat(r.uses, more.uses), slices.Concat(r.receipts, more.receipts)}
	all.order()
	return all
}

// meaning is all that is concluded from a record.
func (r *record) meaning(now time.Time) string {
	var alive []Card
	for _, c := range r.cards("o", now) {
		if c.Open {
			alive = append(alive, c)
		}
	}
	return fmt.Sprintf("once %+v, long %+v, cards %+v", r.consent("once", false), r.consent("long", true), alive)
}

func long(topic string) bool { return topic == "long" }

// TestOutlivedChangesNothing deletes what is outlived of random records: what is concluded from them is the same, whatever
// is told afterwards, and what is left has nothing more to delete.
func TestOutlivedChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const days = int64(24*60) * minuteMS
		begin := unix(planned)
		before := begin + 100*days
		now := before + 40*days
		r := past(t, begin, now, 8)
		old := r.outlivedBy(before, long, nil)
		for _, i := range old.facts {
			require.LessOrEqual(t, r.facts[i].at, before)
		}
		for _, i := range old.uses {
			require.LessOrEqual(t, r.uses[i].at, before)
		}
		left := r.without(old)
		require.Equal(t, r.meaning(fromUnix(now)), left.meaning(fromUnix(now)))
		again := left.outlivedBy(before, long, nil)
		require.Equal(t, left.meaning(fromUnix(now)), meaningOf(left.without(again), now))
		later := past(t, now+minuteMS*2, now+60*days, 6)
		later.receipts = slices.DeleteFunc(later.receipts, func(c receipt) bool { // of another program: see outlivedBy
			return !slices.ContainsFunc(later.uses, func(u use) bool { return u.msgID == c.msgID })
		})
		full, rest := r.and(later), left.and(later)
		require.Equal(t, full.meaning(fromUnix(now+61*days)), rest.meaning(fromUnix(now+61*days)))
	})
}

// TestOutlived has single cases: what is kept, and what goes.
func TestOutlived(t *testing.T) {
	t.Parallel()
	old, recent := unix(planned.AddDate(0, 0, -100)), unix(planned)
	before := unix(planned.AddDate(0, 0, -50))
	accept := func(at int64) fact { return fact{kind: factAccept, topic: "once", at: at} }
	sent := func(at, id int64) use { return use{what: usesConsent, templateID: "once", at: at, msgID: id} }
	for name, tc := range map[string]struct {
		r    record
		held []int64
		left [3]int // facts, uses, receipts
	}{
		"Left":         {r: record{facts: []fact{accept(old)}}, left: [3]int{1, 0, 0}},
		"Spent":        {r: record{facts: []fact{accept(old)}, uses: []use{sent(old+1, 7)}, receipts: []receipt{{7, "once", old + 2}}}},
		"SpentOfTwo":   {r: record{facts: []fact{accept(old), accept(old + 5*minuteMS)}, uses: []use{sent(old+1, 7)}}, left: [3]int{1, 0, 0}},
		"SpentLately":  {r: record{facts: []fact{accept(old)}, uses: []use{sent(recent, 7)}}, left: [3]int{1, 1, 0}},
		"ToldLately":   {r: record{facts: []fact{accept(old)}, uses: []use{sent(old, 7)}, receipts: []receipt{{7, "once", recent}}}, left: [3]int{1, 1, 1}},
		"SpentForNone": {r: record{uses: []use{sent(old, 7)}, receipts: []receipt{{8, "once", old}}}},
		"Hint": {r: record{facts: []fact{accept(old), {kind: factHint, topic: "once", at: old + 1000}},
			uses: []use{sent(old+2000, 7)}}},
		"HintOfALeftOne": {r: record{facts: []fact{accept(old), {kind: factHint, topic: "once", at: old + 1000}}}, left: [3]int{2, 0, 0}},
		"Void":           {r: record{facts: []fact{accept(old), {kind: factVoid, topic: "once", at: old + 1}}}, left: [3]int{1, 0, 0}},
		"Voids":          {r: record{facts: []fact{{kind: factVoid, topic: "once", at: old}, {kind: factVoid, topic: "once", at: old + 1}}}, left: [3]int{1, 0, 0}},
		"Empty":          {r: record{facts: []fact{accept(old), {kind: factEmpty, topic: "once", at: old + 6000}}}},
		"Banned":         {r: record{facts: []fact{{kind: factBan, topic: "once", at: old}}}, left: [3]int{1, 0, 0}},
		"BannedBefore": {r: record{facts: []fact{{kind: factBan, topic: "once", at: old}, accept(old + 1)},
			uses: []use{sent(old+2, 7)}}},
		"LongTerm": {r: record{facts: []fact{{kind: factAccept, topic: "long", at: old}},
			uses: []use{{what: usesConsent, templateID: "long", at: old + 1, msgID: 7}}}, left: [3]int{1, 0, 0}},
		"LongTermLimited": {r: record{facts: []fact{{kind: factAccept, topic: "long", at: old}, {kind: factEmpty, topic: "long", at: before + 1}},
			uses: []use{{what: usesConsent, templateID: "long", at: before - 1, msgID: 7}}}, left: [3]int{2, 1, 0}},
		"Window":      {r: record{facts: []fact{{kind: factTrigger, at: old}, {kind: factShut, at: old}, {kind: factSlow, at: old}}, uses: []use{{what: usesReply, at: old}}}},
		"WindowNow":   {r: record{facts: []fact{{kind: factTrigger, at: recent}}, uses: []use{{what: usesReply, at: recent}}}, left: [3]int{1, 1, 0}},
		"Blocked":     {r: record{facts: []fact{{kind: factBlocked, at: old, ref: "1"}}}},
		"BlockedHeld": {r: record{facts: []fact{{kind: factBlocked, at: old, ref: "1"}}}, held: []int64{old + minuteMS}, left: [3]int{1, 0, 0}},
		"Card": {r: record{facts: []fact{{factCard, "c", old, cardRef(2001, 4, fromUnix(old+1))}, {kind: factCardEnd, topic: "c"}},
			uses: []use{{what: usesCard, templateID: "c:5", at: old}}}},
		"CardAlive": {r: record{facts: []fact{{factCard, "c", old, cardRef(2001, 4, fromUnix(recent))}},
			uses: []use{{what: usesCard, templateID: "c:5", at: old + 1}, {what: usesCard, templateID: "c:5", at: old - 1}}}, left: [3]int{1, 1, 0}},
		"Template": {r: record{receipts: []receipt{{7, "", old}, {8, "", recent}}}, left: [3]int{0, 0, 1}},
	} {
		left := tc.r.without(tc.r.outlivedBy(before, long, tc.held))
		got := [3]int{len(left.facts), len(left.uses), len(left.receipts)}
		require.Equal(t, tc.left, got, name)
	}
}

func meaningOf(r record, now int64) string { return r.meaning(fromUnix(now)) }
