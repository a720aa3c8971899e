package main

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

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
	mux.HandleFunc("GET /{$}", s.guard(s.getPage))
	return mux
}

// guard asks for the API token, and turns errors into answers.
func (s *service) guard(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.apiToken != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.apiToken)) != 1 {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, longestBody)
		err := handle(w, r)
		var field *errcode.FieldError
		switch {
		case err == nil:
		case errors.As(err, &field), errors.Is(err, errBadRequest), errors.Is(err, errcode.UserAuthRequired):
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			slog.Error("request failed", "path", r.Pattern, "error", err)
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	}
}

var errBadRequest = errors.New("bad request")

func read(r *http.Request, into any) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return errors.Join(errBadRequest, err)
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
		return errors.Join(errBadRequest, err)
	}
	results, err := callback.ParseSubscribeResult(body)
	if err != nil {
		return errors.Join(errBadRequest, err)
	}
	reach, err := s.notifier.Ledger().Reach(r.Context(), r.PathValue("user"), s.mini.AppID())
	if err != nil {
		return err
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
		return errors.Join(errBadRequest, err)
	}
	if err := s.notifier.Plan(r.Context(), reminder); err != nil {
		return err
	}
	return s.getContract(w, r)
}

func (s *service) deleteContract(w http.ResponseWriter, r *http.Request) error {
	found, err := s.notifier.Cancel(r.Context(), "contract-"+r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case !found:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// getContract tells what is planned for a contract and what happened.
func (s *service) getContract(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notifier.List(r.Context(), notify.Query{Key: "contract-" + r.PathValue("id")})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(list)
}
