package emulator

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notSaved says why a field is not in the state. Those that are saved have a name in JSON. Whoever adds a field decides
// between the two.
var notSaved = map[string]string{
	"User.s": "the server", "User.cfg": "as savedUserConfig", "User.memberOf": "as members", "User.inbox": "as letters",
	"User.received": "of savedUser", "member.user": "where it is saved", "member.app": "as its AppID",

	"world.cfg": "the options of Load", "world.clock": "of savedState", "world.ids": "of savedState", "world.routes": "constant",
	"world.apps": "as appList", "world.appList": "of savedState", "worldUsers.users": "as userList",
	"worldUsers.userList": "of savedState", "worldUsers.members": "with the users",
	"world.courier": "pushes on their way, except for how many there were", "world.pushes": "a log",

	"worldFaults.faults": "scripted", "worldFaults.planted": "counts faults",
	"worldRecord.calls": "the record", "worldRecord.counts": "the record", "worldRecord.rids": "the record", "worldRecord.ridOrder": "the record",

	"appPushes.ticketsOn": "starts with the callback", "appPlatform.tickets": "pushed anew", "appPlatform.merchants": "authorisations",
	"worldAccess.tokens": "as a list", "worldAccess.codes": "good for five minutes",
	"worldAccess.userTokens": "people log in again", "worldAccess.sealed": "good for a query",
	"appAccess.security": "SecureAPI, which has a private key", "appAccess.clears": "statistics of the month",
	"appAccess.tickets": "fetched anew", "memberAccess.paid": "good for five minutes", "token.via": "goes with the authorisation",
	"usage.minute": "of one minute", "usage.inMinute": "of one minute",

	"worldMessages.templates": "with the accounts", "worldMessages.library": "as a list",
	"appMessages.interceptions": "a log", "appMessages.held": "decided within half an hour", "appMessages.sentByKey": "good for ten minutes",
	"template.app": "where it is saved", "template.keys": "of the content", "LibraryTitle.card": "of titles that are not in the library",

	"worldDesk.reviews": "a verb of tests", "appDesk.sessions": "last half an hour", "appDesk.businesses": "sub-merchants",
	"appDesk.work": "a binding of tests", "memberDesk.waiting": "for an agent", "memberDesk.session": "lasts half an hour",
	"memberDesk.typing": "lasts seconds",

	"worldPeople.feedback": "a verb of tests", "worldPeople.complaints": "counts feedback", "appPeople.migrated": "MigrateFrom",
	"worldLinks.qrCodes": "as a list", "worldLinks.links": "of savedState", "worldLinks.shortKeys": "of savedState",
	"worldLinks.miniCodes": "of savedState", "worldMedia.media": "as a list",
	"appLinks.nfc": "counts links", "appLinks.second": "of one second", "appLinks.inSecond": "of one second",
}

// The exported fields of an App are in savedApp, and one field for each area that the App is made of.
func TestEveryAreaOfAnAppIsSaved(t *testing.T) {
	t.Parallel()
	saved := map[reflect.Type]bool{}
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[savedApp]()) {
		saved[f.Type], names[f.Name] = true, true
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[App]()) {
		if f.IsExported() {
			require.True(t, names[f.Name], "App.%s is not in savedApp", f.Name)
		} else if f.Name != "s" && f.Type != reflect.TypeFor[appPlatform]() { // nothing of platforms is saved
			require.True(t, saved[f.Type], "App.%s is not in savedApp", f.Name)
		}
	}
}

func TestEveryFieldIsSavedOrNotForAReason(t *testing.T) {
	t.Parallel()
	unused := map[string]bool{}
	for field := range notSaved {
		unused[field] = true
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[world](), reflect.TypeFor[User](), reflect.TypeFor[savedState](), reflect.TypeFor[savedApp](), reflect.TypeFor[appPlatform](),
		reflect.TypeFor[member](),
	} {
		requireReasons(t, of, unused, map[reflect.Type]bool{})
	}
	require.Empty(t, unused, "a reason for a field that is gone, or that is saved")
}

// requireReasons looks at the fields of a struct and of all that are saved with it.
func requireReasons(t *testing.T, of reflect.Type, unused map[string]bool, seen map[reflect.Type]bool) {
	t.Helper()
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		requireReasons(t, of.Elem(), unused, seen)
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[of] || of.Implements(reflect.TypeFor[json.Marshaler]()) || of.PkgPath() != reflect.TypeFor[App]().PkgPath() {
		return
	}
	seen[of] = true
	for i := range of.NumField() {
		f := of.Field(i)
		name := of.Name() + "." + f.Name
		delete(unused, name)
		switch tag := f.Tag.Get("json"); {
		case tag == "-":
		case f.Anonymous, tag != "", of == reflect.TypeFor[LibraryTitle]() && f.IsExported(), of == reflect.TypeFor[LibraryKeyword](),
			strings.HasPrefix(of.Name(), "saved") && f.IsExported():
			requireReasons(t, f.Type, unused, seen)
		case of == reflect.TypeFor[User]() && f.Name == "Name":
		default:
			require.NotEmpty(t, notSaved[name], "%s has no name in JSON: is a new field saved?", name)
		}
	}
}
