package emulator

import (
	"cmp"
	"slices"
)

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
