package emulator

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// savedFields says of every field of the live structs that it is saved, or why not. Whoever adds a field
// decides here.
var savedFields = []struct {
	live  reflect.Type
	saved string
	not   map[string]string
}{
	{reflect.TypeFor[world](), "clock ids apps appList users userList members templates library tokens media qrCodes links shortKeys miniCodes", map[string]string{
		"cfg": "the options of Load", "routes": "constant", "codes": "good for five minutes",
		"userTokens": "people log in again", "feedback": "a verb of tests", "complaints": "counts feedback", "sealed": "good for a query", "reviews": "a verb of tests",
		"faults": "scripted", "planted": "counts faults", "courier": "pushes on their way, except for how many there were", "calls": "the record",
		"counts": "the record", "rids": "the record", "ridOrder": "the record",
	}},
	{reflect.TypeFor[clock](), "frozen start offset", nil},
	{reflect.TypeFor[idSource](), "seed source message", map[string]string{"rand": "made of source"}},
	{reflect.TypeFor[App](), "AppID AppSecret OriginalID Name Kind Platform secret secretFrozen allowedIPs pages webDomain linked " +
		"followers templates classic stable usage callback agents agentsEver records tags lastTag blacklist permanentQR codePaths " +
		"subscriptionsBanned permanentLinks industry industrySet oneTimeTemplate menus contentRules verification", map[string]string{
		"s": "the server", "sessions": "last half an hour", "businesses": "sub-merchants", "work": "a binding of tests",
		"migrated": "MigrateFrom", "nfc": "counts links", "linkSecond": "of one second", "linksInSecond": "of one second",
		"security": "SecureAPI, which has a private key", "clears": "statistics of the month", "tickets": "fetched anew",
		"verifyTickets": "pushed anew", "ticketsOn": "starts with the callback", "merchants": "authorisations",
		"interceptions": "a log", "held": "decided within half an hour", "sentByKey": "good for ten minutes",
	}},
	{reflect.TypeFor[verification](), "Expired Unnamed ReviewFrom ReviewUntil", nil},
	{reflect.TypeFor[menus](), "buttons id conditionals ever off", nil},
	{reflect.TypeFor[usage](), "day today limits", map[string]string{"minute": "of one minute", "inMinute": "of one minute"}},
	{reflect.TypeFor[User](), "Name cfg memberOf inbox received", map[string]string{"s": "the server"}},
	{reflect.TypeFor[UserConfig](), "Name OpenIDs UnionIDs Nickname Phone ClientPlatform", nil},
	{reflect.TypeFor[member](), "user app openID unionID followed followedBy blocked window exchanged visited consents remark tags " +
		"subscriptionsOff blacklisted qrScene qrSceneStr scenes sessionKey keyMade keyEnds encryptKeys cards", map[string]string{
		"waiting": "for an agent", "session": "lasts half an hour", "typing": "lasts seconds", "paid": "good for five minutes",
	}},
	{reflect.TypeFor[window](), "ends left", nil},
	{reflect.TypeFor[serviceCard](), "code order kind born known amount payScore activated state content extension standing", nil},
	{reflect.TypeFor[consent](), "credits longTerm kept off sent", nil},
	{reflect.TypeFor[template](), "Template banned intercepted held", map[string]string{"app": "where it is saved", "keys": "of the content"}},
	{reflect.TypeFor[Template](), "ID Title Content Keywords Example Enums Type Device Limit Card", nil},
	{reflect.TypeFor[Callback](), "URL Token EncodingAESKey Mode Format Shape", map[string]string{"Handler": "code"}},
	{reflect.TypeFor[token](), "value app ends void", map[string]string{"via": "goes with the authorisation"}},
	{reflect.TypeFor[succession](), "current before forced forcedDay forcedCount", nil},
	{reflect.TypeFor[agent](), "account nick id openID image wx invited ends online admin", nil},
	{reflect.TypeFor[media](), "id app kind name data created permanent listed", nil},
	{reflect.TypeFor[qrCode](), "ticket url app scene number ends", nil},
	{reflect.TypeFor[miniLink](), "app path query env created ends cloud", nil},
	{reflect.TypeFor[shortKey](), "app data created ends", nil},
	{reflect.TypeFor[card](), "at tpl id values target", nil},
	{reflect.TypeFor[target](), "url mini page", nil},
	{reflect.TypeFor[letter](), "whole card", nil},
}

func TestEveryFieldIsSavedOrNotForAReason(t *testing.T) {
	t.Parallel()
	for _, c := range savedFields {
		listed := strings.Fields(c.saved)
		for name, reason := range c.not {
			require.NotEmpty(t, reason)
			listed = append(listed, name)
		}
		var have []string
		for i := range c.live.NumField() {
			have = append(have, c.live.Field(i).Name)
		}
		slices.Sort(listed)
		slices.Sort(have)
		require.Equal(t, have, listed, "type %v: is a new field saved?", c.live)
	}
}
