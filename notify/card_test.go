package notify_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/servicecard"
)

const (
	cardSet   = "/wxa/set_user_notify"
	orderCode = "4200000000202611280000000001"
)

// shop is a bundle whose first door is that of cards, with an order that Alice has paid and the card of it.
type shop struct {
	*bundle
	cards *servicecard.Client
	tpl   string // template of the cards
	card  servicecard.Card
}

func openShop(t *testing.T, change ...func(*notify.Config)) *shop {
	t.Helper()
	s := new(shop)
	s.bundle = setup(t, change...)
	s.tpl = s.mini.AddTemplate(emulator.Template{Title: "Shopping", Card: int(servicecard.Shopping)})
	mini := s.client(s.mini)
	s.cfg.Doors = append([]notify.Door{notify.NewCardDoor(mini)}, s.cfg.Doors...)
	n, err := notify.New(s.cfg)
	require.NoError(t, err)
	s.n = n
	s.mount(s.mini, callback.MiniProgram)
	s.cards = servicecard.New(mini)
	s.card = s.pay(orderCode)
	return s
}

var mug = servicecard.Product{Name: "Blue mug", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5"}

// pay plays what a program does when an order is paid: it activates the card, and tells the ledger.
func (s *shop) pay(code string) servicecard.Card {
	s.t.Helper()
	s.alice.Pay(s.mini, emulator.Payment{TransactionID: code, AmountFen: 1990})
	order := servicecard.Update{
		Card:  servicecard.Card{OpenID: s.alice.OpenID(s.mini), Kind: servicecard.Shopping, Code: code},
		State: servicecard.GoodsPaid, Page: "pages/order?id=77", Content: servicecard.Goods{Products: []servicecard.Product{mug}},
		Payment: &servicecard.Payment{AmountFen: 1990, PaidAt: s.wx.Now()},
	}
	require.NoError(s.t, s.cards.Set(s.t.Context(), &order))
	s.tell(order.Card, servicecard.Info{State: order.State})
	return order.Card
}

func (s *shop) tell(card servicecard.Card, info servicecard.Info) {
	s.t.Helper()
	require.NoError(s.t, s.n.Ledger().Card(s.t.Context(), s.mini.AppID, card, info))
}

// known is the card of the order as the ledger has it.
func (s *shop) known() notify.Card {
	s.t.Helper()
	r, err := s.n.Ledger().Reach(s.t.Context(), "alice", s.mini.AppID)
	require.NoError(s.t, err)
	require.Len(s.t, r.Cards, 1)
	require.Equal(s.t, s.card, r.Cards[0].Card)
	return r.Cards[0]
}

// state is that which WeChat has.
func (s *shop) state() servicecard.State {
	s.t.Helper()
	info, err := s.cards.Get(s.t.Context(), &s.card)
	require.NoError(s.t, err)
	return info.State
}

// onShelf reminds, a week and three days before, that an order waits: the card is to have another state each time.
func (s *shop) onShelf(states ...servicecard.State) *notify.Reminder {
	r := s.reminder("order-77")
	r.Leads = []notify.Lead{notify.Days(7), notify.Days(3)}[:len(states)]
	r.Content.Card = &notify.CardContent{Kind: servicecard.Shopping, Code: orderCode, State: states[0], Page: "pages/order?id=77"}
	return r
}

// byLead gives each lead its state.
func byLead(states map[notify.Lead]servicecard.State) func(*notify.Config) {
	return func(c *notify.Config) {
		c.Compose = func(_ context.Context, r *notify.Reminder, l notify.Lead) (notify.Content, error) {
			card := *r.Content.Card
			card.State = states[l]
			r.Content.Card = &card
			return r.Content, nil
		}
	}
}

func TestCardDoor(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		s := openShop(t, func(c *notify.Config) { c.Database = db }, byLead(map[notify.Lead]servicecard.State{
			notify.Days(7): servicecard.GoodsSent, notify.Days(3): servicecard.GoodsDone,
		}))
		require.Equal(t, notify.Card{
			Card: s.card, State: servicecard.GoodsPaid, Expires: s.known().Expires, Open: true,
		}, s.known())
		require.Equal(t, start.Add(30*day).Unix(), s.known().Expires.Unix())
		s.plan(s.onShelf(servicecard.GoodsSent, servicecard.GoodsDone))
		s.alice.Accept(s.subscribe)

		s.pass(3 * day)
		lead := s.list("order-77")[0]
		require.Equal(t, []any{notify.Accepted, notify.DoorCard}, []any{lead.State, lead.Door}, lead.Reason)
		require.Equal(t, []notify.Step{{Door: notify.DoorCard, Taken: true, Reason: "card in state 1"}}, lead.Steps)
		require.Equal(t, servicecard.GoodsSent, s.state())
		require.Equal(t, servicecard.GoodsSent, s.known().State)

		s.pass(4 * day)
		require.Equal(t, "card in state 4", s.list("order-77")[1].Steps[0].Reason)
		require.Equal(t, servicecard.GoodsDone, s.known().State)
		require.False(t, s.known().Open, "the last state")
		require.Equal(t, 3, s.wx.Count(cardSet))
		require.Len(t, inbox(s.alice), 3)
	})
}

// The user refuses the template of the cards: WeChat takes the change, and tells by an event that she was not notified.
func TestCardFailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		s := openShop(t, func(c *notify.Config) { c.Database = db }, byLead(map[notify.Lead]servicecard.State{
			notify.Days(7): servicecard.GoodsSent, notify.Days(3): servicecard.GoodsSigned,
		}))
		s.alice.Accept(s.subscribe)
		s.alice.Ban(s.tpl)
		s.plan(s.onShelf(servicecard.GoodsSent, servicecard.GoodsSigned))
		s.pass(3 * day) // accepted, and then the event
		s.pass(time.Second)
		lead := s.list("order-77")[0]
		require.Equal(t, []any{notify.Delivered, notify.DoorSubscribe}, []any{lead.State, lead.Door}, lead.Reason)
		require.Equal(t, servicecard.GoodsSent, s.known().State, "the card has the state all the same")
		require.False(t, s.known().Open, "she refuses it")
		s.mu.Lock()
		require.Contains(t, s.events, notify.OutcomeEvent{
			Key: "order-77", Lead: notify.Days(7), State: notify.Refused, Door: notify.DoorCard,
			Reason: "WeChat's event: -1004 user reject message",
		})
		s.mu.Unlock()

		s.pass(4 * day)
		require.Equal(t, "its card takes no more changes", s.list("order-77")[1].Steps[0].Reason)
		require.Equal(t, 2, s.wx.Count(cardSet))
	})
}

// event is about the order's card, as WeChat writes it.
func (s *shop) event(state servicecard.State, why callback.CardFailure) *callback.CardFailed {
	return &callback.CardFailed{
		Header: callback.Header{AppID: s.mini.AppID, FromUserName: s.card.OpenID, CreateTime: s.wx.Now().Truncate(time.Second)},
		OpenID: s.card.OpenID, Code: "p1." + s.card.Code, Kind: int(s.card.Kind), State: int(state), Reason: why, Message: "x",
	}
}

func TestCardFailedEvents(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		s := openShop(t, func(c *notify.Config) { c.Database = db })
		s.plan(s.onShelf(servicecard.GoodsSent))
		s.pass(3 * day)
		record := func(p callback.Push) notify.Status {
			require.NoError(t, s.n.Ledger().Record(t.Context(), p))
			return s.list("order-77")[0]
		}
		other := s.event(servicecard.GoodsSent, callback.CardTooFrequent)
		other.Code = "p1.4200000000202611280000000002"
		stranger := s.event(servicecard.GoodsSent, callback.CardTooFrequent)
		stranger.FromUserName = "oSomebody"
		late := s.event(servicecard.GoodsSent, callback.CardTooFrequent)
		late.CreateTime = late.CreateTime.Add(2 * time.Hour)
		for name, p := range map[string]callback.Push{
			"another card": other, "nobody": stranger, "a later change": late,
			"another state": s.event(servicecard.GoodsPaid, callback.CardTooFrequent),
		} {
			require.Equal(t, notify.Accepted, record(p).State, name)
		}
		failed := s.event(servicecard.GoodsSent, callback.CardTooFrequent)
		lead := record(failed)
		require.Equal(t, []any{notify.Planned, "WeChat's event: -1005 x"}, []any{lead.State, lead.Reason})
		require.True(t, s.known().Open, "it may be changed later")

		s.alice.Write(s.mini, "hello")
		s.pass(time.Second)
		lead = s.list("order-77")[0]
		require.Equal(t, []any{notify.Accepted, notify.DoorReply}, []any{lead.State, lead.Door}, "the next door")
		require.Equal(t, notify.DoorReply, record(failed).Door, "the same event again")
		require.Equal(t, 2, s.wx.Count(cardSet), "the card is not set again")
	})
}

// The event comes before the answer to the change is stored.
func TestCardFailedEarly(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		s := openShop(t, func(c *notify.Config) { c.Database = db })
		s.cfg.Doors[0] = early{s.cfg.Doors[0], func(ctx context.Context) error {
			return s.n.Ledger().Record(ctx, s.event(servicecard.GoodsSent, callback.CardSystemFailed))
		}}
		n, err := notify.New(s.cfg)
		require.NoError(t, err)
		s.n = n
		s.alice.Accept(s.subscribe)
		s.plan(s.onShelf(servicecard.GoodsSent))
		s.pass(3 * day)
		s.pass(time.Second)
		lead := s.list("order-77")[0]
		require.Equal(t, []any{notify.Delivered, notify.DoorSubscribe}, []any{lead.State, lead.Door}, lead.Reason)
		require.Equal(t, servicecard.GoodsSent, s.known().State)
	})
}

// early has something happen between WeChat's answer and its being stored.
type early struct {
	notify.Door

	then func(context.Context) error
}

func (d early) Send(ctx context.Context, m *notify.Message) (int64, error) {
	id, err := d.Door.Send(ctx, m)
	if err == nil {
		err = d.then(ctx)
	}
	return id, err
}

// What WeChat answers shuts the door of a card, and opens the next.
func TestCardIsOver(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end    func(s *shop)
		reason string
		again  string // of the next lead
		sets   int
	}{
		"Banned":       {func(s *shop) { s.mini.BanCard(s.alice, orderCode) }, "errcode 85436", "its card takes no more changes", 2},
		"ExpiredEarly": {func(s *shop) { s.end() }, "errcode 85438", "its card takes no more changes", 3},
		"Expired": {func(s *shop) {
			s.tell(s.card, servicecard.Info{State: 1, Expires: s.wx.Now().Add(day)})
		}, "its card takes no more changes", "its card takes no more changes", 1},
		"RefusedByGet": {func(s *shop) {
			s.tell(s.card, servicecard.Info{State: 1, Code: servicecard.CodeRefused})
		}, "its card takes no more changes", "its card takes no more changes", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, byLead(map[notify.Lead]servicecard.State{
				notify.Days(7): servicecard.GoodsSigned, notify.Days(3): servicecard.GoodsAfterSale,
			}))
			tc.end(s)
			s.alice.Accept(s.subscribe)
			s.plan(s.onShelf(servicecard.GoodsSigned, servicecard.GoodsAfterSale))
			s.pass(3 * day)
			s.pass(4 * day)
			first, second := s.list("order-77")[0], s.list("order-77")[1]
			require.Equal(t, []any{notify.Delivered, notify.DoorSubscribe}, []any{first.State, first.Door}, first.Reason)
			var reasons []string
			for _, step := range first.Steps {
				if step.Door == notify.DoorCard {
					reasons = append(reasons, step.Reason)
				}
			}
			require.Contains(t, strings.Join(reasons, "; "), tc.reason)
			require.Equal(t, notify.Step{Door: notify.DoorCard, Reason: tc.again}, second.Steps[0], "the ledger has learnt")
			require.Equal(t, tc.sets, s.wx.Count(cardSet))
			require.NotContains(t, strings.Join(reasons, "; "), orderCode)
		})
	}
}

// end has the program end the card, without a word to the ledger.
func (s *shop) end() {
	u := servicecard.Update{Card: s.card, Before: servicecard.Unknown, State: servicecard.GoodsDone, Page: "pages/order?id=77"}
	require.NoError(s.t, s.cards.Set(s.t.Context(), &u))
}

// The answer to a change is lost. Nobody sends it again, and the next reminder knows that the state is in doubt.
func TestCardAnswerIsLost(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		s := openShop(t, func(c *notify.Config) { c.Database = db }, byLead(map[notify.Lead]servicecard.State{
			notify.Days(7): servicecard.GoodsSent, notify.Days(3): servicecard.GoodsSent,
		}))
		s.alice.Accept(s.subscribe)
		s.plan(s.onShelf(servicecard.GoodsSent, servicecard.GoodsSent))
		s.wx.Fail(emulator.Fault{Path: cardSet, Reset: true, AfterTheFact: true, Times: 1})
		s.pass(3 * day)
		s.pass(time.Hour)
		lead := s.list("order-77")[0]
		require.Equal(t, []any{notify.Unknown, notify.DoorCard}, []any{lead.State, lead.Door}, lead.Reason)
		require.Equal(t, 2, s.wx.Count(cardSet))
		card := s.known()
		require.Equal(t, []servicecard.State{servicecard.GoodsPaid, servicecard.GoodsSent}, []servicecard.State{card.State, card.Maybe})
		require.True(t, card.Open)

		s.pass(4 * day)
		lead = s.list("order-77")[1]
		require.Equal(t, notify.DoorSubscribe, lead.Door)
		require.Equal(t, "the card has this state, or may have it", lead.Steps[0].Reason)

		info, err := s.cards.Get(t.Context(), &s.card)
		require.NoError(t, err)
		s.tell(s.card, *info)
		require.Equal(t, servicecard.None, s.known().Maybe)
		require.Equal(t, info.State, s.known().State)
		require.Equal(t, info.Expires.Unix(), s.known().Expires.Unix())
	})
}

func TestLedgerCard(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	l, ctx := s.n.Ledger(), t.Context()
	for want, c := range map[string]servicecard.Card{
		"notify: card.OpenID: empty":   {Kind: 2001, Code: "x"},
		"notify: card.Code: empty":     {Kind: 2001, OpenID: "o"},
		"notify: card.Code: not UTF-8": {Kind: 2001, OpenID: "o", Code: "\xff"},
		"notify: card.Kind: 0":         {OpenID: "o", Code: "x"},
	} {
		require.EqualError(t, l.Card(ctx, s.mini.AppID, c, servicecard.Info{}), want)
	}
	require.EqualError(t, l.Card(ctx, "", s.card, servicecard.Info{}), "notify: appID: empty")

	ends := s.known().Expires
	s.wx.Advance(day)
	s.tell(s.card, servicecard.Info{State: servicecard.GoodsToSend})
	require.Equal(t, ends, s.known().Expires, "as was told before")
	s.wx.Advance(30 * day)
	require.False(t, s.known().Open)
	s.card = s.pay("4200000000202611280000000002")
	require.True(t, s.known().Open, "the one that has expired is gone")
	require.NoError(t, s.n.Plan(ctx, s.onShelf(servicecard.GoodsSent)))
	broken := s.onShelf(0)
	require.EqualError(t, s.n.Plan(ctx, broken), "servicecard: State: 0")
	broken.Content.Card.Page = "\x00"
	require.EqualError(t, s.n.Plan(ctx, broken), "notify: Content.Card.Page: holds a NUL character")
}

// Nothing of a card is left when its user is forgotten.
func TestForgetCards(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*shop) error{
		"User": func(s *shop) error { return s.n.Ledger().Forget(context.Background(), "alice") },
		"OpenID": func(s *shop) error {
			return s.n.Ledger().ForgetOpenID(context.Background(), s.mini.AppID, s.card.OpenID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			db := must(notify.OpenSQLite(t.Context(), path))
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			s := openShop(t, func(c *notify.Config) { c.Database = db })
			r := s.onShelf(servicecard.GoodsSent)
			r.Content.Card.Code = "" // the reminder is the program's, and outlives an OpenID
			s.plan(r)
			s.alice.Ban(s.tpl)
			s.pass(3 * day)
			raw := must(sql.Open("sqlite", path))
			t.Cleanup(func() { _ = raw.Close() })
			count := func() (n int) {
				for table, column := range map[string]string{
					"facts": "topic", "intents": "template_id", "receipts": "template_id", "firings": "decision",
				} {
					var rows int
					require.NoError(t, raw.QueryRowContext(t.Context(),
						"SELECT COUNT(*) FROM notify_"+table+" WHERE "+column+" LIKE $1", "%"+orderCode+"%").Scan(&rows))
					n += rows
				}
				return n
			}
			require.Equal(t, 4, count(), "the card, its end, the change and the event")
			require.NoError(t, forget(s))
			require.Zero(t, count())
		})
	}
}
