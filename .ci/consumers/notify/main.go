// Program of somebody who uses the module of reminders alone: one reminder, on SQLite, to a door of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/wechatkit/wechat/notify"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// printer is a door that is always open.
type printer struct{}

func (printer) Name() string              { return "printer" }
func (printer) AppID() string             { return "" }
func (printer) Repeatable() time.Duration { return 0 }

func (printer) Check(*notify.Reach, *notify.Content) notify.Verdict {
	return notify.Verdict{Open: true}
}

func (printer) Send(_ context.Context, m *notify.Message) (int64, error) {
	fmt.Println("to user", m.User+":", m.Content.Other["printer"])
	return 0, nil
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "consumer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := notify.OpenSQLite(ctx, filepath.Join(dir, "reminders.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	now := time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC)
	n, err := notify.New(notify.Config{Database: db, Now: func() time.Time { return now }, Doors: []notify.Door{printer{}}})
	if err != nil {
		return err
	}
	err = n.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: now.AddDate(0, 0, 10), Leads: []notify.Lead{notify.Days(7)},
		Content: notify.Content{Other: map[string]string{"printer": "Your fire insurance ends on 30 November."}},
	})
	if err != nil {
		return err
	}
	now = now.AddDate(0, 0, 3)
	if _, err := n.FireDue(ctx); err != nil {
		return err
	}
	list, err := n.List(ctx, notify.Query{Key: "contract-77"})
	if err != nil {
		return err
	}
	fmt.Println("7 days before:", list[0].State)
	return nil
}
