package emulator

import (
	"cmp"
	"slices"
)

// tokenNeed is the token that a call carries in its query.
type tokenNeed uint8

const (
	noToken       tokenNeed = iota // appid and secret in the request, or nothing at all
	appToken                       // access_token of an account, its own or a platform's for it
	platformToken                  // access_token of a third-party platform
	anyToken                       // either
)

// kinds is a set of account kinds.
type kinds uint8

const (
	mpOnly    = kinds(1 << MiniProgram)
	oaOnly    = kinds(1 << ServiceAccount)
	anyKind   = mpOnly | oaOnly
	thirdOnly = kinds(1 << ThirdParty)
)

func (k kinds) has(kind Kind) bool { return k&(1<<kind) != 0 }

// route says what a call needs before its handler runs.
type route struct {
	method, path string
	token        tokenNeed
	kinds        kinds
	// plain404 answers a wrong method with errcode 404 instead of 43001 or 43002.
	plain404 bool
	// jsonType insists on a JSON Content-Type: without it the fields are not seen.
	jsonType bool
	handle   func(*call) reply
}

// routes is the whole API by path. The first index finds a path with any method.
var routes = buildRoutes(
	tokenRoutes,
	subscribeRoutes,
	templateRoutes,
	customerRoutes,
	libraryRoutes,
	bizSendRoutes,
	templateListRoutes,
	agentRoutes,
	sessionRoutes,
	merchantRoutes,
	mediaRoutes,
	materialRoutes,
	loginRoutes,
	sessionKeyRoutes,
	identityRoutes,
	webOAuthRoutes,
	followerRoutes,
	tagRoutes,
	userManageRoutes,
	qrCodeRoutes,
	shortKeyRoutes,
	miniLinkRoutes,
	miniCodeRoutes,
	housekeepingRoutes,
	componentRoutes,
	accountLinkRoutes,
	contentRoutes,
	feedbackRoutes,
	verificationRoutes,
	menuRoutes,
	serviceCardRoutes,
)

func buildRoutes(areas ...[]route) map[string][]route {
	table := map[string][]route{}
	for _, area := range areas {
		for _, r := range area {
			if r.kinds == 0 {
				r.kinds = anyKind
			}
			table[r.path] = append(table[r.path], r)
		}
	}
	return table
}

// find looks a call up. known tells a wrong method from an unknown path.
func find(method, path string) (r *route, known bool) {
	list := routes[path]
	for i := range list {
		if list[i].method == method {
			return &list[i], true
		}
	}
	if len(list) > 0 {
		return &list[0], true
	}
	return nil, false
}

// Route is one endpoint that the emulator answers.
type Route struct {
	Method string
	Path   string
}

// Routes lists every endpoint that the emulator answers, by path.
func Routes() []Route {
	var list []Route
	for _, rs := range routes {
		for _, r := range rs {
			list = append(list, Route{r.method, r.path})
		}
	}
	slices.SortFunc(list, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}
