package console

import (
	"net/http"
	"strconv"
)

var trafficRoutes = map[string]handler{
	"GET /calls":                  listCalls,
	"GET /pushes":                 listPushes,
	"POST /pushes/{id}/redeliver": redeliver,
}

func listCalls(r *request) (any, error) {
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	return map[string]any{"calls": r.wx.CallsAfter(after, limit)}, nil
}

func listPushes(r *request) (any, error) {
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	return map[string]any{"pushes": r.wx.TriesAfter(after, limit)}, nil
}

func redeliver(r *request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !r.wx.RedeliverTry(id) {
		return nil, &apiError{http.StatusNotFound, "no push " + r.PathValue("id")}
	}
	return struct{}{}, nil
}
