package servicecard

import (
	"slices"
	"strconv"
	"strings"
)

// State is a stage of the service that a card shows (cur_status). What a number means depends on the kind.
type State int

const (
	// None is before the first state: the card is not active yet. It is the zero State.
	None State = 0
	// Unknown is for [Update.Before] where nobody remembers the state: whether the change is allowed is then for WeChat
	// to say.
	Unknown State = -1
)

// The states of goods: [Shopping]. [PickUp] and [VirtualGoods] follow the same pattern; state 2 of VirtualGoods is
// "being prepared". Those from GoodsSentAgain on are reported by one public program only.
const (
	GoodsPaid            State = 1
	GoodsToSend          State = 2
	GoodsPartlySent      State = 3
	GoodsSent            State = 4
	GoodsSentAgain       State = 5
	GoodsSigned          State = 6
	GoodsAfterSale       State = 7 // a return or repair has begun
	GoodsDone            State = 8
	GoodsAfterSaleDone   State = 9
	GoodsCancelled       State = 10
	GoodsAfterSaleClosed State = 11
)

// The states of a [Parcel], as far as they are known.
const (
	ParcelToCollect State = 1
	ParcelCollected State = 2
	ParcelOnTheWay  State = 3
)

// The states of a local delivery, [OrderDelivery] and [Delivery], as far as they are known. State 8 is the arrival.
const (
	DeliveryPaid      State = 1
	DeliveryPreparing State = 2 // OrderDelivery only
)

// The states of a [Taxi], as far as they are known.
const (
	TaxiCalling   State = 1
	TaxiComing    State = 2
	TaxiCancelled State = 3
)

// Step is a row of the table of a kind's states.
type Step struct {
	State State
	// After are the states from which a card comes to this one; [None] among them says that it can be activated in it.
	After []State
	// Needs are the fields without which WeChat refuses the state, by WeChat's names, such as "product_list".
	Needs []string
	// Ends tells that no state follows, so that the card takes no more changes.
	Ends bool
	// Reported marks a row that stands in no page of WeChat's that was read. [Client.Set] refuses nothing because of it.
	Reported bool
}

// knownSteps are the tables, or parts of them. Where a page that was read does not say whether a card can be activated in
// a state, None is among its predecessors.
var knownSteps = map[Kind][]Step{
	Shopping: {
		{State: 1, After: []State{None, 7}, Needs: []string{productCount, productList}},
		{State: 2, After: []State{None, 1, 7}, Needs: []string{productCount, productList}},
		{State: 3, After: []State{None, 1, 2, 3, 7}},
		{State: 4, After: []State{None, 1, 2, 3, 7}},
		{State: 5, After: []State{3, 4, 7}, Reported: true},
		{State: 6, After: []State{4, 5, 7}, Reported: true},
		{State: 7, After: []State{1, 2, 3, 4, 5, 6}, Reported: true},
		{State: 8, After: []State{1, 2, 3, 4, 5, 6, 7}, Ends: true, Reported: true},
		{State: 9, After: []State{7}, Ends: true, Reported: true},
		{State: 10, After: []State{1, 2, 7}, Ends: true, Reported: true},
		{State: 11, After: []State{7}, Ends: true, Reported: true},
	},
	Parcel: {
		{State: 1, After: []State{None, 1}},
		{State: 2, After: []State{None, 1, 2}},
		{State: 3, After: []State{None, 1, 2, 3}},
	},
	OrderDelivery: {
		{State: 1, After: []State{None, 10}},
		{State: 2, After: []State{None, 1, 2, 10}},
	},
	Delivery: {
		{State: 1, After: []State{None}},
	},
	Taxi: {
		{State: 1, After: []State{None, 1}},
		{State: 2, After: []State{None, 1, 2, 4}},
		{State: 3, After: []State{1, 2, 4, 5, 6}, Reported: true}, // whether it can be the first is not said
	},
}

// Steps returns what is known of the states of a kind: all of [Shopping], the first ones of [Parcel], [OrderDelivery],
// [Delivery] and [Taxi], nil for others. [WithSteps] puts another table in its place, such as this one with the rows
// marked Reported made to count, or with the states that a newer page of WeChat's has.
func Steps(kind Kind) []Step { return cloneSteps(knownSteps[kind]) }

// Steps returns the table by which the client checks the changes of a kind: that of [WithSteps], or what is known.
func (c *Client) Steps(kind Kind) []Step { return cloneSteps(c.steps[kind]) }

func cloneSteps(table []Step) (steps []Step) {
	for _, s := range table {
		s.After, s.Needs = slices.Clone(s.After), slices.Clone(s.Needs)
		steps = append(steps, s)
	}
	return steps
}

// checkStep applies the table to a change from before to state. fields is what the card is to show, by WeChat's names.
func checkStep(steps []Step, before, state State, fields map[string]any) error {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.State == state })
	if i < 0 || steps[i].Reported {
		return nil
	}
	step := steps[i]
	if before != Unknown && !slices.Contains(step.After, before) {
		return fieldErrorf("State", "%d after %d, allowed after %s", state, before, listed(step.After))
	}
	for _, name := range step.Needs {
		if _, ok := fields[name]; !ok {
			return fieldErrorf("Content", "no %s, which state %d needs", name, state)
		}
	}
	return nil
}

// listed is "none, 1 or 7".
func listed(states []State) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = strconv.Itoa(int(s))
		if s == None {
			words[i] = "none"
		}
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
