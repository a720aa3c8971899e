// Package endpoints reads from the source of this module which endpoints of WeChat's API it calls, and holds
// that against the samples in testdata, the emulator and docs/endpoints.md.
//
// What calls an endpoint says so in its doc comment, below the address of WeChat's page:
//
//	// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/…
//	//
//	//wechat:endpoint POST /cgi-bin/message/subscribe/send
//	//wechat:account mini-program
//
// The account line belongs to the endpoint line above it and says which kinds of accounts the endpoint
// serves, see [Account]. There is a pair of lines for each endpoint that a method may call. Directives stand
// at exported functions, methods and constants, where users see them.
package endpoints

import (
	"cmp"
	"slices"
	"strings"
)

//go:generate go run ./cmd/endpoints-doc -root ../..

// Route is an endpoint as WeChat names it.
type Route struct {
	Method, Path string
}

// String returns the route as a request line has it: "POST /cgi-bin/clear_quota".
func (r Route) String() string { return r.Method + " " + r.Path }

// Account is a kind of account that an endpoint serves: whose token or secret it takes. A third-party
// platform that calls for an account, with an authorizer token, counts as that account.
type Account string

// The kinds. What serves Mini Programs and official accounts alike has both.
const (
	MiniProgram     Account = "mini-program"     // Mini Program (小程序)
	ServiceAccount  Account = "service-account"  // service account (服务号), mostly a verified one
	OfficialAccount Account = "official-account" // service or subscription account (公众号)
	Website         Account = "website"          // website application of the Open Platform (网站应用)
	Component       Account = "component"        // third-party platform (第三方平台)
)

var accounts = []Account{MiniProgram, ServiceAccount, OfficialAccount, Website, Component}

// Title returns the kind in words.
func (a Account) Title() string {
	switch a {
	case MiniProgram:
		return "Mini Program"
	case Component:
		return "third-party platform"
	default:
		return strings.ReplaceAll(string(a), "-", " ")
	}
}

// Endpoint is one directive: an endpoint, and what of this module calls it.
type Endpoint struct {
	Route
	Place
	Symbol   string    // such as "Client.Send"
	Synopsis string    // first sentence of the doc comment
	Pages    []string  // WeChat's documentation
	Accounts []Account // as the directive lists them
	Samples  []*Sample // of this endpoint and symbol
}

// Name returns the last part of the symbol: "Send" of "Client.Send".
func (e *Endpoint) Name() string { return e.Symbol[strings.LastIndexByte(e.Symbol, '.')+1:] }

// Place is where something stands in the source.
type Place struct {
	Dir     string // directory of the package below the root of the module, "." for the root itself
	Package string // name of the package
	File    string // below the root of the module, with slashes
	Line    int
}

// Mention is a path of the API, or the name of a call, that the source has as a string.
type Mention struct {
	Place
	Text string
}

// Module is what [Scan] finds.
type Module struct {
	Endpoints []*Endpoint     // by package, path, method and symbol
	Samples   []*Sample       // by folder
	Paths     []Mention       // such as "/cgi-bin/clear_quota"
	Calls     []Mention       // Op of a call, such as "wechat.ClearQuota"
	faults    []string        // directives that say nothing
	run       map[string]bool // folders of samples that tests name
}

// arrange puts everything in order and gives each endpoint its samples.
func (m *Module) arrange() {
	slices.SortFunc(m.Endpoints, func(a, b *Endpoint) int {
		return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Method, b.Method), cmp.Compare(a.Symbol, b.Symbol))
	})
	slices.SortFunc(m.Samples, func(a, b *Sample) int { return cmp.Compare(a.Folder, b.Folder) })
	for _, s := range m.Samples {
		s.run = m.run[s.Folder]
		for _, e := range m.owners(s) {
			e.Samples = append(e.Samples, s)
			s.owned = true
		}
	}
}

// owners returns the endpoints that s is a sample of. Where several symbols of a package call one endpoint,
// the name of the folder decides: each needs a sample of its own.
func (m *Module) owners(s *Sample) []*Endpoint {
	var same, named []*Endpoint
	for _, e := range m.Endpoints {
		if e.Dir != s.dir || e.Route != s.Route {
			continue
		}
		same = append(same, e)
		if s.name == e.Name() || strings.HasPrefix(s.name, e.Name()+"-") {
			named = append(named, e)
		}
	}
	if len(same) > 1 {
		return named
	}
	return same
}
