package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/notify"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock":  func(t time.Time) string { return t.In(shanghai).Format("2006-01-02 15:04") },
	"day":    func(t time.Time) string { return t.In(shanghai).Format(time.DateOnly) },
	"before": before,
}).Parse(pageText))

var shanghai = mustZone("Asia/Shanghai")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func before(l notify.Lead) string {
	if l == notify.Days(1) {
		return "a day before"
	}
	return fmt.Sprintf("%d days before", l.Days)
}

// pageData is what the page shows.
type pageData struct {
	Counts    []count
	Contracts []*contractLeads
	Emulated  bool
	Now       time.Time
	Phones    []phone
}

type count struct {
	State notify.State
	Count int
}

// contractLeads are the reminders of one contract for one end.
type contractLeads struct {
	Key, User string
	Due       time.Time
	Leads     []notify.Status
}

// phone is that of an emulated user.
type phone struct {
	Name     string
	Messages []string // the latest first
}

const mostListed = 500

// getPage lists reminders and outcomes.
func (s *service) getPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notifier.List(r.Context(), notify.Query{From: s.now().AddDate(0, -1, 0), Limit: mostListed})
	if err != nil {
		return err
	}
	counts, err := s.notifier.Counts(r.Context(), notify.Query{})
	if err != nil {
		return err
	}
	data := pageData{Contracts: byContract(list), Now: s.now()}
	for state, n := range counts {
		data.Counts = append(data.Counts, count{state, n})
	}
	slices.SortFunc(data.Counts, func(a, b count) int { return strings.Compare(string(a.State), string(b.State)) })
	if s.world != nil {
		data.Emulated, data.Phones = true, s.world.phones()
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	return page.Execute(w, data)
}

// byContract groups leads, which are in the order of their times.
func byContract(list []notify.Status) (groups []*contractLeads) {
	for _, l := range list {
		i := slices.IndexFunc(groups, func(g *contractLeads) bool { return g.Key == l.Key && g.Due.Equal(l.Due) })
		if i < 0 {
			groups = append(groups, &contractLeads{Key: l.Key, User: l.User, Due: l.Due})
			i = len(groups) - 1
		}
		groups[i].Leads = append(groups[i].Leads, l)
	}
	return groups
}
