package endpoints

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// Allowed are the exceptions, each with its reason. One that is not needed is a problem of its own.
type Allowed struct {
	Paths    map[string]string // in the source, though nothing here calls it
	Calls    map[string]string // Op without a directive
	Emulated map[Route]string  // answered by the emulator, though nothing here calls it
}

// Problems returns what is missing or superfluous, in words; emulated are the routes of the emulator.
func (m *Module) Problems(emulated []Route, allowed Allowed) []string {
	r := report{list: slices.Clone(m.faults)}
	for _, e := range m.Endpoints {
		r.endpoint(e)
		if !slices.Contains(emulated, e.Route) {
			r.add(e.Place, "%s: %s: the emulator does not answer it", e.Symbol, e.Route)
		}
	}
	for _, s := range m.Samples {
		r.sample(s)
	}
	r.mentions(m.Paths, m.paths(), allowed.Paths, "no directive names this path")
	r.mentions(m.Calls, m.calls(), allowed.Calls, "nothing with a directive has this name")
	r.emulator(m, emulated, allowed.Emulated)
	slices.Sort(r.list)
	return slices.Compact(r.list)
}

type report struct{ list []string }

func (r *report) add(p Place, format string, args ...any) {
	r.list = append(r.list, fmt.Sprintf("%s:%d: %s", p.File, p.Line, fmt.Sprintf(format, args...)))
}

// docs is where all of WeChat's pages are.
const docs = "https://developers.weixin.qq.com/"

func (r *report) endpoint(e *Endpoint) {
	if !token.IsExported(e.Symbol) || !token.IsExported(e.Name()) {
		r.add(e.Place, "%s: %s: the directive belongs where users see it", e.Symbol, e.Route)
	}
	if !strings.HasPrefix(e.Synopsis, e.Name()+" ") {
		r.add(e.Place, "%s: no doc comment that begins with the name", e.Symbol)
	}
	if len(e.Pages) == 0 {
		r.add(e.Place, "%s: no address after \"WeChat docs:\"", e.Symbol)
	}
	for _, page := range e.Pages {
		if !strings.HasPrefix(page, docs) {
			r.add(e.Place, "%s: %s is not a page of %s", e.Symbol, page, docs)
		}
	}
	if len(e.Accounts) == 0 {
		r.add(e.Place, "%s: %s: no %saccount line below it", e.Symbol, e.Route, prefix)
	}
	if len(e.Samples) == 0 {
		r.add(e.Place, "%s: %s: no sample: a folder in testdata with this request, named %s or %[3]s-…",
			e.Symbol, e.Route, e.Name())
	}
}

func (r *report) sample(s *Sample) {
	for _, file := range s.lacks() {
		r.list = append(r.list, s.Folder+": no "+file)
	}
	if !s.run {
		r.list = append(r.list, s.Folder+": no test runs it")
	}
	if !s.owned && s.Route != (Route{}) {
		r.list = append(r.list, fmt.Sprintf("%s: nothing in the package has a directive %s", s.Folder, s.Route))
	}
}

// mentions finds strings in the source that no directive accounts for.
func (r *report) mentions(found []Mention, known map[string]bool, allowed map[string]string, reason string) {
	used := map[string]bool{}
	for _, mention := range found {
		if known[mention.Text] {
			continue
		}
		used[mention.Text] = true
		if allowed[mention.Text] == "" {
			r.add(mention.Place, "%q: %s", mention.Text, reason)
		}
	}
	for text := range allowed {
		if !used[text] {
			r.list = append(r.list, fmt.Sprintf("%q is allowed without need", text))
		}
	}
}

func (m *Module) paths() map[string]bool {
	known := map[string]bool{}
	for _, e := range m.Endpoints {
		known[e.Path] = true
	}
	return known
}

// calls returns the names that calls may have: those of the methods. A method that reads one page shares
// its name with the iterator over all of them, which is the one that users know.
func (m *Module) calls() map[string]bool {
	known := map[string]bool{}
	for _, e := range m.Endpoints {
		known[e.Package+"."+e.Name()] = true
		known[e.Package+"."+strings.TrimSuffix(e.Name(), "Page")] = true
	}
	return known
}

// emulator finds what only the emulator has.
func (r *report) emulator(m *Module, emulated []Route, allowed map[Route]string) {
	called := map[Route]bool{}
	for _, e := range m.Endpoints {
		called[e.Route] = true
	}
	for _, route := range emulated {
		if !called[route] && allowed[route] == "" {
			r.list = append(r.list, fmt.Sprintf("emulator: %s: nothing calls it", route))
		}
	}
	for route := range allowed {
		if called[route] || !slices.Contains(emulated, route) {
			r.list = append(r.list, fmt.Sprintf("%s is allowed without need", route))
		}
	}
}
