package tune

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func open(t *testing.T, path string, c Config) *Study {
	t.Helper()
	if c.Space == nil {
		c.Space = spaceOf(t, "x=-5.0..5", "o=a,b")
	}
	s, err := Open(path, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func number(v Values, name string) float64 {
	x, err := strconv.ParseFloat(v[name], 64)
	if err != nil {
		panic(err)
	}
	return x
}

func parabola(_ context.Context, a *Attempt) (float64, error) {
	x := number(a.Values, "x")
	return x * x, nil
}

func values(t *testing.T, path string) (all []string) {
	t.Helper()
	_, trials, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		all = append(all, fmt.Sprint(trial.Number, trial.Values, trial.State, trial.Value, trial.Reports))
	}
	return all
}

// TestContinued cuts a search's file at many bytes, as a kill may: continued, it makes the same trials.
func TestContinued(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	c := Config{Seed: 3, Halving: &Halving{}}
	train := func(_ context.Context, a *Attempt) (float64, error) {
		x := number(a.Values, "x")
		for epoch := 1; epoch <= 4; epoch++ {
			if stop, err := a.Report(epoch, x*x/float64(epoch)); err != nil {
				return 0, err
			} else if stop {
				return 0, ErrPruned
			}
		}
		return x * x / 4, nil
	}
	s := open(t, whole, c)
	if err := s.Run(t.Context(), 14, 1, train); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := values(t, whole)
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(content); n += 1 + n*7%311 {
		path := filepath.Join(dir, "cut")
		if err := os.WriteFile(path, content[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		s := open(t, path, c)
		if err := s.Run(t.Context(), 14, 1, train); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := values(t, path); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d:\n got %v\nwant %v", n, got, want)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestStates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study")
	s := open(t, path, Config{Seed: 1})
	ctx, stop := context.WithCancelCause(t.Context())
	cancel := func() { stop(errors.New("a signal")) }
	err := s.Run(ctx, 10, 1, func(ctx context.Context, a *Attempt) (float64, error) {
		switch a.Number {
		case 0:
			return 1.5, nil
		case 1:
			_, err := a.Report(1, math.NaN())
			return 0, err
		case 2:
			return math.Inf(1), nil
		case 3:
			if _, err := a.Report(1, 7); err != nil {
				return 0, err
			}
			return 0, fmt.Errorf("wrapped: %w", ErrPruned)
		}
		if _, err := a.Report(1, 3); err != nil {
			return 0, err
		}
		cancel()
		return 0, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	trials, err := s.Trials()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, trial := range trials {
		got = append(got, fmt.Sprint(trial.State, " ", trial.Value, " ", trial.Error))
	}
	want := []string{"complete 1.5 ", "failed 0 the measure of epoch 1 is NaN", "failed 0 the trial's value is +Inf",
		"pruned 7 ", "running 0 "}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// The interrupted trial is continued with its reports; reporting the first epoch again changes nothing.
	err = s.Run(t.Context(), 5, 1, func(_ context.Context, a *Attempt) (float64, error) {
		if !a.Continued || a.Number != 4 || len(a.Reports) != 1 {
			t.Errorf("%+v", a)
		}
		for epoch := 1; epoch <= 2; epoch++ {
			if _, err := a.Report(epoch, 3); err != nil {
				return 0, err
			}
		}
		if _, err := a.Report(4, 3); err == nil {
			t.Error("no error for epoch 4 after epoch 2")
		}
		return 3, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, trials, err = Read(path)
	if err != nil || len(trials[4].Reports) != 2 || trials[4].State != Complete {
		t.Errorf("%+v, %v", trials[4], err)
	}
	if order := Rank(trials, false); order[0].Number != 0 || order[1].Number != 4 || order[2].Number != 3 {
		t.Errorf("ranked %+v", order)
	}
	table := Leaderboard(spaceOf(t, "x=-5.0..5", "o=a,b"), trials, false, 3)
	if lines := strings.Split(table, "\n"); len(lines) != 5 || !strings.HasPrefix(lines[1], "1     0      1.5    0       complete") ||
		!strings.HasPrefix(lines[2], "2     4 ") || !strings.HasPrefix(lines[3], "-     3 ") {
		t.Errorf("leaderboard\n%s", table)
	}
}

func TestFailures(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "study"), Config{})
	defer s.Close()
	n := 0
	err := s.Run(t.Context(), 10, 1, func(context.Context, *Attempt) (float64, error) { n++; return 0, errors.New("no such column") })
	if n != 3 || err == nil || !strings.Contains(err.Error(), "the first 3 trials failed; the last: no such column") {
		t.Errorf("%d trials, %v", n, err)
	}
}

// fixed is a sampler of one's own.
type fixed Values

func (f fixed) Suggest(Space, []Trial, *rand.Rand) Values { return Values(f) }

// TestWrongSampler runs samplers whose values do not fit the space: the study's file stays readable.
func TestWrongSampler(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study")
	s := open(t, path, Config{})
	if err := s.Run(t.Context(), 1, 1, parabola); err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]Values{"o=a,b": {"x": "1.0"}, "its range -5..5.0": {"x": "9", "o": "a"},
		"not searched": {"x": "1.0", "o": "a", "y": "1"}, "map[]": nil} {
		s.config.Sampler = fixed(v)
		err := s.Run(t.Context(), 2, 1, parabola)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "sampler tune.fixed") {
			t.Errorf("%v: error %v, want %s", v, err, want)
		}
	}
	if got := values(t, path); len(got) != 1 {
		t.Errorf("the file has %q", got)
	}
	s.config.Sampler = fixed{"x": "2.0", "o": "b"}
	if err := errors.Join(s.Run(t.Context(), 2, 1, parabola), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestParallel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study")
	studies := []*Study{open(t, path, Config{Seed: 5}), open(t, path, Config{Seed: 5})}
	var running, most atomic.Int32
	errs := make(chan error)
	for _, s := range studies {
		go func() {
			errs <- s.Run(t.Context(), 40, 3, func(ctx context.Context, a *Attempt) (float64, error) {
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Millisecond)
				running.Add(-1)
				return parabola(ctx, a)
			})
		}()
	}
	for range studies {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range studies {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, trials, err := Read(path)
	if err != nil || len(trials) != 40 {
		t.Fatalf("%d trials, %v", len(trials), err)
	}
	for _, trial := range trials {
		if trial.State != Complete {
			t.Errorf("%+v", trial)
		}
	}
	if most.Load() < 2 {
		t.Error("no two trials ran at a time")
	}
}

func TestOpenErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study")
	if err := open(t, path, Config{Seed: 1}).Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		c    Config
		want string
	}{
		{Config{Space: spaceOf(t, "y=1..2"), Seed: 1}, "searches x=-5..5.0; o=a,b, not y=1..2"},
		{Config{Space: spaceOf(t, "x=-5.0..5", "o=a,b"), Seed: 2}, "the seed 1, not 2"},
		{Config{Space: spaceOf(t, "x=-5.0..5", "o=a,b"), Seed: 1, Maximize: true}, "opposite goal"},
		{Config{}, "no parameter"},
	} {
		if s, err := Open(path, test.c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v; want %q", err, test.want)
			s.Close()
		}
	}
	head, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"what\n": "study:2: the line is no event",
		`{"trial":1,"worker":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","values":{"x":"1","o":"a"}}` + "\n": "trial 1 has not begun",
		`{"trial":0,"worker":"../../etc/passwd","values":{"x":"1","o":"a"}}` + "\n":           "is no worker",
		`{"trial":0,"worker":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","values":{"x":"7","o":"a"}}` + "\n": "not in its range",
		`{"trial":0,"worker":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","values":{"x":"1"}}` + "\n":         "do not fit",
		`{"trial":0,"values":{"x":"1","o":"a","z":"1"}}` + "\n":                               "not searched",
		`{"trial":0,"values":{"x":"1","o":"a"}}` + "\n" + `{"trial":0,"epoch":2,"value":1}` +
			"\n": "study:3: trial 0 reports epoch 2 after epoch 0",
		strings.Repeat("x", maxLine+2): "a line of more than",
	} {
		if err := os.WriteFile(path, append(bytes.Clone(head), line...), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v; want %q", line, err, want)
		}
	}
	for _, text := range []string{"a,b\n1,2\n", "{}\n", "{\"study\":0}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), "study:1: the file is no study: ") ||
			strings.Contains(err.Error(), "nil") {
			t.Errorf("%v", err)
		}
	}
}

func FuzzRead(f *testing.F) {
	head := `{"study":1,"space":["x=-5..5.0","o=a,b"],"seed":1}` + "\n"
	f.Add([]byte(head + `{"trial":0,"worker":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","values":{"x":"1","o":"a"}}` + "\n" +
		`{"trial":0,"epoch":1,"value":1}` + "\n" + `{"trial":0,"end":"pruned"}` + "\n"))
	f.Add([]byte(head + `{"trial":0,"values":{"x":"1","o":"a"}}` + "\n" + `{"trial":0,"end":"failed","error":"e"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		j := journal{path: "study"}
		if _, err := j.read(bytes.NewReader(b)); err != nil {
			return
		}
		if j.offset > int64(len(b)) {
			t.Errorf("read %d of %d bytes", j.offset, len(b))
		}
		for _, trial := range Rank(j.trials, true) {
			if err := j.space.contains(trial.Values); err != nil {
				t.Error(err)
			}
		}
		Leaderboard(j.space, j.trials, false, 10)
	})
}

const searchPath = "LAMINA_TEST_STUDY"

// TestMain lets the test program act as a process that searches until it is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(searchPath)
	if path == "" {
		os.Exit(m.Run())
	}
	space := Space{{Name: "x", Low: -5, High: 5}, {Name: "o", Choices: []string{"a", "b"}}}
	s, err := Open(path, Config{Space: space, Seed: 11})
	if err == nil {
		err = s.Run(context.Background(), killedTrials, 1, func(ctx context.Context, a *Attempt) (float64, error) {
			x := number(a.Values, "x")
			for epoch := 1; epoch <= 3; epoch++ {
				time.Sleep(time.Millisecond)
				if _, err := a.Report(epoch, x*x+1/float64(epoch)); err != nil {
					return 0, err
				}
			}
			return x * x, nil
		})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

const killedTrials = 40

// TestKilled kills processes that search, at random moments, until the study is complete: it has the trials of an
// uninterrupted one.
func TestKilled(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	start := func(name string) *exec.Cmd {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), searchPath+"="+filepath.Join(dir, name),
			"GORACE=atexit_sleep_ms=0") // the race detector waits a second
		return cmd
	}
	if out, err := start("whole").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := values(t, filepath.Join(dir, "whole"))
	kills := 0
	for {
		cmd := start("killed")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The time grows, so that a process on a slow machine gets further than its start.
		timer := time.AfterFunc(time.Duration(5+kills*13%40+4*kills)*time.Millisecond, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if out.Len() > 0 {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		if kills++; kills == 1000 {
			t.Fatal("the search does not come to an end")
		}
	}
	if got := values(t, filepath.Join(dir, "killed")); !reflect.DeepEqual(got, want) {
		t.Errorf("after %d kills\n got %v\nwant %v", kills, got, want)
	}
	if kills < 5 {
		t.Errorf("only %d kills", kills)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 4 {
		t.Errorf("files left: %v, %v", left, err)
	}
}
