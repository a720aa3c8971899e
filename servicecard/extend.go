package servicecard

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat"
)

// Extension is what a card gets besides its states (ext_json). So far it serves a better-looking request for a rating
// after the deal. What is nil is not sent.
type Extension struct {
	Card

	Payment *OrderPayment // pay_info
	Store   *Store        // store_info
	// Shipping and Products are shipping_list and product_list, of which WeChat's texts name no members. They are what
	// encoding/json takes.
	Shipping, Products any
	// Fields are further members of ext_json by WeChat's names; they take the place of those above. A string is
	// sent as it is, all else as a string that holds its JSON, which is how WeChat's sample has every member.
	Fields map[string]any
}

// OrderPayment is the payment of a card's order.
type OrderPayment struct {
	TransactionID string // of WeChat Pay
	AmountFen     int64  // in fen (分)
	PaidAt        time.Time
}

// Store is where an order was made.
type Store struct {
	Name                string
	Address             string
	Latitude, Longitude float64 // degrees
}

// Extend adds to a card what is no state of it (更新服务卡片扩展信息). The members of ext_json are named in WeChat's sample and table
// of errors only; whether they are complete is not certain.
//
// Errors: [errcode.NotifyCodeNotFound] and [errcode.NotifyCodeBanned] about the card; those about the members are of the
// class [errcode.InvalidArgument]. After an error that matches [wechat.ErrOutcomeUnknown] it may have been added.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_setusernotifyext.html
//
//wechat:endpoint POST /wxa/set_user_notifyext
//wechat:account mini-program
func (c *Client) Extend(ctx context.Context, e *Extension) error {
	if e == nil {
		return fieldErrorf("Extension", "nil")
	}
	members, err := e.members()
	if err != nil {
		return err
	}
	if c.core.Checks() {
		if err := e.check(members); err != nil {
			return err
		}
	}
	ext, err := encode("Extension", members)
	if err != nil {
		return err
	}
	in := struct {
		wireCard
		Ext string `json:"ext_json" field:"Extension"`
	}{e.wire(), ext}
	return c.core.Call(ctx, wechat.Call{
		Op: "servicecard.Extend", Method: http.MethodPost, Path: "/wxa/set_user_notifyext", In: in, Private: []string{e.Code},
	})
}

func (e *Extension) check(members map[string]string) error {
	if err := e.Card.check(); err != nil {
		return err
	}
	if len(members) == 0 {
		return fieldErrorf("Extension", "empty")
	}
	if p := e.Payment; p != nil {
		return (&Payment{AmountFen: p.AmountFen, PaidAt: p.PaidAt}).check()
	}
	return nil
}

// members returns ext_json by WeChat's names.
func (e *Extension) members() (members map[string]string, err error) {
	all := map[string]any{}
	if p := e.Payment; p != nil {
		all["pay_info"] = wirePayment{p.TransactionID, p.AmountFen, p.PaidAt.Unix()}
	}
	if s := e.Store; s != nil {
		all["store_info"] = wireStore(*s)
	}
	if e.Shipping != nil {
		all["shipping_list"] = e.Shipping
	}
	if e.Products != nil {
		all["product_list"] = e.Products
	}
	maps.Copy(all, e.Fields)
	members = make(map[string]string, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if members[name], err = member(name, all[name]); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func member(name string, v any) (string, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	return encode("Extension["+name+"]", v)
}

type wirePayment struct {
	TransactionID string `json:"transaction_id"`
	Amount        int64  `json:"pay_amount"`
	Time          int64  `json:"pay_time"`
}

type wireStore struct {
	Name      string  `json:"store_name"`
	Address   string  `json:"store_address"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}
