package servicecard

import (
	"strconv"
	"time"
)

// Kind is what a card is about (notify_type). WeChat adds kinds without notice; numbers that are not listed here pass
// through. The account needs a category (类目) that fits, else the kind is [errcode.CardKindRefused].
type Kind int

// The kinds whose code is the number of an order that was paid.
const (
	Shopping      Kind = 2001 // goods that are sent
	PickUp        Kind = 2002 // goods that the user fetches
	VirtualGoods  Kind = 2003
	Parcel        Kind = 2004 // a parcel that the user sends
	Insurance     Kind = 2005
	OrderDelivery Kind = 2006 // goods and food by local delivery
	Collection    Kind = 2007 // food and local services, waiting to be collected
	Hotel         Kind = 2008
	Flight        Kind = 2009
	Transport     Kind = 2010 // train, coach and ship
	Sight         Kind = 2011 // admission to a sight
)

// The kinds whose code comes from a button, <button open-type="liveActivity" activity-type="1001"> with the kind as its
// activity-type. It must be the button that really starts the service.
const (
	Taxi     Kind = 1001
	Delivery Kind = 1003 // local delivery
	Meal     Kind = 1004 // waiting for food
	Queue    Kind = 1005 // for a table
)

// titles are the ids in the template library.
var titles = map[Kind]string{
	Shopping: "10000001", PickUp: "10000002", VirtualGoods: "10000003", Parcel: "10000004", Insurance: "10000005",
	OrderDelivery: "10000006", Collection: "10000007", Hotel: "10000021", Flight: "10000024", Transport: "10000022",
	Sight: "10000029", Taxi: "10000017", Delivery: "10000019", Meal: "10000020", Queue: "10000018",
}

// TitleID returns the id of the kind's title in the template library (tid), "" for a kind that is not listed here. A
// template is added with it and no keywords; without one [Client.Set] gives [errcode.InvalidNotifyType], as far as is known.
func (k Kind) TitleID() string { return titles[k] }

// FromOrder reports whether the code of such a card is the number of a paid order, rather than that of a button. The
// former have the numbers from 2000 to 2099.
func (k Kind) FromOrder() bool { return k >= 2000 && k < 2100 }

// ActivateWithin returns how long after the payment, or the tap on the button, a card can be activated.
func (k Kind) ActivateWithin() time.Duration {
	if k.FromOrder() {
		return 24 * time.Hour
	}
	return 5 * time.Minute
}

// UpdateWithin returns how long after its activation a card can be changed.
func (k Kind) UpdateWithin() time.Duration {
	if k.FromOrder() {
		return 30 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// String returns the number, such as "2001".
func (k Kind) String() string { return strconv.Itoa(int(k)) }
