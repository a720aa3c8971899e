package notify

import "time"

// State is where one lead of a reminder stands, or how it ended.
type State string

// The states. Accepted and Unknown may still change when WeChat's event comes: to Delivered, or to Planned where
// the message did not arrive, for another door may be open. The states from Delivered on are final, except
// Unknown. Only what is Accepted, Delivered or Unknown stays so when its reminder is planned again: in all other
// states nobody has sent the lead, and it comes back if the new plan has it at a time to come.
const (
	Planned State = "planned" // waits for its time, or for another try
	Queued  State = "queued"  // in the hands of a process, which sends it or is about to
	// Accepted: WeChat took the message. For customer-service messages there is no later event, and for
	// service cards only one that tells of a failure.
	Accepted State = "accepted"
	// Delivered: WeChat's event says that it arrived.
	Delivered State = "delivered"
	// Refused: the user does not want it, or cannot be reached any more: WeChat said so when it was sent, or
	// by an event, and no other door was open.
	Refused State = "refused"
	// Failed: for another reason than the user, such as its content or WeChat's system, because every try
	// failed until it was too late, or because each of five processes ended that took it up.
	Failed State = "failed"
	// Unknown: the message may have gone out, and nobody can tell. It is not sent again.
	Unknown State = "unknown"
	// Unreachable: no door was open, so that nothing was tried.
	Unreachable State = "unreachable"
	// Missed: its time went by while nothing ran, see [CatchUp].
	Missed State = "missed"
	// Skipped: the user has opted out, or the lead falls on one moment with another that is nearer to the due time.
	Skipped State = "skipped"
	// Cancelled: the reminder was cancelled or moved to another due time, or no longer has the lead.
	Cancelled State = "cancelled"
)

// The states of a single attempt at a door, besides those above.
const (
	sending  State = "sending"  // committed before the call
	retried  State = "retried"  // nothing went out; another attempt follows
	deferred State = "deferred" // stored as retried: the door's quota is used up, other doors are tried first
)

// Step is what the router thought of one door.
type Step struct {
	Door   string `json:"door"`
	Taken  bool   `json:"taken"`
	Reason string `json:"reason"`
}

// Status is one lead of a reminder, planned or past.
type Status struct {
	ID     string    `json:"id"`  // of this lead: key, due time and lead
	Key    string    `json:"key"` // of the reminder
	User   string    `json:"user"`
	Due    time.Time `json:"due"`
	Lead   Lead      `json:"lead"`
	FireAt time.Time `json:"fireAt"` // when it is sent next, or was to be sent
	State  State     `json:"state"`
	Door   string    `json:"door,omitempty"` // that took it last, "" if none did
	Reason string    `json:"reason,omitempty"`
	// Steps are the router's reasons in the order of its thoughts, over all tries, the latest 50.
	Steps     []Step    `json:"steps,omitempty"`
	Tries     int       `json:"tries"`              // sends so far, by all doors
	SettledAt time.Time `json:"settledAt,omitzero"` // of State; zero while it is planned
}

// OutcomeEvent tells a metrics hook of an outcome: of a send, of an event of WeChat's, or of a lead that ends without
// one. Its State is [Planned] where a try failed and another follows. It holds no OpenID and no text.
type OutcomeEvent struct {
	Key    string
	Lead   Lead
	State  State
	Door   string
	Reason string
	// Late is how long after the time that was planned last a message was sent; set for Accepted.
	Late time.Duration
}
