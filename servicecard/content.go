package servicecard

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Content is what a card shows, in the form of its kind: [Goods], [ParcelRoute], [DeliveryRoute], [Ride] or [Stay]. A
// field that is zero is not sent, unless its type says otherwise. [Update.Fields] has room for what no type here has.
type Content interface {
	fields() map[string]any
	check() error
	form() string
}

// Fields returns a content by WeChat's names, as [Update.Fields] takes it: for programs that store what a card is to
// show, since a Content does not tell its type in JSON. nil has none.
func Fields(c Content) map[string]any {
	if c == nil {
		return nil
	}
	return c.fields()
}

// forms are the contents that kinds have, for those of which one is known.
var forms = map[Kind]string{
	Shopping: "Goods", PickUp: "Goods", VirtualGoods: "Goods", Parcel: "ParcelRoute",
	OrderDelivery: "DeliveryRoute", Delivery: "DeliveryRoute", Taxi: "Ride", Hotel: "Stay",
}

func (Goods) form() string         { return "Goods" }
func (ParcelRoute) form() string   { return "ParcelRoute" }
func (DeliveryRoute) form() string { return "DeliveryRoute" }
func (Ride) form() string          { return "Ride" }
func (Stay) form() string          { return "Stay" }

// The fields that several kinds have.
const (
	productCount = "product_count"
	productList  = "product_list"
	arrivalTime  = "arrival_time"
	toFinish     = "distance_to_destination"
)

// Product is a line of a card.
type Product struct {
	Name     string `json:"product_name"`
	Image    string `json:"product_img"`            // its address, https
	Page     string `json:"product_path_query"`     // page of the Mini Program, with a query
	Count    int    `json:"count,omitempty"`        // 0 is one
	PriceFen int    `json:"single_price,omitempty"` // of one, in fen (分); 0 shows none
}

// Goods is the content of [Shopping], [PickUp] and [VirtualGoods].
type Goods struct {
	Products []Product
	// Count is how many things the order has, for a card that does not list them all; 0 adds up those of Products.
	Count int
	// SendTime is when all of it is expected to be on its way; the card shows month and day.
	SendTime time.Time
	// PickUpTime takes the place of SendTime in PickUp.
	PickUpTime time.Time
}

func (g Goods) fields() map[string]any {
	m := map[string]any{}
	addProducts(m, g.Products, g.Count)
	addTime(m, "send_time", g.SendTime)
	addTime(m, "pickup_time", g.PickUpTime)
	return m
}

func (g Goods) check() error { return checkProducts(g.Products, g.Count) }

// ParcelRoute is the content of [Parcel]. Names are shown to others: mask them, as WeChat's samples do ("*三").
type ParcelRoute struct {
	SenderCity, ReceiverCity string    // up to 11 characters
	SenderName, ReceiverName string    // up to 5 characters
	DeliveryTime             time.Time // when it is expected to arrive
}

func (p ParcelRoute) fields() map[string]any {
	m := map[string]any{}
	addText(m, "sender_city", p.SenderCity)
	addText(m, "receiver_city", p.ReceiverCity)
	addText(m, "sender_name", p.SenderName)
	addText(m, "receiver_name", p.ReceiverName)
	addTime(m, "delivery_time", p.DeliveryTime)
	return m
}

func (p ParcelRoute) check() error {
	const longestCity, longestName = 11, 5
	for _, text := range []struct {
		field, value string
		limit        int
	}{
		{"SenderCity", p.SenderCity, longestCity},
		{"ReceiverCity", p.ReceiverCity, longestCity},
		{"SenderName", p.SenderName, longestName},
		{"ReceiverName", p.ReceiverName, longestName},
	} {
		if err := checkLength(text.field, text.value, text.limit); err != nil {
			return err
		}
	}
	return nil
}

// DeliveryRoute is the content of [OrderDelivery] and [Delivery].
type DeliveryRoute struct {
	Products []Product
	Count    int // as in [Goods]
	// ArrivalTime is when it is expected to arrive, in the states 3 to 7, and when it has, in state 8; the card shows
	// hour and minute.
	ArrivalTime time.Time
	// StoreMetres and DestinationMetres are how far the courier is from the store and from the user.
	StoreMetres, DestinationMetres int
}

func (d DeliveryRoute) fields() map[string]any {
	m := map[string]any{}
	addProducts(m, d.Products, d.Count)
	addTime(m, arrivalTime, d.ArrivalTime)
	addNumber(m, "distance_to_store", d.StoreMetres)
	addNumber(m, toFinish, d.DestinationMetres)
	return m
}

func (d DeliveryRoute) check() error {
	if err := checkProducts(d.Products, d.Count); err != nil {
		return err
	}
	return checkNumbers(number{"StoreMetres", d.StoreMetres}, number{"DestinationMetres", d.DestinationMetres})
}

// Ride is the content of [Taxi]. CarKinds and Plate are sent even where they are empty, which WeChat takes.
type Ride struct {
	CarKinds    int       // how many kinds of cars are called; 0 does not show it
	Plate       string    // 7 or 8 characters; WeChat checks that it is a plate. "" while there is no car
	Color       string    // of the car, up to 2 characters
	ArrivalTime time.Time // of the car, or of the passenger
	AmountFen   int       // to be paid, in fen (分)
	// PassengerMetres and DestinationMetres are how far the car has to go.
	PassengerMetres, DestinationMetres int
}

func (r Ride) fields() map[string]any {
	m := map[string]any{"car_kind_count": r.CarKinds, "license_plate": r.Plate}
	addText(m, "car_color", r.Color)
	addTime(m, arrivalTime, r.ArrivalTime)
	addNumber(m, "pay_amount", r.AmountFen)
	addNumber(m, "distance_to_passenger", r.PassengerMetres)
	addNumber(m, toFinish, r.DestinationMetres)
	return m
}

func (r Ride) check() error {
	const shortestPlate, longestPlate, longestColor = 7, 8, 2
	if n := utf8.RuneCountInString(r.Plate); n > 0 && (n < shortestPlate || n > longestPlate) {
		return fieldErrorf("Content.Plate", "%d characters, must be %d or %d", n, shortestPlate, longestPlate)
	}
	if err := checkLength("Color", r.Color, longestColor); err != nil {
		return err
	}
	return checkNumbers(number{"CarKinds", r.CarKinds}, number{"AmountFen", r.AmountFen},
		number{"PassengerMetres", r.PassengerMetres}, number{"DestinationMetres", r.DestinationMetres})
}

// Stay is the content of [Hotel], as a user's sample has it; no page of WeChat's about it was read.
type Stay struct {
	Products          []Product
	Count             int // as in [Goods]
	CheckIn, CheckOut time.Time
}

func (s Stay) fields() map[string]any {
	m := map[string]any{}
	addProducts(m, s.Products, s.Count)
	addTime(m, "check_in_time", s.CheckIn)
	addTime(m, "check_out_time", s.CheckOut)
	return m
}

func (s Stay) check() error { return checkProducts(s.Products, s.Count) }

// wireProducts is how WeChat wants a list of products.
type wireProducts struct {
	Items []Product `json:"info_list" field:"-"`
}

func addProducts(m map[string]any, products []Product, count int) {
	if count == 0 {
		for _, p := range products {
			count += max(1, p.Count)
		}
	}
	addNumber(m, productCount, count)
	if len(products) > 0 {
		m[productList] = wireProducts{products}
	}
}

func addText(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}

func addNumber(m map[string]any, name string, value int) {
	if value != 0 {
		m[name] = value
	}
}

// addTime writes the time as WeChat reads it, in seconds.
func addTime(m map[string]any, name string, t time.Time) {
	if !t.IsZero() {
		m[name] = t.Unix()
	}
}

func checkProducts(products []Product, count int) error {
	for i := range products {
		if err := products[i].check(fmt.Sprintf("Products[%d].", i)); err != nil {
			return err
		}
	}
	return checkNumbers(number{"Count", count})
}

func (p *Product) check(path string) error {
	switch {
	case p.Name == "":
		return fieldErrorf("Content."+path+"Name", "empty")
	case p.Image == "":
		return fieldErrorf("Content."+path+"Image", "empty")
	case p.Page == "":
		return fieldErrorf("Content."+path+"Page", "empty")
	}
	return checkNumbers(number{path + "Count", p.Count}, number{path + "PriceFen", p.PriceFen})
}

// number is a field of a content that counts something.
type number struct {
	field string
	value int
}

func checkNumbers(numbers ...number) error {
	for _, n := range numbers {
		if n.value < 0 {
			return fieldErrorf("Content."+n.field, "%d is negative", n.value)
		}
	}
	return nil
}

func checkLength(field, value string, limit int) error {
	if n := utf8.RuneCountInString(value); n > limit {
		return fieldErrorf("Content."+field, "%d characters, limit %d", n, limit)
	}
	return nil
}
