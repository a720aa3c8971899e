package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

const longestBody = 64 << 10

// handler serves WeChat's pushes, the REST endpoints and the page.
func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/wechat", s.pushes)
	mux.HandleFunc("POST /login", s.guard(s.postLogin))
	mux.HandleFunc("POST /users/{user}/consents", s.guard(s.postConsents))
	mux.HandleFunc("PUT /contracts/{id}", s.guard(s.putContract))
	mux.HandleFunc("DELETE /contracts/{id}", s.guard(s.deleteContract))
	mux.HandleFunc("GET /contracts/{id}", s.guard(s.getContract))
	mux.HandleFunc("GET /metrics", s.guard(getMetrics))
	mux.HandleFunc("GET /{$}", s.guard(s.getPage))
	if s.world != nil {
		mux.HandleFunc("POST /emulator/clock", s.guard(s.world.postClock))
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// guard asks for the API token, and turns errors into answers.
func (s *service) guard(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.allowed(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="reminders"`)
			fail(w, http.StatusUnauthorized, "the API token is missing or wrong")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, longestBody)
		err := handle(w, r)
		var field *errcode.FieldError
		var bad *requestError
		switch {
		case err == nil:
		case errors.As(err, &bad):
			fail(w, bad.status, bad.text)
		case errors.As(err, &field):
			fail(w, http.StatusBadRequest, field.Field+": "+field.Reason)
		case errors.Is(err, errcode.UserAuthRequired):
			fail(w, http.StatusBadRequest, "the login code is void")
		default:
			slog.Error("request failed", "path", r.Pattern, "error", err)
			fail(w, http.StatusInternalServerError, "internal error")
		}
	}
}

// allowed takes the token from programs as a bearer token, and from browsers as the password.
func (s *service) allowed(r *http.Request) bool {
	_, token, basic := r.BasicAuth()
	if !basic {
		token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	return s.apiToken == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.apiToken)) == 1
}

// requestError is a mistake of the caller's.
type requestError struct {
	status int
	text   string
}

func (e *requestError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return &requestError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(what string) error { return &requestError{http.StatusNotFound, "no such " + what} }

func fail(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("an answer could not be written", "error", err)
	}
}

func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badRequest("the body: %v", err)
	}
	return nil
}

// postLogin takes the code of wx.login and links the OpenID with the user of this program. A real program takes
// the user from its own session.
func (s *service) postLogin(w http.ResponseWriter, r *http.Request) error {
	var in struct{ User, Code string }
	if err := read(r, &in); err != nil {
		return err
	}
	if in.User == "" { // before the code is used up
		return badRequest("user: empty")
	}
	session, err := s.login.Login(r.Context(), in.Code)
	if err != nil {
		return err
	}
	err = s.notifier.Ledger().Link(r.Context(), notify.Identity{
		AppID: s.mini.AppID(), OpenID: session.OpenID, UnionID: session.UnionID, User: in.User,
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// postConsents takes the result of wx.requestSubscribeMessage, which only the client sees where "always keep"
// is ticked.
func (s *service) postConsents(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest("the body: %v", err)
	}
	results, err := callback.ParseSubscribeResult(body)
	if err != nil {
		return badRequest("the body: %v", err)
	}
	reach, err := s.notifier.Ledger().Reach(r.Context(), r.PathValue("user"), s.mini.AppID())
	switch {
	case err != nil:
		return err
	case reach.OpenID == "":
		return notFound("user: has not logged in")
	}
	if err = s.notifier.Ledger().ClientResult(r.Context(), s.mini.AppID(), reach.OpenID, results); err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// putContract plans the reminders of a contract, and moves them when the contract is renewed.
func (s *service) putContract(w http.ResponseWriter, r *http.Request) error {
	var c contract
	if err := read(r, &c); err != nil {
		return err
	}
	reminder, err := s.reminder(r.PathValue("id"), &c)
	if err != nil {
		return err
	}
	if err := s.notifier.Plan(r.Context(), reminder); err != nil {
		return err
	}
	return s.getContract(w, r)
}

func (s *service) deleteContract(w http.ResponseWriter, r *http.Request) error {
	found, err := s.notifier.Cancel(r.Context(), keyOf(r))
	switch {
	case err != nil:
		return err
	case !found:
		return notFound("contract")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getContract tells what is planned for a contract and what happened.
func (s *service) getContract(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notifier.List(r.Context(), notify.Query{Key: keyOf(r)})
	switch {
	case err != nil:
		return err
	case len(list) == 0:
		return notFound("contract")
	}
	answer(w, http.StatusOK, list)
	return nil
}

func keyOf(r *http.Request) string { return "contract-" + r.PathValue("id") }

// outcomes counts what the notifier tells of, by door and state.
var outcomes = expvar.NewMap("reminders")

func observe(_ context.Context, e notify.OutcomeEvent) { outcomes.Add(e.Door+" "+string(e.State), 1) }

func getMetrics(w http.ResponseWriter, r *http.Request) error {
	expvar.Handler().ServeHTTP(w, r)
	return nil
}
