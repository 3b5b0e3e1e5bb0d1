package ui

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func settingsOf(edit func(*settings)) settings {
	c := defaultSettings()
	if edit != nil {
		edit(&c)
	}
	return c
}

// TestPlaygroundLearns trains each set of data with settings that solve it.
func TestPlaygroundLearns(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*settings)
		steps int
		loss  float64
	}{
		{"circle", nil, 3000, 0.05},
		{"xor", func(c *settings) { c.Data = "xor"; c.Inputs = []string{"xy"}; c.Hidden = nil }, 2000, 0.05},
		{"gauss", func(c *settings) { c.Data = "gauss"; c.Hidden = nil; c.Loss = "mse" }, 1000, 0.02},
		{"spiral", func(c *settings) {
			c.Data, c.Hidden, c.Optimizer, c.Rate = "spiral", []int{8, 8}, "adam", 0.01
			c.Inputs = []string{"x", "y", "sinx", "siny"}
		}, 6000, 0.1},
		{"plane", func(c *settings) { c.Data, c.Loss, c.Hidden, c.Rate = "plane", "mse", nil, 0.01 }, 1000, 0.001},
		{"hills", func(c *settings) {
			c.Data, c.Loss, c.Hidden, c.Optimizer, c.Rate = "hills", "mse", []int{8, 8}, "adam", 0.01
		}, 6000, 0.03},
	} {
		s := settingsOf(c.edit)
		if err := s.check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		p := newTrainer(s)
		before := p.frame()
		for range c.steps {
			p.step()
		}
		if after := p.frame(); !(float64(after.Test) < c.loss && after.Test < before.Test) {
			t.Errorf("%s: the test loss is %.3f after %d steps, %.3f before; want below %g",
				c.name, after.Test, c.steps, before.Test, c.loss)
		}
	}
}

// TestPlaygroundRepeats checks that the seed decides all numbers, dropout's too.
func TestPlaygroundRepeats(t *testing.T) {
	run := func(seed uint64) *frame {
		p := newTrainer(settingsOf(func(c *settings) { c.Dropout, c.Noise, c.Optimizer, c.Seed = 0.2, 0.2, "rmsprop", seed }))
		for range 50 {
			p.step()
		}
		return p.frame()
	}
	a, b, other := run(3), run(3), run(4)
	if a.Surface != b.Surface || a.Test != b.Test || !slices.Equal(a.Weights[0], b.Weights[0]) {
		t.Error("two runs with seed 3 differ")
	}
	if a.Test == other.Test {
		t.Error("seeds 3 and 4 give the same loss")
	}
}

// TestPlaygroundEpoch checks the batches of an epoch, of which the last is smaller.
func TestPlaygroundEpoch(t *testing.T) {
	p := newTrainer(settingsOf(func(c *settings) { c.Batch, c.Train = 30, 0.5 }))
	p.epoch()
	if p.steps != 7 || math.Abs(p.epochs-1) > 1e-9 {
		t.Errorf("%d steps, %g epochs; want 7 and 1", p.steps, p.epochs)
	}
	p.step()
	p.epoch()
	if p.steps != 14 || math.Abs(p.epochs-2) > 1e-9 {
		t.Errorf("%d steps, %g epochs; want 14 and 2", p.steps, p.epochs)
	}
}

func TestPlaygroundStepAllocatesNothing(t *testing.T) {
	p := newTrainer(settingsOf(nil))
	for range 100 {
		p.step()
	}
	if n := testing.AllocsPerRun(100, p.step); n > 0 {
		t.Errorf("a step allocates %g times", n)
	}
}

func TestFrame(t *testing.T) {
	p := newTrainer(settingsOf(func(c *settings) { c.Hidden = []int{3, 2}; c.Activation = "relu" }))
	f := p.frame()
	raw, err := base64.StdEncoding.DecodeString(f.Surface)
	if err != nil {
		t.Fatal(err)
	}
	if want := 5*gridSize*gridSize/4 + gridSize*gridSize; len(raw) != want || len(f.Scales) != 6 {
		t.Errorf("%d bytes and %d scales, want %d and 6", len(raw), len(f.Scales), want)
	}
	// The first neuron's surface at the cell of row 3 and column 5.
	w, b := f.Weights[0], f.Biases[0]
	z := float64(w[0])*gridPoint(10) + float64(w[1])*-gridPoint(6) + float64(b[0])
	got := float64(int8(raw[3*gridSize/2+5])) / 127 * float64(f.Scales[0])
	if want := max(z, 0); math.Abs(got-want) > float64(f.Scales[0])/127 {
		t.Errorf("the first neuron is %g at row 3 and column 5, want %g", got, want)
	}
	p.net.Out.Bias.Data().FillInPlace(math.NaN())
	if text, err := json.Marshal(p.frame()); err != nil || !json.Valid(text) {
		t.Errorf("with NaN: %v, %.100s", err, text)
	}
}

// TestTrace compares the numbers of the step mode with their formulas, for every loss, optimizer and activation.
func TestTrace(t *testing.T) {
	close := func(t *testing.T, what string, got number, want float64) {
		t.Helper()
		if !(math.Abs(float64(got)-want) <= 2e-5*(1+math.Abs(want))) {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	sigmoid := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	slope := map[string]func(z float64) float64{
		"tanh":    func(z float64) float64 { return 1 - math.Tanh(z)*math.Tanh(z) },
		"sigmoid": func(z float64) float64 { return sigmoid(z) * (1 - sigmoid(z)) },
		"relu": func(z float64) float64 {
			if z > 0 {
				return 1
			}
			return 0
		},
	}
	for _, c := range []struct{ data, loss, activation string }{
		{"circle", "cross-entropy", "tanh"}, {"circle", "mse", "relu"}, {"plane", "mse", "sigmoid"}, {"hills", "l1", "tanh"},
	} {
		t.Run(c.data+" "+c.loss, func(t *testing.T) {
			s := settingsOf(func(s *settings) {
				s.Data, s.Loss, s.Activation, s.Hidden = c.data, c.loss, c.activation, []int{3, 2}
			})
			p := newTrainer(s)
			for range 20 {
				p.step()
			}
			r := p.trace(5)
			below := r.Inputs
			for l, layer := range r.Layers {
				for j := range layer.Z {
					z := float64(layer.Biases[j])
					for i, a := range below {
						w := layer.Weights[j*len(below)+i]
						z += float64(a * w)
						close(t, "∂L/∂ω", layer.DWeights[j*len(below)+i], float64(a*layer.DZ[j]))
						close(t, "the new ω", layer.NewW[j*len(below)+i], float64(w)-s.Rate*float64(layer.DWeights[j*len(below)+i]))
					}
					close(t, "z", layer.Z[j], z)
					close(t, "∂L/∂b", layer.DBiases[j], float64(layer.DZ[j]))
					if l+1 < len(r.Layers) {
						up := r.Layers[l+1]
						sum := 0.0
						for k, d := range up.DZ {
							sum += float64(up.Weights[k*len(layer.Z)+j] * d)
						}
						close(t, "∂L/∂a", layer.DA[j], sum)
						close(t, "∂L/∂z", layer.DZ[j], float64(layer.DA[j])*slope[c.activation](float64(layer.Z[j])))
					}
				}
				below = layer.A
			}
			z, y := float64(r.Layers[2].Z[0]), r.Sample[2]
			out := z
			if p.classes {
				out = sigmoid(z)
			}
			close(t, "y′", r.Output, out)
			switch c.loss {
			case "cross-entropy":
				close(t, "L", r.Loss, -(y*math.Log(out) + (1-y)*math.Log(1-out)))
				close(t, "∂L/∂y′", r.DOutput, (out-y)/(out*(1-out)))
				close(t, "∂L/∂z", r.Layers[2].DZ[0], out-y)
			case "mse":
				close(t, "L", r.Loss, (out-y)*(out-y))
				close(t, "∂L/∂y′", r.DOutput, 2*(out-y))
			case "l1":
				close(t, "L", r.Loss, math.Abs(out-y))
			}
			if r.After >= r.Loss {
				t.Errorf("the loss is %g after the step, %g before", r.After, r.Loss)
			}
		})
	}
}

func TestTraceDropout(t *testing.T) {
	p := newTrainer(settingsOf(func(c *settings) { c.Dropout, c.Hidden = 0.5, []int{8, 8} }))
	dropped, kept := 0, 0
	for i := range 10 {
		for _, layer := range p.trace(i).Layers[:2] {
			for j, k := range layer.Keep {
				want := number(math.Tanh(float64(layer.Z[j]))) * k
				if math.Abs(float64(layer.A[j]-want)) > 1e-5 {
					t.Errorf("a is %g, want %g", layer.A[j], want)
				}
				if k == 0 {
					dropped++
				} else {
					kept++
				}
			}
		}
	}
	if dropped < 40 || kept < 40 {
		t.Errorf("%d neurons dropped, %d kept", dropped, kept)
	}
	// The losses before and after the step are compared with the same neurons.
	p = newTrainer(settingsOf(func(c *settings) { c.Dropout, c.Hidden, c.Rate = 0.5, []int{8, 8}, 1e-6 }))
	for i := range 10 {
		if r := p.trace(i); math.Abs(float64(r.After-r.Before)) > 1e-4 {
			t.Errorf("a tiny step changes the loss from %v to %v", r.Before, r.After)
		}
	}
}

// TestPlaygroundSession follows a session through its life.
func TestPlaygroundSession(t *testing.T) {
	_, url := serving(t, Config{})
	id := openPlayground(t, url, `{"seed":7}`)
	do := func(path, body string) {
		t.Helper()
		if status, reply := ask(t, "POST", url+"/api/playground/"+path+"/"+id, body, nil); status != 200 {
			t.Fatalf("%s %s: status %d, %s", path, body, status, reply)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	next := events(t, ctx, url+"/api/playground/follow/"+id)
	name, data := next()
	var first setup
	if err := json.Unmarshal(data, &first); name != "setup" || err != nil {
		t.Fatalf("the first event is %s, %v, %.200s", name, err, data)
	}
	if first.Settings.Seed != 7 || len(first.Trained) != 200 || len(first.Tested) != 200 {
		t.Errorf("seed %d, %d and %d samples", first.Settings.Seed, len(first.Trained), len(first.Tested))
	}
	until := func(what string, f func(*frame) bool) {
		t.Helper()
		for range 200 {
			name, data := next()
			if name == "" {
				break
			}
			var got frame
			if name == "frame" {
				if err := json.Unmarshal(data, &got); err != nil {
					t.Fatal(err)
				}
				if f(&got) {
					return
				}
			}
		}
		t.Fatalf("no frame with %s", what)
	}
	until("step 0", func(f *frame) bool { return f.Step == 0 && !f.Playing })
	do("do", `{"action":"step"}`)
	until("step 1", func(f *frame) bool { return f.Step == 1 })
	do("do", `{"action":"epoch"}`)
	until("step 20", func(f *frame) bool { return f.Step == 20 })
	do("do", `{"action":"play","speed":1000}`)
	until("step 200", func(f *frame) bool { return f.Step > 200 && f.Playing })
	do("set", `{"seed":7,"rate":0.01}`) // the network stays
	until("a later step", func(f *frame) bool { return f.Step > 300 })
	do("do", `{"action":"pause"}`)
	until("a pause", func(f *frame) bool { return !f.Playing })
	do("set", `{"seed":7,"hidden":[5]}`)
	for {
		if name, data = next(); name != "frame" {
			break
		}
	}
	if err := json.Unmarshal(data, &first); name != "setup" || err != nil || len(first.Settings.Hidden) != 1 {
		t.Fatalf("after another network: %s, %.200s", name, data)
	}
	until("step 0", func(f *frame) bool { return f.Step == 0 && len(f.Weights) == 2 })
	if status, _ := ask(t, "POST", url+"/api/playground/do/"+id, `{"action":"dance"}`, nil); status != 400 {
		t.Errorf("an unknown action: status %d", status)
	}
}

// counter is a client that counts what it is sent.
type counter struct {
	header http.Header
	writes atomic.Int32
}

func (c *counter) Header() http.Header         { return c.header }
func (c *counter) WriteHeader(int)             {}
func (c *counter) Flush()                      {}
func (c *counter) Write(b []byte) (int, error) { c.writes.Add(1); return len(b), nil }

// TestPausedSendsNothing checks that a stream sends frames only after changes.
func TestPausedSendsNothing(t *testing.T) {
	all, _ := sessions(t)
	p, err := all.open(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	client := &counter{header: http.Header{}}
	var following sync.WaitGroup
	following.Go(func() {
		p.follow(ctx, &stream{w: client, control: http.NewResponseController(client), cancel: cancel})
	})
	defer following.Wait()
	defer cancel()
	eventually(t, "setup and a frame", func() bool { return client.writes.Load() == 2 })
	time.Sleep(300 * time.Millisecond)
	if n := client.writes.Load(); n != 2 {
		t.Errorf("%d events without a change, want 2", n)
	}
	p.do(ctx, func() { p.t.step() })
	eventually(t, "a frame", func() bool { return client.writes.Load() == 3 })
}

// sessions returns playgrounds for a test, and a function that reads a number of a session in its goroutine.
func sessions(t *testing.T) (*playgrounds, func(*playground, func() int) int) {
	all := newPlaygrounds(log.New(io.Discard, "", 0))
	t.Cleanup(all.close)
	return all, func(p *playground, f func() int) (n int) {
		t.Helper()
		done := make(chan struct{})
		if err := p.call(context.Background(), func() { n = f(); close(done) }, done); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// watch makes p believe that a stream follows it, which never takes a frame.
func watch(p *playground) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers[make(chan struct{}, 1)] = true
	p.forget.Stop()
}

// TestFramesAreDropped checks that the training does not wait for a client that takes no frames, and that it stops
// without one.
func TestFramesAreDropped(t *testing.T) {
	all, read := sessions(t)
	p, err := all.open(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	play := func() { p.playing, p.speed, p.due = true, 0, time.Now() }
	if err := p.do(context.Background(), play); err != nil {
		t.Fatal(err)
	}
	steps := func() int { return read(p, func() int { return p.t.steps }) }
	time.Sleep(20 * time.Millisecond)
	if n := steps(); n != 0 {
		t.Errorf("%d steps without a stream", n)
	}
	watch(p)
	p.do(context.Background(), play)
	eventually(t, "500 steps", func() bool { return steps() > 500 })
}

func TestPlaygroundSpeed(t *testing.T) {
	all, read := sessions(t)
	p, err := all.open(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	watch(p)
	begin, n := time.Now(), 0
	p.do(context.Background(), func() { p.playing, p.speed, p.due = true, 100, begin })
	eventually(t, "30 steps", func() bool {
		n = read(p, func() int { return p.t.steps })
		return n >= 30
	})
	if most := int(time.Since(begin).Seconds()*100) + 2; n > most {
		t.Errorf("%d steps in %v, want at most %d", n, time.Since(begin), most)
	}
}

// TestPlaygroundIdles checks that a training pauses if nobody sends a command for long.
func TestPlaygroundIdles(t *testing.T) {
	all, read := sessions(t)
	p, err := all.open(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	watch(p)
	p.do(context.Background(), func() {
		p.playing, p.due, p.touched = true, time.Now(), time.Now().Add(-2*idlePlayground)
	})
	eventually(t, "the pause", func() bool {
		return read(p, func() int {
			if p.idle && !p.playing {
				return 1
			}
			return 0
		}) == 1
	})
}

// TestPlaygroundsAreBounded checks that sessions without a stream make room, and that those with one do not.
func TestPlaygroundsAreBounded(t *testing.T) {
	all, _ := sessions(t)
	var opened []*playground
	for range maxPlaygrounds + 5 {
		p, err := all.open(defaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, p)
	}
	all.mu.Lock()
	n := len(all.all)
	all.mu.Unlock()
	if n != maxPlaygrounds {
		t.Errorf("%d sessions, want %d", n, maxPlaygrounds)
	}
	for i, p := range opened {
		if _, err := all.find(p.id); (err != nil) != (i < 5) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	for _, p := range opened[5:] {
		watch(p)
	}
	if _, err := all.open(defaultSettings()); err == nil {
		t.Error("one session more than the limit, though all are followed")
	}
	opened[5].end()
	eventually(t, "the end of a session", func() bool { _, err := all.find(opened[5].id); return err != nil })
	if _, err := all.open(defaultSettings()); err != nil {
		t.Error(err)
	}
}

// TestPlaygroundsEnd checks that sessions end by themselves, by a panic, and with the server.
func TestPlaygroundsEnd(t *testing.T) {
	all, _ := sessions(t)
	open := func() *playground {
		p, err := all.open(defaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	gone := func(p *playground) func() bool {
		return func() bool { _, err := all.find(p.id); return err != nil }
	}
	p := open()
	p.forget.Reset(time.Millisecond)
	eventually(t, "an unfollowed session ends", gone(p))
	if err := p.do(context.Background(), func() {}); err == nil {
		t.Error("a command to a session that ended succeeded")
	}
	p = open()
	if err := p.do(context.Background(), func() { panic("a fault") }); err == nil {
		t.Error("a command that panicked succeeded")
	}
	eventually(t, "a session that panicked ends", gone(p))
	p = open()
	all.close()
	eventually(t, "a session ends with the server", gone(p))
	if _, err := all.open(defaultSettings()); err == nil {
		t.Error("a session opened after the end of the server")
	}
}

func BenchmarkPlaygroundStep(b *testing.B) {
	p := newTrainer(defaultSettings())
	for b.Loop() {
		p.step()
	}
}

func BenchmarkPlaygroundFrame(b *testing.B) {
	p := newTrainer(defaultSettings())
	for b.Loop() {
		p.frame()
	}
}

// BenchmarkPlaygroundClient reports the steps a second of a training at full speed, alone and with one client that
// follows it.
func BenchmarkPlaygroundClient(b *testing.B) {
	for _, followed := range []bool{false, true} {
		b.Run(fmt.Sprintf("followed=%v", followed), func(b *testing.B) {
			all := newPlaygrounds(log.New(io.Discard, "", 0))
			defer all.close()
			for b.Loop() {
				p, err := all.open(defaultSettings())
				if err != nil {
					b.Fatal(err)
				}
				watch(p)
				ctx, cancel := context.WithCancel(b.Context())
				var following sync.WaitGroup
				if followed {
					reply := httptest.NewRecorder()
					out := &stream{w: reply, control: http.NewResponseController(reply), cancel: cancel}
					following.Go(func() { p.follow(ctx, out) })
				}
				steps := 0
				p.do(ctx, func() { p.playing, p.due = true, time.Now() })
				begin := time.Now()
				time.Sleep(time.Second)
				p.do(ctx, func() { steps = p.t.steps; p.playing = false })
				b.ReportMetric(float64(steps)/time.Since(begin).Seconds(), "steps/s")
				cancel()
				following.Wait()
				p.end()
			}
		})
	}
}

// FuzzSettings checks that settings are refused, or trained without a panic and shown as JSON.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"data":"spiral","hidden":[8,8],"inputs":["x","siny"],"optimizer":"adam","rate":10,"dropout":0.9,"batch":100}`))
	f.Add([]byte(`{"data":"hills","loss":"l1","hidden":[],"activation":"elu","train":0.9,"noise":0.5,"decay":1,"seed":4294967295}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := defaultSettings()
		if decode(httptest.NewRequest("POST", "/", bytes.NewReader(raw)), &c) != nil || c.check() != nil {
			return
		}
		p := newTrainer(c)
		for range 3 {
			p.step()
		}
		if _, err := json.Marshal(p.trace(len(raw))); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(p.frame()); err != nil {
			t.Error(err)
		}
	})
}
