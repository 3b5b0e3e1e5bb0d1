package ui

import (
	"net/http"
	"time"
)

// The view Playground: a small network learns two-dimensional data, trained by the engine in a goroutine of its own. A
// page opens a session, follows its frames and sends commands. The page draws; it computes nothing of the network.

func (s *Server) playgroundRoutes(r *routes) {
	all := newPlaygrounds(s.log)
	s.closers = append(s.closers, all.close)

	r.get("choices", func(*http.Request) (any, error) { return choices(), nil })
	r.post("open", func(req *http.Request) (any, error) {
		c := defaultSettings()
		if err := decode(req, &c); err != nil {
			return nil, err
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		p, err := all.open(c)
		if err != nil {
			return nil, err
		}
		return map[string]any{"id": p.id}, nil
	})
	r.events("follow/{id}", func(req *http.Request, out *stream) error {
		p, err := all.find(req.PathValue("id"))
		if err != nil {
			return err
		}
		return p.follow(req.Context(), out)
	})
	// set changes the settings. The network begins anew if it is another one.
	r.post("set/{id}", func(req *http.Request) (any, error) {
		p, err := all.find(req.PathValue("id"))
		if err != nil {
			return nil, err
		}
		c := defaultSettings()
		if err := decode(req, &c); err != nil {
			return nil, err
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		return nil, p.do(req.Context(), func() { p.set(c) })
	})
	// do carries out a command.
	r.post("do/{id}", func(req *http.Request) (any, error) {
		p, err := all.find(req.PathValue("id"))
		if err != nil {
			return nil, err
		}
		var c struct {
			Action string  `json:"action"`
			Speed  float64 `json:"speed"`  // of play: steps a second, 0 as many as possible
			Sample int     `json:"sample"` // of trace
		}
		if err := decode(req, &c); err != nil {
			return nil, err
		}
		if !(c.Speed >= 0 && c.Speed <= 1e6) || c.Sample < 0 {
			return nil, fail(http.StatusBadRequest, "playground.bad", "key", "speed", "value", c.Speed)
		}
		var reply any
		command, ok := map[string]func(){
			"play":  func() { p.playing, p.speed, p.due = true, c.Speed, time.Now() },
			"pause": func() { p.playing = false },
			"step":  func() { p.playing = false; p.t.step() },
			"epoch": func() { p.playing = false; p.t.epoch() },
			"reset": func() { p.playing = false; p.restart(p.t.settings) },
			"trace": func() { p.playing = false; reply = p.t.trace(c.Sample) },
		}[c.Action]
		if !ok {
			return nil, fail(http.StatusBadRequest, "playground.bad", "key", "action", "value", c.Action)
		}
		if err := p.do(req.Context(), command); err != nil { // perhaps while the session still carries it out
			return nil, err
		}
		return reply, nil
	})
}
