package servicecard_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/servicecard"
)

// kinds are all that have a name here.
var kinds = []servicecard.Kind{
	servicecard.Shopping, servicecard.PickUp, servicecard.VirtualGoods, servicecard.Parcel, servicecard.Insurance,
	servicecard.OrderDelivery, servicecard.Collection, servicecard.Hotel, servicecard.Flight, servicecard.Transport,
	servicecard.Sight, servicecard.Taxi, servicecard.Delivery, servicecard.Meal, servicecard.Queue,
}

// begin gives alice the right to a card, and returns its activation.
func begin(wx *emulator.Server, alice *emulator.User, kind servicecard.Kind) servicecard.Update {
	mini := wx.MiniProgram()
	u := servicecard.Update{
		Card: servicecard.Card{OpenID: alice.OpenID(mini), Kind: kind}, State: 1, Page: "pages/a?id=7",
		Fields: map[string]any{"product_count": 1, "product_list": map[string]any{"info_list": []servicecard.Product{mug}}},
	}
	if kind.FromOrder() {
		u.Code = "42000000002026112800000" + kind.String()
		alice.Pay(mini, emulator.Payment{TransactionID: u.Code, AmountFen: 1990})
		u.Payment = &servicecard.Payment{AmountFen: 1990, PaidAt: wx.Now()}
		return u
	}
	u.Code = alice.StartService(mini, int(kind))
	return u
}

// Both sides have read the same kinds and the same tables.
func TestEveryKindOnTheEmulator(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			wx := emulator.New(t)
			alice := wx.User("alice")
			cards, err := on(wx, wx.MiniProgram())
			require.NoError(t, err)
			u := begin(wx, alice, kind)
			require.ErrorIs(t, cards.Set(t.Context(), &u), errcode.InvalidNotifyType, "no template")
			wx.MiniProgram().AddTemplate(emulator.Template{Title: "Card", Card: int(kind)})
			require.NoError(t, cards.Set(t.Context(), &u))
			info, err := cards.Get(t.Context(), &u.Card)
			require.NoError(t, err)
			require.Equal(t, servicecard.State(1), info.State)
			require.WithinDuration(t, wx.Now().Add(kind.UpdateWithin()), info.Expires, time.Minute)
			require.True(t, info.Open(wx.Now()))
			require.Len(t, alice.Inbox(), 1)
			wx.Advance(kind.UpdateWithin())
			_, err = cards.Get(t.Context(), &u.Card)
			require.ErrorIs(t, err, errcode.NotifyCodeExpired)

			late := begin(wx, wx.User("bob"), kind)
			wx.Advance(kind.ActivateWithin() + time.Second)
			require.ErrorIs(t, cards.Set(t.Context(), &late), errcode.NotifyCodeExpired)
		})
	}
}

// What one side lets pass from state to state, the other does too, for all that is known.
func TestStatesAreReadTheSame(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		steps := servicecard.Steps(kind)
		for i := range steps {
			steps[i].Reported = false
		}
		if steps == nil {
			continue
		}
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			wx := emulator.New(t)
			wx.MiniProgram().AddTemplate(emulator.Template{Title: "Card", Card: int(kind)})
			strict, err := on(wx, wx.MiniProgram(), servicecard.WithSteps(kind, steps...))
			require.NoError(t, err)
			free, err := on(wx, wx.MiniProgram(), servicecard.WithSteps(kind))
			require.NoError(t, err)
			for _, to := range steps {
				befores := append([]servicecard.State{servicecard.None}, to.After...)
				for _, before := range steps {
					befores = append(befores, before.State)
				}
				slices.Sort(befores)
				for _, before := range slices.Compact(befores) {
					requireAllowed(t, wx, strict, free, kind, before, to.State)
				}
			}
		})
	}
}

// pathTo leads a new card to a state, by the table.
func pathTo(steps []servicecard.Step, state servicecard.State) []servicecard.State {
	if state == servicecard.None {
		return nil
	}
	for _, s := range steps {
		if s.State != state {
			continue
		}
		for _, before := range s.After {
			if before == servicecard.None {
				return []servicecard.State{state}
			}
		}
		for _, before := range s.After {
			if before < state {
				return append(pathTo(steps, before), state)
			}
		}
	}
	return []servicecard.State{state} // not in the table: the first, for all that is known
}

func requireAllowed(t *testing.T, wx *emulator.Server, strict, free *servicecard.Client, kind servicecard.Kind, before, state servicecard.State) {
	t.Helper()
	u := begin(wx, wx.User(fmt.Sprint(before, " to ", state)), kind)
	for _, s := range pathTo(servicecard.Steps(kind), before) {
		u.State = s
		require.NoError(t, free.Set(t.Context(), &u), "to %d on the way to %d", s, before)
		u.Before = s
	}
	u.State = state
	wechats := free.Set(t.Context(), &u)
	ours := strict.Set(t.Context(), &u)
	var finding *errcode.FieldError
	if wechats == nil {
		require.NotErrorAs(t, ours, &finding, "%d after %d", state, before)
	} else {
		require.ErrorAs(t, ours, &finding, "%d after %d: %v", state, before, wechats)
	}
}

func TestExtendOnTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	wx.MiniProgram().AddTemplate(emulator.Template{Title: "Card", Card: 2001})
	alice := wx.User("alice")
	cards, err := on(wx, wx.MiniProgram())
	require.NoError(t, err)
	u := begin(wx, alice, servicecard.Shopping)
	require.NoError(t, cards.Set(t.Context(), &u))
	ext := servicecard.Extension{
		Card:    u.Card,
		Payment: &servicecard.OrderPayment{TransactionID: u.Code, AmountFen: 1990, PaidAt: wx.Now()},
		Store:   &servicecard.Store{Name: "Mugs"}, Shipping: []any{}, Products: map[string]any{},
	}
	require.NoError(t, cards.Extend(t.Context(), &ext))
	ext.Fields = map[string]any{"store_info": "{"}
	require.ErrorIs(t, cards.Extend(t.Context(), &ext), errcode.Code(85445))
}

// The event about a card that did not arrive finds its card.
func TestFailureIsTold(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, alice := wx.MiniProgram(), wx.User("alice")
	tpl := mini.AddTemplate(emulator.Template{Title: "Card", Card: 2001})
	app := callback.App{
		AppID: mini.AppID, Kind: callback.MiniProgram, Token: "token", EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	require.NoError(t, err)
	failed := make(chan *callback.CardFailed, 1)
	callback.On(h, func(_ context.Context, e *callback.CardFailed) (callback.Reply, error) {
		failed <- e
		return nil, nil
	})
	for _, format := range []emulator.Format{emulator.XML, emulator.JSON} {
		mini.SetCallback(emulator.Callback{
			Token: "token", EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Mode: emulator.Secure, Format: format, Handler: h,
		})
		alice.Ban(tpl)
		cards, err := on(wx, mini)
		require.NoError(t, err)
		u := begin(wx, alice, servicecard.Shopping)
		u.Code += map[emulator.Format]string{emulator.XML: "1", emulator.JSON: "2"}[format]
		alice.Pay(mini, emulator.Payment{TransactionID: u.Code})
		require.NoError(t, cards.Set(t.Context(), &u))
		wx.Settle()
		e := <-failed
		require.True(t, e.For(u.Code))
		require.Equal(t, callback.CardUserRefused, e.Reason)
		require.Equal(t, u.OpenID, e.OpenID)
		require.Equal(t, int(u.Kind), e.Kind)
		require.Equal(t, int(u.State), e.State)
	}
}
