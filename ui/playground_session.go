package ui

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Bounds of the playgrounds of a server.
const (
	maxPlaygrounds = 32
	keepPlayground = 10 * time.Minute // after the last stream that followed it ended
	idlePlayground = 30 * time.Minute // a training without a command for so long is paused
	trainSlice     = 4 * time.Millisecond
	frameInterval  = 50 * time.Millisecond
	// frameShare is the least ratio of the time between frames to the time that a frame takes: frames take at most 2%
	// of the training's time.
	frameShare = 50
	maxHistory = 600 // losses that a new stream is given
)

// playgrounds are the sessions of a server.
type playgrounds struct {
	log    *log.Logger
	mu     sync.Mutex
	all    map[string]*playground
	closed bool
}

func newPlaygrounds(l *log.Logger) *playgrounds {
	return &playgrounds{log: l, all: map[string]*playground{}}
}

// playground is a session: a goroutine that alone uses the trainer t and the fields below it. It trains while it plays
// and a stream follows it.
type playground struct {
	id       string
	log      *log.Logger
	commands chan func()
	ended    chan struct{} // closed by end
	end      func()

	mu       sync.Mutex
	watchers map[chan struct{}]bool // each gets an element after a change
	left     time.Time              // when the last stream ended
	forget   *time.Timer            // ends the session after that

	t       *trainer
	playing bool
	idle    bool      // it was paused because nobody sent a command
	speed   float64   // steps a second; 0 is as many as possible
	due     time.Time // of the next step
	touched time.Time // the last command
	round   int       // counts restarts, so that streams send the settings anew
	history [][3]number
	stride  int // steps between elements of history
}

// open starts a session. It ends the one that has gone unfollowed for the longest time if there are too many.
func (all *playgrounds) open(c settings) (*playground, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.closed {
		return nil, fail(http.StatusServiceUnavailable, "playground.gone")
	}
	if len(all.all) >= maxPlaygrounds {
		var oldest *playground
		var since time.Time
		for _, p := range all.all {
			p.mu.Lock()
			if len(p.watchers) == 0 && (oldest == nil || p.left.Before(since)) {
				oldest, since = p, p.left
			}
			p.mu.Unlock()
		}
		if oldest == nil {
			return nil, fail(http.StatusServiceUnavailable, "playground.full", "limit", maxPlaygrounds)
		}
		oldest.end()
		delete(all.all, oldest.id)
	}
	p := &playground{id: rand.Text(), log: all.log, commands: make(chan func()), ended: make(chan struct{}),
		watchers: map[chan struct{}]bool{}, left: time.Now(), touched: time.Now()}
	p.end = sync.OnceFunc(func() { close(p.ended) })
	p.forget = time.AfterFunc(keepPlayground, p.end)
	p.restart(c)
	all.all[p.id] = p
	go func() {
		defer func() {
			all.mu.Lock()
			delete(all.all, p.id)
			all.mu.Unlock()
			p.forget.Stop()
		}()
		p.run()
	}()
	return p, nil
}

// find returns a session by the id that open returned.
func (all *playgrounds) find(id string) (*playground, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	p := all.all[id]
	if p == nil {
		return nil, fail(http.StatusNotFound, "playground.gone")
	}
	return p, nil
}

func (all *playgrounds) close() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.closed = true
	for _, p := range all.all {
		p.end()
	}
}

// run carries out commands and trains until the session ends. A panic ends the session, not the process.
func (p *playground) run() {
	defer func() {
		if r := recover(); r != nil {
			p.log.Printf("playground: %v\n%s", r, debug.Stack())
		}
		p.end()
	}()
	for {
		var wait <-chan time.Time
		if p.playing && p.watched() {
			wait = time.After(p.train())
		}
		select {
		case <-p.ended:
			return
		case f := <-p.commands:
			f()
		case <-wait:
		}
	}
}

// train trains the steps that are due, for a short time, and returns how long the next is not due.
func (p *playground) train() time.Duration {
	begin := time.Now()
	if begin.Sub(p.touched) > idlePlayground {
		p.playing, p.idle = false, true
		p.changed()
		return 0
	}
	interval := time.Duration(0)
	if p.speed > 0 {
		interval = time.Duration(float64(time.Second) / p.speed)
	}
	trained := false
	for now := begin; now.Sub(begin) < trainSlice && !p.due.After(now); now = time.Now() {
		p.t.step()
		trained = true
		if p.due = p.due.Add(interval); interval == 0 || now.Sub(p.due) > 100*time.Millisecond {
			p.due = now.Add(interval) // steps that are late are not made up for
		}
	}
	if trained {
		p.changed()
	}
	return time.Until(p.due)
}

// do carries out f in the session's goroutine.
func (p *playground) do(ctx context.Context, f func()) error {
	done := make(chan struct{})
	command := func() {
		p.touched, p.idle = time.Now(), false
		f()
		p.changed()
		close(done)
	}
	return p.call(ctx, command, done)
}

// call hands f to the session's goroutine and waits until done is closed.
func (p *playground) call(ctx context.Context, f func(), done chan struct{}) error {
	select {
	case p.commands <- f:
	case <-p.ended:
		return fail(http.StatusGone, "playground.gone")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-p.ended:
		return fail(http.StatusGone, "playground.gone")
	}
}

// set takes settings, and begins anew if they are of another network.
func (p *playground) set(c settings) {
	if c.sameNetwork(&p.t.settings) {
		p.t.change(c)
		return
	}
	p.restart(c)
}

func (p *playground) restart(c settings) {
	p.t = newTrainer(c)
	p.history, p.stride = nil, 1
	p.round++
}

func (p *playground) watched() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers) > 0
}

// changed wakes the streams.
func (p *playground) changed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.watchers {
		select {
		case c <- struct{}{}:
		default: // it has not yet seen the last change
		}
	}
}

// setup is what a stream sends before the frames of a network.
type setup struct {
	Settings settings     `json:"settings"`
	Classes  bool         `json:"classes"`
	Trained  [][3]float64 `json:"trained"`
	Tested   [][3]float64 `json:"tested"`
	History  [][3]number  `json:"history"` // step and losses, at most maxHistory
}

// follow sends setup and frames until ctx or the session ends. Frames are dropped, not steps: a frame is computed only
// after the client has taken the one before, at most every 50 ms, and seldom enough to leave the training its time.
func (p *playground) follow(ctx context.Context, out *stream) error {
	change := make(chan struct{}, 1)
	p.mu.Lock()
	p.watchers[change] = true
	p.forget.Stop()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, change)
		if len(p.watchers) == 0 {
			p.left = time.Now()
			p.forget.Reset(keepPlayground)
		}
	}()
	round := 0
	for {
		begin := time.Now()
		var first *setup
		var f *frame
		var took time.Duration
		done := make(chan struct{})
		err := p.call(ctx, func() {
			defer close(done)
			begin := time.Now()
			f = p.t.frame()
			f.Playing, f.Idle = p.playing, p.idle
			p.remember(f)
			if round != p.round {
				round = p.round
				first = &setup{p.t.settings, p.t.classes, pointsOf(p.t.trained), pointsOf(p.t.tested), slices.Clone(p.history)}
			}
			took = time.Since(begin)
		}, done)
		if err != nil {
			return err
		}
		sent := time.Now()
		if first != nil {
			if err := out.send("setup", first); err != nil {
				return err
			}
		}
		if err := out.send("frame", f); err != nil {
			return err
		}
		took += time.Since(sent)
		select {
		case <-time.After(max(frameInterval, frameShare*took) - time.Since(begin)):
		case <-ctx.Done():
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return nil
		case <-p.ended:
			return fmt.Errorf("the playground ended")
		}
	}
}

// remember adds the losses of f to the history, whose elements become rarer as it grows.
func (p *playground) remember(f *frame) {
	if n := len(p.history); n > 0 && float64(f.Step) < float64(p.history[n-1][0])+float64(p.stride) {
		return
	}
	if len(p.history) >= maxHistory {
		half := p.history[:0]
		for i := 0; i < len(p.history); i += 2 {
			half = append(half, p.history[i])
		}
		p.history = half
		p.stride = max(p.stride, 1) * 2
	}
	p.history = append(p.history, [3]number{number(f.Step), f.Train, f.Test})
}
