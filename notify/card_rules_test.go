package notify

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/servicecard"
)

const orderCode = "4200000000202611280000000001"

// cardFact tells of an order's card that ends in 30 days.
func cardFact(code string, state servicecard.State, at time.Time) fact {
	return fact{factCard, code, unix(at), cardRef(servicecard.Shopping, state, coreDue.AddDate(0, 0, 27))}
}

func TestCards(t *testing.T) {
	t.Parallel()
	now := coreMoment().now
	paid := cardFact(orderCode, servicecard.GoodsPaid, now.Add(-time.Hour))
	changed := func(state servicecard.State, ago time.Duration, open bool) use {
		return use{usesCard, cardTopic(orderCode, state), unix(now.Add(-ago)), 0, open}
	}
	expires := fromUnix(unix(coreDue.AddDate(0, 0, 27)))
	for name, tc := range map[string]struct {
		facts []fact
		uses  []use
		state servicecard.State
		maybe servicecard.State
		open  bool
	}{
		"Told":           {[]fact{paid}, nil, 1, 0, true},
		"ToldAgain":      {[]fact{cardFact(orderCode, 4, now), paid}, nil, 4, 0, true},
		"Changed":        {[]fact{paid}, []use{changed(4, time.Minute, false)}, 4, 0, true},
		"ChangedTwice":   {[]fact{paid}, []use{changed(3, time.Minute, false), changed(4, time.Second, false)}, 4, 0, true},
		"MayBeChanged":   {[]fact{paid}, []use{changed(4, time.Minute, true)}, 1, 4, true},
		"ThenForSure":    {[]fact{paid}, []use{changed(4, time.Minute, true), changed(6, time.Second, false)}, 6, 0, true},
		"ToldSince":      {[]fact{paid, cardFact(orderCode, 6, now)}, []use{changed(4, time.Minute, true)}, 6, 0, true},
		"AtItsEnd":       {[]fact{paid}, []use{changed(8, time.Minute, false)}, 8, 0, false},
		"NotActive":      {[]fact{cardFact(orderCode, 0, now)}, nil, 0, 0, false},
		"StateUnknown":   {[]fact{cardFact(orderCode, servicecard.Unknown, now)}, nil, servicecard.Unknown, 0, true},
		"Ended":          {[]fact{paid, {kind: factCardEnd, topic: orderCode}}, nil, 1, 0, false},
		"AnotherEnded":   {[]fact{paid, {kind: factCardEnd, topic: "x"}}, nil, 1, 0, true},
		"OtherMessages":  {[]fact{paid}, []use{{usesConsent, "S", unix(now), 7, false}, {usesReply, "", unix(now), 0, true}}, 1, 0, true},
		"ChangeOfNobody": {[]fact{paid}, []use{{usesCard, "x:4", unix(now), 0, false}, {usesCard, "x", unix(now), 0, false}}, 1, 0, true},
	} {
		r := &record{facts: tc.facts, uses: tc.uses}
		card := servicecard.Card{OpenID: "o", Kind: servicecard.Shopping, Code: orderCode}
		require.Equal(t, []Card{{card, tc.state, tc.maybe, expires, tc.open}}, r.cards("o", now), name)
		require.False(t, r.cards("o", expires)[0].Open, name)
	}
	require.Nil(t, (&record{facts: []fact{{kind: factAccept}}}).cards("o", now))
	broken := record{facts: []fact{{factCard, "x", 1, "what 4 is this"}}}
	require.Equal(t, servicecard.Kind(0), broken.cards("o", now)[0].Kind)
}

func TestOutdatedCards(t *testing.T) {
	t.Parallel()
	now := coreMoment().now
	gone := fact{factCard, "gone", 1, cardRef(servicecard.Taxi, 1, now)}
	ended := fact{kind: factCardEnd, topic: "gone"}
	first, other := cardFact("a", 1, now.Add(-time.Hour)), cardFact("b", 1, now.Add(-time.Hour))
	known := []fact{ended, gone, first, {kind: factCardEnd, topic: "b"}, other}
	require.Equal(t, []fact{ended, gone, first}, outdated(known, "a", now))
	require.Equal(t, coreDue.AddDate(0, 0, 27).Unix(), expiryOf(known, "b").Unix())
	require.True(t, expiryOf(known, "c").IsZero())
}

func coreClient(t *testing.T, opts ...wechat.Option) *wechat.Client {
	t.Helper()
	c, err := wechat.New(wechat.Config{AppID: "mini", AppSecret: "secret"}, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestCardDoorCheck(t *testing.T) {
	t.Parallel()
	card := func(code string, kind servicecard.Kind, state servicecard.State) Card {
		return Card{Card: servicecard.Card{OpenID: "o", Kind: kind, Code: code}, State: state, Open: true}
	}
	shut := card("shut", servicecard.Shopping, 1)
	shut.Open = false
	maybe := card("maybe", servicecard.Shopping, 1)
	maybe.Maybe = 4
	paid, taxi := card("paid", servicecard.Shopping, 1), card("taxi", servicecard.Taxi, 1)
	want := func(code string, kind servicecard.Kind, state servicecard.State) *CardContent {
		return &CardContent{Kind: kind, Code: code, State: state, Page: "pages/order"}
	}
	for name, tc := range map[string]struct {
		cards   []Card
		content *CardContent
		change  *CardChange
		reason  string
	}{
		"NoContent":      {[]Card{paid}, nil, nil, "no content for it"},
		"NoCard":         {nil, want("", 2001, 4), nil, "no card of this kind, or code, is known"},
		"OtherKind":      {[]Card{taxi}, want("", 2001, 4), nil, "no card of this kind, or code, is known"},
		"OtherCode":      {[]Card{paid}, want("x", 2001, 4), nil, "no card of this kind, or code, is known"},
		"CodeOfAnother":  {[]Card{taxi}, want("taxi", 2001, 4), nil, "no card of this kind, or code, is known"},
		"OnlyOne":        {[]Card{shut, taxi, paid}, want("", 2001, 4), &CardChange{"paid", 1, 4}, "card in state 1"},
		"Named":          {[]Card{maybe, paid}, want("paid", 2001, 4), &CardChange{"paid", 1, 4}, "card in state 1"},
		"Several":        {[]Card{maybe, paid}, want("", 2001, 4), nil, "several cards of this kind are open, and the content names no code"},
		"Shut":           {[]Card{shut, paid}, want("shut", 2001, 4), nil, "its card takes no more changes"},
		"SameState":      {[]Card{paid}, want("", 2001, 1), nil, "the card has this state, or may have it"},
		"Uncertain":      {[]Card{card("", 2001, 4), maybe}, want("maybe", 2001, 6), &CardChange{"maybe", servicecard.Unknown, 6}, "card in state 1"},
		"Repeats":        {[]Card{taxi}, want("", 1001, 1), &CardChange{"taxi", 1, 1}, "card in state 1"},
		"MayHaveIt":      {[]Card{maybe}, want("", 2001, 4), nil, "the card has this state, or may have it"},
		"SameUnknown":    {[]Card{card("q", 1005, 2)}, want("", 1005, 2), nil, "the card has this state, or may have it"},
		"Back":           {[]Card{card("a", 2001, 4)}, want("", 2001, 2), nil, "servicecard: State: 2 after 4, allowed after none, 1 or 7"},
		"Reported":       {[]Card{paid}, want("", 2001, 6), &CardChange{"paid", 1, 6}, "card in state 1"},
		"StateUnknown":   {[]Card{card("a", 2001, servicecard.Unknown)}, want("", 2001, 4), &CardChange{"a", servicecard.Unknown, 4}, "card in state -1"},
		"ContentIsWrong": {[]Card{taxi}, &CardContent{Kind: 1001, State: 2, Page: "p", Content: servicecard.Ride{Plate: "x"}}, nil, "servicecard: Content.Plate: 1 characters, must be 7 or 8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := NewCardDoor(coreClient(t)).Check(&Reach{OpenID: "o", Cards: tc.cards}, &Content{Card: tc.content})
			require.Equal(t, Verdict{Open: tc.change != nil, Reason: tc.reason, Card: tc.change}, v)
		})
	}
	require.Equal(t, "no OpenID in the Mini Program", NewCardDoor(coreClient(t)).Check(&Reach{}, &Content{Card: want("", 1, 1)}).Reason)

	once := servicecard.WithSteps(servicecard.Taxi, servicecard.Step{State: 1, After: []servicecard.State{servicecard.None}})
	v := NewCardDoor(coreClient(t), once).Check(&Reach{OpenID: "o", Cards: []Card{taxi}}, &Content{Card: want("", 1001, 1)})
	require.False(t, v.Open, "by the program's table")
	require.Error(t, must2(NewCardDoor(coreClient(t)).Send(t.Context(), &Message{})), "Compose gives another content than before")
}

func must2(_ int64, err error) error { return err }

func TestCardContent(t *testing.T) {
	t.Parallel()
	door := NewCardDoor(coreClient(t)).(ContentChecker)
	check := func(c CardContent) error { return door.CheckContent(&Content{Card: &c}) }
	good := CardContent{Kind: 2001, State: 4, Page: "pages/order"}
	require.NoError(t, door.CheckContent(&Content{}))
	require.NoError(t, check(good))
	require.EqualError(t, check(CardContent{Kind: 2001, Page: "p"}), "servicecard: State: 0")
	require.EqualError(t, check(CardContent{State: 4, Page: "p"}), "servicecard: Kind: 0, such as 2001 for the order of goods that are sent")
	require.EqualError(t, check(CardContent{Kind: 2001, State: 4}), "servicecard: Page: empty")
	require.EqualError(t, check(CardContent{Kind: 2001, State: 1, Page: "p"}), "servicecard: Content: no product_count, which state 1 needs")
	require.NoError(t, NewCardDoor(coreClient(t, wechat.WithoutChecks())).(ContentChecker).CheckContent(&Content{Card: &CardContent{}}))

	for field, c := range map[string]CardContent{
		`notify: Content.Card.Code: not UTF-8`:                        {Code: "\xff"},
		`notify: Content.Card.Page: holds a NUL character`:            {Page: "a\x00"},
		`notify: Content.Card.Fields["a\x00"]: holds a NUL character`: {Fields: map[string]any{"a\x00": 1}},
		`notify: Content.Card.Fields["a"][1]["b"]: not UTF-8`:         {Fields: map[string]any{"a": []any{1, map[string]any{"b": "\xff"}}}},
	} {
		require.EqualError(t, (&Content{Card: &c}).checkTexts(), field)
	}
}

// A content comes back from the database as it was, in the form that every kind takes.
func TestCardContentIsStored(t *testing.T) {
	t.Parallel()
	c := CardContent{
		Kind: 2001, Code: orderCode, State: 2, Page: "pages/order?id=77&from=card",
		Content: servicecard.Goods{
			Products: []servicecard.Product{{Name: "Blue mug", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5"}},
			SendTime: time.Unix(1764600000, 0),
		},
		Fields: map[string]any{"product_count": 3, "new": "field"},
	}
	spec, err := (&Reminder{Content: Content{Card: &c}}).encode()
	require.NoError(t, err)
	r, err := decodeReminder(spec, "", 0)
	require.NoError(t, err)
	got := *r.Content.Card
	require.Equal(t, []any{c.Kind, c.Code, c.State, c.Page, nil}, []any{got.Kind, got.Code, got.State, got.Page, got.Content})
	fields, err := json.Marshal(got.Fields)
	require.NoError(t, err)
	require.JSONEq(t, `{"new":"field","product_count":3,"send_time":1764600000,"product_list":{"info_list":[
		{"product_name":"Blue mug","product_img":"https://cdn.example.com/mug.png","product_path_query":"pages/item?id=5"}]}}`, string(fields))
	require.NoError(t, NewCardDoor(coreClient(t)).(ContentChecker).CheckContent(&r.Content))
	require.Equal(t, 3, c.Fields["product_count"], "it is left as it was")
	require.Len(t, c.Fields, 2)
}

// cardSnapshot is that of coreSnapshot with the card of an order, and the door before all others.
func cardSnapshot(door Door) (*rules, *snapshot) {
	r, s := coreRules(), coreSnapshot()
	r.doors, r.named[DoorCard] = append([]Door{door}, r.doors...), door
	r.served = servedBy(r.doors)
	mini := s.reach["mini"]
	mini.record.facts = append(mini.record.facts, cardFact(orderCode, 1, coreMoment().now.Add(-time.Hour)))
	mini.Cards = mini.record.cards("o2", coreMoment().now)
	s.reminder.Content.Card = &CardContent{Kind: 2001, State: 4, Page: "pages/order"}
	return r, s
}

func TestDecideOnCards(t *testing.T) {
	t.Parallel()
	door := NewCardDoor(coreClient(t))
	r, s := cardSnapshot(door)
	a := decide(r, s, coreMoment())
	require.NotNil(t, a.send)
	require.Equal(t, &CardChange{orderCode, 1, 4}, a.send.msg.Card)
	require.Equal(t, []string{DoorCard, usesCard, orderCode + ":4"}, []string{a.fresh.door, a.fresh.uses, a.fresh.templateID})

	require.Equal(t, &CardChange{orderCode, servicecard.Unknown, 4}, a.fresh.change(), "of one that is sent again")

	code := func(c errcode.Code) error {
		return notSent(errcode.New("servicecard.Set", "/wxa/set_user_notify", 200, c, ""))
	}
	for name, tc := range map[string]struct {
		err   error
		state State  // of the attempt
		door  string // of the next
		uses  string
		ends  bool
	}{
		"Set":             {nil, Accepted, "", usesCard, false},
		"SetBefore":       {code(errcode.CardPushed), Accepted, "", usesCard, false},
		"LostAnswer":      {wechat.ErrOutcomeUnknown, Unknown, "", usesCard, false},
		"Expired":         {code(errcode.NotifyCodeExpired), Refused, DoorTemplate, "", true},
		"Banned":          {code(errcode.NotifyCodeBanned), Failed, DoorTemplate, "", true},
		"KindRefused":     {code(errcode.CardKindRefused), Failed, DoorTemplate, "", true},
		"AccountRefused":  {code(errcode.CardAccountRefused), Failed, DoorTemplate, "", false},
		"NotFound":        {code(errcode.NotifyCodeNotFound), Failed, DoorTemplate, "", false},
		"NotAllowed":      {code(errcode.CardStateNotAllowed), Failed, DoorTemplate, "", false},
		"ContentRejected": {code(errcode.CardContentRejected), Failed, DoorTemplate, "", false},
		"Busy":            {code(errcode.CardBusy), retried, "", "", false},
		"Locked":          {code(errcode.CardLocked), retried, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := cardSnapshot(door)
			first := decide(r, s, coreMoment())
			s.lead, s.intents, s.sent = *first.lead, []intent{*first.fresh}, first.send
			s.sent.err = tc.err
			a := decide(r, s, coreMoment())
			require.Len(t, a.intents, 1)
			require.Equal(t, []any{tc.state, tc.uses}, []any{a.intents[0].state, a.intents[0].uses})
			require.Equal(t, tc.door != "", a.send != nil)
			if a.send != nil {
				require.Equal(t, tc.door, a.fresh.door)
				require.Nil(t, a.send.msg.Card)
			}
			if tc.ends {
				require.Equal(t, []learnt{{person{"mini", "o2"}, fact{kind: factCardEnd, topic: orderCode}}}, a.learnt)
			} else {
				require.Empty(t, a.learnt)
			}
		})
	}
}
