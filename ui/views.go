package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
)

// views lists the views in the order of the navigation. The module of a view is assets/views/NAME.js, its dictionary
// assets/words/NAME.json. README.md says how to add one.
var views = []struct {
	name   string
	routes func(*Server, *routes)
}{
	{"runs", (*Server).runsRoutes},
	{"training", (*Server).trainingRoutes},
	{"tuning", (*Server).tuningRoutes},
	{"inside", (*Server).insideRoutes},
	{"attention", (*Server).attentionRoutes},
	{"playground", (*Server).playgroundRoutes},
	{"descent", (*Server).descentRoutes},
}

// routes registers what a view asks of the server, below /api/NAME/.
type routes struct {
	s      *Server
	mux    *http.ServeMux
	prefix string
}

// get replies to GET with the JSON of what f returns.
func (r *routes) get(path string, f func(*http.Request) (any, error)) {
	r.handle("GET", path, 0, reply(f))
}

// post replies to POST with the JSON of what f returns. The request's body is JSON, which f reads by decode.
func (r *routes) post(path string, f func(*http.Request) (any, error)) {
	r.handle("POST", path, maxBody, reply(f))
}

// upload is post with a body of any type and of at most limit bytes.
func (r *routes) upload(path string, limit int64, f func(*http.Request) (any, error)) {
	r.handle("POST", path, limit, reply(f))
}

// file calls f for GET; f writes the reply's type and body. It writes nothing if it returns an error.
func (r *routes) file(path string, f func(http.ResponseWriter, *http.Request) error) {
	r.handle("GET", path, 0, f)
}

// events calls f for GET; f sends events until it returns or the request's context ends.
func (r *routes) events(path string, f func(*http.Request, *stream) error) {
	r.handle("GET", path, 0, func(w http.ResponseWriter, req *http.Request) error { return r.s.stream(w, req, f) })
}

// handle registers f with the parts that all handlers have in common: the limit of the body, a context that ends with
// the server, and errors and panics as replies.
func (r *routes) handle(method, path string, limit int64, f func(http.ResponseWriter, *http.Request) error) {
	r.mux.HandleFunc(method+" "+r.prefix+path, func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		defer context.AfterFunc(r.s.ctx, cancel)()
		req = req.WithContext(ctx)
		req.Body = http.MaxBytesReader(w, req.Body, limit)
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				r.s.log.Printf("%s: %v\n%s", req.URL.Path, p, debug.Stack())
				writeError(w, fmt.Errorf("%v", p))
			}
		}()
		if err := f(w, req); err != nil && ctx.Err() == nil {
			writeError(w, err)
		}
	})
}

// reply returns the handler that writes what f returns as JSON; nil is {}.
func reply(f func(*http.Request) (any, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := f(r)
		if err != nil {
			return err
		}
		if v == nil {
			v = struct{}{}
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(raw)
		return err
	}
}

// decode reads the JSON of a request's body into v. Fields that v does not have are an error.
func decode(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return err
	}
	return &failure{Status: http.StatusBadRequest, Text: err.Error()}
}

// failure is an error whose reason the client sees in its language.
type failure struct {
	Status int            `json:"-"`
	Key    string         `json:"key,omitempty"`    // in the dictionary
	Values map[string]any `json:"values,omitempty"` // of the text
	Text   string         `json:"error"`            // in English, if there is no key
}

func (f *failure) Error() string {
	if f.Text != "" {
		return f.Text
	}
	return fmt.Sprint(f.Key, f.Values)
}

// fail returns an error whose text is key's in the dictionary, with values: name, value, name, value, …
func fail(status int, key string, values ...any) error {
	f := &failure{Status: status, Key: key, Values: map[string]any{}}
	for i := 0; i+1 < len(values); i += 2 {
		f.Values[values[i].(string)] = values[i+1]
	}
	return f
}

func writeError(w http.ResponseWriter, err error) {
	var f *failure
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &large):
		f = fail(http.StatusRequestEntityTooLarge, "shell.large", "limit", large.Limit).(*failure)
	default:
		f = &failure{Status: http.StatusInternalServerError, Text: err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	json.NewEncoder(w).Encode(f)
}
