package emulator

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// MisuseError is what a verb of a Server made by [Start] panics with when it makes no sense.
type MisuseError struct {
	Reason string // such as `Accept: no template "T1"`
	Caller string // file and line of the verb, such as "order_test.go:31"
}

// Error returns the reason and where it happened.
func (e *MisuseError) Error() string { return "emulator: " + e.Reason + " (at " + e.Caller + ")" }

// misuse reports a mistake of the program that drives the emulator. It does not return.
func (s *Server) misuse(format string, args ...any) {
	err := &MisuseError{Reason: fmt.Sprintf(format, args...), Caller: caller()}
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Fatalf("%v", err)
	}
	panic(err)
}

// caller finds the line outside of this package that led here. Files tell it better than functions, since
// a closure may carry the name of the function that it was inlined into.
func caller() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(1, pc)])
	here, more := frames.Next()
	frame := here
	for more && path.Dir(frame.File) == path.Dir(here.File) && !strings.HasSuffix(frame.File, "_test.go") {
		frame, more = frames.Next()
	}
	return fmt.Sprintf("%s:%d", path.Base(frame.File), frame.Line)
}

func (s *Server) mustBe(verb string, a *App, kind Kind) {
	if a.Kind != kind {
		s.misuse("%s: %s is a %v", verb, a.Name, a.Kind)
	}
}
