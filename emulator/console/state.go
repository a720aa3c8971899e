package console

import (
	"net/http"

	"github.com/wechatkit/wechat/emulator"
)

const shownUsers = 500

var stateRoutes = map[string]handler{
	"GET /state":  getState,
	"POST /reset": resetAll,
}

// state is everything that the page needs to begin with.
type state struct {
	Cursor  string `json:"cursor"`
	BaseURL string `json:"baseUrl,omitempty"`
	emulator.Snapshot

	Faults    []fault `json:"faults"`
	UserCount int     `json:"userCount"`
	Asks      []ask   `json:"asks"`
}

func getState(r *request) (any, error) {
	most, err := r.number("users", shownUsers)
	if err != nil {
		return nil, err
	}
	snap, asks, cursor := r.c.live.poll()
	s := state{
		Cursor: cursor, BaseURL: r.wx.BaseURL(), Snapshot: snap,
		Faults: faultsOf(snap.Faults), UserCount: len(snap.Users), Asks: append([]ask{}, asks...),
	}
	s.Users = s.Users[:min(most, len(s.Users))]
	return s, nil
}

// resetAll starts anew from the configuration.
func resetAll(r *request) (any, error) {
	if r.c.build == nil {
		return nil, &apiError{http.StatusNotImplemented, "this console has no configuration to start anew from"}
	}
	wx, err := r.c.build()
	if err != nil {
		return nil, err
	}
	return struct{}{}, r.c.replace(wx)
}
