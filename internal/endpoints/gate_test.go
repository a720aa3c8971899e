package endpoints_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/internal/endpoints"
)

const root = "../.."

var allowed = endpoints.Allowed{
	Calls: map[string]string{
		"wechat.Do": "calls any endpoint",
	},
	Emulated: map[endpoints.Route]string{
		get("/customservice/kfaccount/del"): "the older way of DeleteAgent",
		post("/cgi-bin/shorturl"):           "retired; it answers the long URL",
	},
}

func get(path string) endpoints.Route  { return endpoints.Route{Method: "GET", Path: path} }
func post(path string) endpoints.Route { return endpoints.Route{Method: "POST", Path: path} }

func emulated() []endpoints.Route {
	var list []endpoints.Route
	for _, r := range emulator.Routes() {
		list = append(list, endpoints.Route(r))
	}
	return list
}

// TestGate holds every endpoint of the module to what it must have.
func TestGate(t *testing.T) {
	t.Parallel()
	module, err := endpoints.Scan(root)
	require.NoError(t, err)
	require.NotEmpty(t, module.Endpoints)
	for _, problem := range module.Problems(emulated(), allowed) {
		t.Error(problem)
	}
}

func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	module, err := endpoints.Scan(root)
	require.NoError(t, err)
	require.NoError(t, module.CheckDocument(root))
}
