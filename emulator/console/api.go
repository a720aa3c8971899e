package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/emulator"
)

const (
	apiPrefix = Prefix + "api"

	maxBody  = 16 << 20 // of a request to the control API; the largest hold files
	maxState = 1 << 30  // of a saved state
)

// apiError is an answer that says what is wrong.
type apiError struct {
	status int
	reason string
}

func (e *apiError) Error() string { return e.reason }

func badRequest(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &apiError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// request is a request to the control API, with the emulator that it is about.
type request struct {
	*http.Request

	wx *emulator.Server
	c  *Console
}

// handler answers with a value for JSON, or an error.
type handler func(*request) (any, error)

// tables hold the routes of the control API, by area.
var tables = []map[string]handler{
	stateRoutes, userRoutes, proofRoutes, appRoutes, setupRoutes, worldRoutes, trafficRoutes, askRoutes, exportRoutes,
	menuRoutes, cardRoutes, firstRoutes,
}

func (c *Console) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(Prefix, servePage())
	mux.HandleFunc("GET "+apiPrefix+"/events", c.stream)
	for _, table := range tables {
		for pattern, h := range table {
			method, path, _ := strings.Cut(pattern, " ")
			mux.HandleFunc(method+" "+apiPrefix+path, c.api(h))
		}
	}
	mux.HandleFunc(apiPrefix+"/", c.api(func(r *request) (any, error) {
		return nil, notFound("no %s %s in the control API", r.Method, r.URL.Path)
	}))
	return mux
}

// api makes an http.HandlerFunc of a handler.
func (c *Console) api(h handler) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		defer c.live.poke()
		out, err := sensible(h, &request{r, c.Server(), c})
		if err != nil {
			writeError(rw, err)
			return
		}
		if f, ok := out.(file); ok {
			f.writeTo(rw)
			return
		}
		writeJSON(rw, http.StatusOK, out)
	}
}

// sensible turns the panic of a verb that makes no sense into an answer.
func sensible(h handler, r *request) (out any, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *emulator.MisuseError:
			err = &apiError{http.StatusConflict, p.Reason}
		default:
			panic(p)
		}
	}()
	return h(r)
}

// file is an answer to be stored under a name.
type file struct {
	name, contentType string
	data              []byte
}

func (f file) writeTo(rw http.ResponseWriter) {
	rw.Header().Set("Content-Type", f.contentType)
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	_, _ = rw.Write(f.data) // the client may be gone
}

func writeError(rw http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if known := (*apiError)(nil); errors.As(err, &known) {
		status = known.status
	}
	writeJSON(rw, status, map[string]string{"error": err.Error()})
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(encode(v), '\n')) // the client may be gone
}

// encode writes JSON without the escapes for HTML, which nobody needs here.
func encode(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // what is answered can be written
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// readJSON reads the request's body, which must say that it is JSON: a page of another site cannot send
// that.
func readJSON(r *request, limit int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &apiError{http.StatusUnsupportedMediaType, "want Content-Type: application/json"}
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if err != nil {
		return nil, &apiError{http.StatusRequestEntityTooLarge, err.Error()}
	}
	return data, nil
}

// body reads the request's JSON into a value.
func body[T any](r *request) (*T, error) {
	data, err := readJSON(r, maxBody)
	if err != nil {
		return nil, err
	}
	in := new(T)
	if err := decodeStrict(data, in); err != nil {
		return nil, badRequest("%v", err)
	}
	return in, nil
}

// number reads a number of the query.
func (r *request) number(name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badRequest("%s: want a number", name)
	}
	return n, nil
}

// page reads the query of a list: behind which number, and how many at most.
func (r *request) page() (after, limit int, err error) {
	if after, err = r.number("after", 0); err != nil {
		return 0, 0, err
	}
	limit, err = r.number("limit", 100)
	return after, min(limit, 10_000), err
}

func (r *request) user(name string) (*emulator.User, error) {
	if u := r.wx.FindUser(name); u != nil {
		return u, nil
	}
	return nil, notFound("no user %q", name)
}

func (r *request) app(appID string) (*emulator.App, error) {
	if a := r.wx.App(appID); a != nil {
		return a, nil
	}
	return nil, notFound("no account %q", appID)
}
