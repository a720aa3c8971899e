package main

import (
	"html/template"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/notify"
)

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"local": func(t time.Time) string { return t.In(shanghai).Format("2006-01-02 15:04") },
}).Parse(`<!doctype html>
<meta charset="utf-8">
<title>Reminders</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
.delivered, .accepted { color: #07783b } .failed, .unknown, .refused { color: #b42318 } .planned { color: #175cd3 }
small { color: #666 }
</style>
<h1>Reminders</h1>
<p>{{range $state, $count := .Counts}}{{$count}} {{$state}} &nbsp; {{end}}</p>
<table>
<tr><th>Time</th><th>Contract</th><th>User</th><th>Lead</th><th>State</th><th>Why</th></tr>
{{range .List}}<tr>
<td>{{local .FireAt}}</td><td>{{.Key}}</td><td>{{.User}}</td><td>{{.Lead}}</td>
<td class="{{.State}}">{{.State}}{{with .Door}} by {{.}}{{end}}</td>
<td>{{.Reason}}{{range .Steps}}<br><small>{{.Door}}: {{if .Taken}}taken, {{end}}{{.Reason}}</small>{{end}}</td>
</tr>{{end}}
</table>
`))

var shanghai = mustZone("Asia/Shanghai")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// getPage lists reminders and outcomes.
func (s *service) getPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notifier.List(r.Context(), notify.Query{Limit: 500})
	if err != nil {
		return err
	}
	counts, err := s.notifier.Counts(r.Context(), notify.Query{})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return page.Execute(w, struct {
		List   []notify.Status
		Counts map[notify.State]int
	}{list, counts})
}
