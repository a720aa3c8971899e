package notify_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// emulated returns a client that calls the emulator in place of WeChat.
func emulated(wx *emulator.Server, a *emulator.App) *wechat.Client {
	return must(wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient())))
}

// tempDB is a database in a directory that is removed in the end.
func tempDB(ctx context.Context) (db *notify.Database, remove func()) {
	dir := must(os.MkdirTemp("", "notify"))
	db = must(notify.OpenSQLite(ctx, filepath.Join(dir, "reminders.db")))
	return db, func() { _ = db.Close(); _ = os.RemoveAll(dir) }
}

// A user of the Mini Program is reminded of a contract: a week before by a subscription message that she has
// accepted, a day before not at all, for she has accepted one only.
//
// The clock is the emulator's. A service leaves Config.Now out and calls Start in place of FireDue.
func Example() {
	ctx := context.Background()
	wx := must(emulator.Start(emulator.WithClockAt(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))))
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	tpl := mini.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
	client := emulated(wx, mini)
	db, remove := tempDB(ctx)
	defer remove()

	n := must(notify.New(notify.Config{
		Database: db, Now: wx.Now,
		Doors: []notify.Door{notify.NewSubscribeDoor(client), notify.NewReplyDoor(client)},
	}))

	// WeChat's pushes tell the ledger what she does.
	pushes := must(callback.New(callback.Config{Now: wx.Now, Apps: []callback.App{{
		AppID: mini.AppID, Kind: callback.MiniProgram, Token: "token", EncodingAESKey: aesKey,
	}}}))
	defer pushes.Shutdown(ctx)
	n.Ledger().Mount(pushes)
	mini.SetCallback(emulator.Callback{Handler: pushes, Token: "token", EncodingAESKey: aesKey})

	// At her login the program tells who she is. Then she taps "accept".
	err := n.Ledger().Link(ctx, notify.Identity{AppID: mini.AppID, OpenID: ann.OpenID(mini), User: "42"})
	if err != nil {
		panic(err)
	}
	ann.Accept(tpl)
	wx.Settle()

	err = n.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: wx.Now().AddDate(0, 0, 10),
		Leads: []notify.Lead{notify.Days(7), notify.Days(1)},
		Content: notify.Content{
			Subscribe: &notify.SubscribeContent{TemplateID: tpl, Data: map[string]string{
				"thing1": "Fire insurance", "date2": "2026-11-30",
			}},
			Reply: "Your fire insurance ends on 30 November.",
		},
	})
	if err != nil {
		panic(err)
	}
	next, _, err := n.Next(ctx, "contract-77")
	fmt.Println("next:", next.FireAt.UTC().Format(time.DateTime), err)

	for _, days := range []int{3, 6} {
		wx.Advance(time.Duration(days) * day)
		must(n.FireDue(ctx))
		wx.Settle()
	}
	for _, s := range must(n.List(ctx, notify.Query{Key: "contract-77"})) {
		fmt.Printf("%s before: %s\n", s.Lead, s.State)
		for _, step := range s.Steps {
			fmt.Println("  ", step.Door+":", step.Reason)
		}
	}
	// Output:
	// next: 2026-11-23 09:00:00 <nil>
	// 7d before: delivered
	//    subscribe: consents left: 1
	// 1d before: unreachable
	//    subscribe: no consent left
	//    reply: has not written within 48 hours
}

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// smsDoor is the last resort of a program that has bought text messages.
type smsDoor struct {
	gateway string
	numbers map[string]string // by user
}

func (smsDoor) Name() string              { return "sms" }
func (smsDoor) AppID() string             { return "" }
func (smsDoor) Repeatable() time.Duration { return 0 }

func (d smsDoor) Check(r *notify.Reach, c *notify.Content) notify.Verdict {
	switch {
	case c.Other["sms"] == "":
		return notify.Verdict{Reason: "no content for it"}
	case d.numbers[r.User] == "":
		return notify.Verdict{Reason: "no number"}
	}
	return notify.Verdict{Open: true, Reason: "has a number"}
}

func (d smsDoor) Send(ctx context.Context, m *notify.Message) (int64, error) {
	form := url.Values{"to": {d.numbers[m.User]}, "text": {m.Content.Other["sms"]}, "id": {m.ID}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.gateway+"?"+form.Encode(), nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial": // nothing went out: try again later
		return 0, notify.ErrNotSent
	case err != nil: // a timeout, a reset: nobody knows, so it is not sent again
		return 0, wechat.ErrOutcomeUnknown
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusTooManyRequests:
		return 0, notify.ErrNotSent
	case answer.StatusCode >= http.StatusBadRequest && answer.StatusCode < http.StatusInternalServerError:
		return 0, notify.ErrUnreachable
	case answer.StatusCode != http.StatusOK:
		return 0, wechat.ErrOutcomeUnknown
	}
	return 0, nil
}

// A door of the program's own comes last: text messages cost money.
func ExampleDoor() {
	ctx := context.Background()
	wx := must(emulator.Start())
	defer wx.Close()
	client := emulated(wx, wx.MiniProgram())
	db, remove := tempDB(ctx)
	defer remove()

	n := must(notify.New(notify.Config{
		Database: db,
		Doors: []notify.Door{
			notify.NewReplyDoor(client),
			smsDoor{gateway: "http://127.0.0.1:1/send", numbers: map[string]string{"42": "+86 138 0000 0000"}},
		},
	}))
	err := n.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
		Content: notify.Content{Reply: "It ends in an hour.", Other: map[string]string{"sms": "It ends in an hour."}},
	})
	if err != nil {
		panic(err)
	}
	must(n.FireDue(ctx))
	s := must(n.List(ctx, notify.Query{Key: "contract-77"}))[0]
	for _, step := range s.Steps {
		fmt.Println(step.Door+":", step.Reason)
	}
	fmt.Println(s.State, "after", s.Tries, "try:", s.Reason) // nobody listens at the gateway
	// Output:
	// reply: no OpenID in the account
	// sms: has a number
	// planned after 1 try: not sent
}

// Renewal, cancellation and opt-out are calls with the reminder's key, or the user's id and topic.
func ExampleNotifier_Plan() {
	ctx := context.Background()
	db, remove := tempDB(ctx)
	defer remove()
	n := must(notify.New(notify.Config{Database: db}))
	r := &notify.Reminder{
		Key: "contract-77", User: "42", Topic: "contracts",
		Due:   time.Date(2099, 11, 30, 0, 0, 0, 0, time.UTC),
		Leads: []notify.Lead{notify.Days(7), notify.Days(1)},
		At:    "09:00", Zone: "Europe/Berlin", Quiet: notify.QuietHours{From: "21:00", To: "08:00"},
		Content: notify.Content{Reply: "Your contract ends soon."},
	}
	show := func(what string, err error) {
		counts := must(n.Counts(ctx, notify.Query{Key: "contract-77"}))
		fmt.Println(what, "planned:", counts[notify.Planned], "cancelled:", counts[notify.Cancelled], err)
	}
	show("new:", n.Plan(ctx, r))
	show("the same again:", n.Plan(ctx, r))
	r.Due = r.Due.AddDate(1, 0, 0)
	show("renewed:", n.Plan(ctx, r))
	_, err := n.Cancel(ctx, "contract-77")
	show("cancelled:", err)
	show("stopped by the user:", n.OptOut(ctx, "42", "contracts"))

	r.Content.Subscribe = &notify.SubscribeContent{}
	var wrong *errcode.FieldError
	fmt.Println(errors.As(n.Plan(ctx, &notify.Reminder{Key: "contract-78"}), &wrong), wrong)
	// Output:
	// new: planned: 2 cancelled: 0 <nil>
	// the same again: planned: 2 cancelled: 0 <nil>
	// renewed: planned: 2 cancelled: 2 <nil>
	// cancelled: planned: 0 cancelled: 4 <nil>
	// stopped by the user: planned: 0 cancelled: 4 <nil>
	// true notify: User: empty
}

// Observe feeds any metrics library; Counts and List answer the same questions from the database.
func ExampleConfig_observe() {
	ctx := context.Background()
	db, remove := tempDB(ctx)
	defer remove()
	mini := must(wechat.New(wechat.Config{AppID: "wx0000000000000001", AppSecret: "secret"}))
	defer mini.Close()
	sent := map[string]int{} // a counter with the labels door and state; FireDue calls from one goroutine
	n := must(notify.New(notify.Config{
		Database: db, Doors: []notify.Door{notify.NewReplyDoor(mini)},
		Observer: func(_ context.Context, e notify.OutcomeEvent) { sent[e.Door+" "+string(e.State)]++ },
	}))
	err := n.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
		Content: notify.Content{Reply: "It ends in an hour."},
	})
	if err != nil {
		panic(err)
	}
	must(n.FireDue(ctx))
	fmt.Println(sent)
	fmt.Println(must(n.Counts(ctx, notify.Query{})))
	// Output:
	// map[ unreachable:1]
	// map[unreachable:1]
}

// A contract and its reminder are committed together. The program's table stands in the file of the reminders; on
// PostgreSQL it is a transaction on the same database, of pgx ([notify.Notifier.InPgxTx]) or of database/sql.
func ExampleNotifier_InTx() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "notify"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.db")
	db := must(notify.OpenSQLite(ctx, path))
	defer db.Close()
	n := must(notify.New(notify.Config{Database: db}))

	own := must(sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)"))
	defer own.Close()
	_ = must(own.ExecContext(ctx, `CREATE TABLE contracts (id TEXT PRIMARY KEY, ends TEXT NOT NULL)`))

	sign := func(id string, ends time.Time, valid bool) error {
		tx, err := own.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // nothing after Commit
		if _, err := tx.ExecContext(ctx, `INSERT INTO contracts VALUES ($1, $2)`, id, ends.Format(time.DateOnly)); err != nil {
			return err
		}
		err = n.InTx(tx).Plan(ctx, &notify.Reminder{
			Key: id, User: "42", Due: ends, Leads: []notify.Lead{notify.Days(7)}, Content: notify.Content{Reply: "It ends soon."},
		})
		if err != nil || !valid {
			return err
		}
		return tx.Commit()
	}
	ends := time.Now().AddDate(1, 0, 0)
	for id, valid := range map[string]bool{"contract-1": true, "contract-2": false} {
		if err := sign(id, ends, valid); err != nil {
			panic(err)
		}
	}
	for _, s := range must(n.List(ctx, notify.Query{})) {
		fmt.Println(s.Key, s.State)
	}
	// Output: contract-1 planned
}

// A program hears of what nobody could be told, also where the process that found out has ended. Services call Run in place
// of Read and Ack.
func ExampleNotifier_Outbox() {
	ctx := context.Background()
	db, remove := tempDB(ctx)
	defer remove()
	wx := must(emulator.Start())
	defer wx.Close()
	n := must(notify.New(notify.Config{
		Database: db, Doors: []notify.Door{notify.NewReplyDoor(emulated(wx, wx.MiniProgram()))},
	}))
	outbox := must(n.Outbox(ctx, notify.OutboxConfig{
		Reader: "call-centre", States: []notify.State{notify.Unreachable, notify.Refused, notify.Failed},
	}))

	err := n.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
		Content: notify.Content{Reply: "It ends in an hour."},
	})
	if err != nil {
		panic(err)
	}
	_ = must(n.FireDue(ctx)) // no door is open

	for _, c := range must(outbox.Read(ctx, 0)) {
		fmt.Println(c.Key, c.User, c.State, c.Reason)
		if err := outbox.Ack(ctx, c); err != nil {
			panic(err)
		}
	}
	// Output: contract-77 42 unreachable no door was open
}
