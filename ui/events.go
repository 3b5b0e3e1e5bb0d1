package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	heartbeat    = 20 * time.Second // between signs of life on a stream without events
	writeTimeout = 10 * time.Second // a client that takes longer to read an event loses its stream
)

// stream sends events to one client (https://html.spec.whatwg.org/multipage/server-sent-events.html). Any goroutine may
// send, until the handler returns.
type stream struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	cancel  context.CancelFunc
}

// send sends an event with the JSON of v. It blocks while the client does not read. After an error the stream's
// context has ended.
func (s *stream) send(event string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, raw))
}

func (s *stream) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // fails for recorders of tests, which never block
	_, err := s.w.Write([]byte(text))
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.cancel()
	}
	return err
}

// stream runs f for a client that follows events. An error that f returns after the beginning is an event "failed".
func (s *Server) stream(w http.ResponseWriter, r *http.Request, f func(*http.Request, *stream) error) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return fail(http.StatusServiceUnavailable, "shell.streams", "limit", maxStreams)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := &stream{w: w, control: http.NewResponseController(w), cancel: cancel}
	out.control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if err := out.write("retry: 2000\n\n"); err != nil {
		return nil
	}
	var beats sync.WaitGroup
	defer beats.Wait()
	defer cancel()
	beats.Go(func() {
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				out.write(":\n\n")
			}
		}
	})
	if err := f(r.WithContext(ctx), out); err != nil && ctx.Err() == nil {
		fl, ok := err.(*failure)
		if !ok {
			fl = &failure{Text: err.Error()}
		}
		out.send("failed", fl)
	}
	return nil
}
