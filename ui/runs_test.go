package ui

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
)

// nextEvent decodes the events of a stream into out, one after another, until ok holds.
func nextEvent(t *testing.T, url string, out any, ok func() bool) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 30*time.Second)
	defer end()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	lines := bufio.NewScanner(reply.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			if err := json.Unmarshal([]byte(data), out); err != nil {
				t.Fatalf("%v in %.200s", err, data)
			}
			if ok() {
				return
			}
		}
	}
	t.Fatalf("%s: no such event: %v", url, lines.Err())
}

type cardsReply struct {
	Folder string
	Cards  []card
}

func TestRuns(t *testing.T) {
	c := withRuns(t)
	_, url := serving(t, c)
	var reply cardsReply
	nextEvent(t, url+"/api/runs/follow", &reply, func() bool { return true })
	if len(reply.Cards) != 2 || reply.Cards[0].State != "finished" || reply.Cards[0].Task != "digits" || reply.Folder != c.Runs {
		t.Fatalf("%+v", reply)
	}
	for _, card := range reply.Cards {
		if card.Monitor != "accuracy" || !(card.Best > 0.8) || len(card.Curve) != card.Epochs || card.Curve[len(card.Curve)-1] < 0.8 {
			t.Errorf("%+v", card)
		}
	}
	var curves struct{ Runs []runCurves }
	if status := post(t, url+"/api/runs/curves", map[string]any{"runs": []string{"mnist-002", "gone", "mnist-001"}},
		&curves); status != 200 || len(curves.Runs) != 2 {
		t.Fatalf("status %d, %d runs", status, len(curves.Runs))
	}
	setting := func(r runCurves, path string) string {
		for _, s := range r.Settings {
			if s.Path == path {
				return s.Text
			}
		}
		return ""
	}
	a, b := curves.Runs[0], curves.Runs[1]
	if a.Name != "mnist-002" || len(a.Rows) != 2 || len(a.Names) != len(a.Rows[0]) || len(a.Steps) == 0 || len(a.Steps[0]) != 5 {
		t.Errorf("%v: %v, %v", a.Name, a.Names, a.Rows)
	}
	if setting(a, "model.hidden") != "[24]" || setting(b, "model.hidden") != "[16]" ||
		setting(a, "optimizer.lr") != setting(b, "optimizer.lr") {
		t.Errorf("settings %v", a.Settings)
	}
}

// TestRunNames holds that a name cannot lead out of the folder of runs.
func TestRunNames(t *testing.T) {
	c := withRuns(t)
	c.Runs = filepath.Join(c.Runs, "mnist-001")
	_, url := serving(t, c)
	for _, name := range []string{"..", ".", "..%2fmnist-002", "%2fetc", "..%5cmnist-002", "mnist-002"} {
		if status, _ := ask(t, "GET", url+"/api/training/histograms/"+name, "", nil); status == 200 {
			t.Errorf("%s was opened", name)
		}
	}
}

// TestBrokenRun holds that a run whose files are broken does not hide the others.
func TestBrokenRun(t *testing.T) {
	folder := t.TempDir()
	for name, files := range map[string]map[string]string{
		"a": {"config.yaml": "task: [", "status.json": "{", "results.csv": "epoch,loss\n1,x\n", "steps.jsonl": "}\n"},
		"b": {"config.yaml": "task: digits"},
		"c": {"config.json": "{}"}, // no run of this version
	} {
		os.Mkdir(filepath.Join(folder, name), 0o777)
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(folder, name, file), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, url := serving(t, Config{Runs: folder, Tasks: testTasks})
	var reply cardsReply
	nextEvent(t, url+"/api/runs/follow", &reply, func() bool { return true })
	if len(reply.Cards) != 2 || reply.Cards[1].State != "failed" || reply.Cards[0].State != "stopped" {
		t.Errorf("%+v", reply.Cards)
	}
	var curves struct{ Runs []runCurves }
	status := post(t, url+"/api/runs/curves", map[string]any{"runs": []string{"a", "b"}}, &curves)
	if status != 200 || len(curves.Runs) != 2 || !strings.Contains(curves.Runs[0].Problem, "results.csv") {
		t.Errorf("status %d, %+v", status, curves)
	}
	var state trainingState
	nextEvent(t, url+"/api/training/follow/a", &state, func() bool { return true })
	if !strings.Contains(state.Problem, "results.csv") {
		t.Errorf("%+v", state)
	}
}

// TestControl follows a training that another part of the program runs, halves its rate and stops it.
func TestControl(t *testing.T) {
	folder := t.TempDir()
	r, err := testRecipe(map[string]string{"model.hidden": "[8]", "training.epochs": "1000", "schedule": "constant",
		"optimizer.lr": "0.004"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := testTasks.Train(t.Context(), task.Config{Recipe: r, Out: filepath.Join(folder, "long")})
		ended <- err
	}()
	_, url := serving(t, Config{Runs: folder, Tasks: testTasks})
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if run, err := runs.Open(filepath.Join(folder, "long")); err == nil && run.Has(runs.StepsFile) {
			break
		} else if time.Since(begin) > 30*time.Second {
			t.Fatal("the training did not begin")
		}
	}
	if status := post(t, url+"/api/training/control/long", map[string]any{"lr": 2}, nil); status != 400 {
		t.Errorf("a factor of 2: status %d", status)
	}
	if status := post(t, url+"/api/training/control/long", map[string]any{"lr": 0.5}, nil); status != 200 {
		t.Errorf("a factor of a half: status %d", status)
	}
	var state trainingState
	nextEvent(t, url+"/api/training/follow/long", &state, func() bool { return state.Last != nil && state.Last.LR == 0.002 })
	if state.State != "training" || state.Epochs != 1000 || !(state.Last.Rate > 0) {
		t.Errorf("state %s, last step %+v", state.State, state.Last)
	}
	if status := post(t, url+"/api/training/control/long", map[string]any{"stop": true}, nil); status != 200 {
		t.Errorf("stop: status %d", status)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the training ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the training did not stop")
	}
	nextEvent(t, url+"/api/training/follow/long", &state, func() bool { return state.State != "training" })
	if state.State != "stopped" {
		t.Errorf("the state is %s", state.State)
	}
	if status := post(t, url+"/api/training/control/long", map[string]any{"stop": true}, nil); status != 409 {
		t.Errorf("a run that is not trained: status %d", status)
	}
	var h struct{ Histograms []runs.Histograms }
	status, text := ask(t, "GET", url+"/api/training/histograms/long", "", nil)
	if json.Unmarshal([]byte(text), &h); status != 200 || len(h.Histograms) == 0 || len(h.Histograms[0].Parameters) != 4 {
		t.Errorf("histograms: status %d, %d", status, len(h.Histograms))
	}
}

// TestTested compares the confusion matrix, its cells and the mistakes of a run with each other.
func TestTested(t *testing.T) {
	_, url := serving(t, withRuns(t))
	var reply struct {
		Names                []string
		Matrix               [][]int
		Mistakes             []answer
		Right, Wrong, Tested int
		Pictures, Inside     bool
	}
	status, text := ask(t, "GET", url+"/api/training/tested/mnist-002", "", nil)
	if err := json.Unmarshal([]byte(text), &reply); err != nil || status != 200 {
		t.Fatalf("status %d: %v", status, err)
	}
	if len(reply.Names) != 10 || reply.Tested != 10000 || reply.Right+reply.Wrong != 10000 || reply.Right < 8500 || !reply.Pictures ||
		!reply.Inside {
		t.Errorf("%v, %d right, %d wrong", reply.Names, reply.Right, reply.Wrong)
	}
	sure := math.Inf(1)
	for _, m := range reply.Mistakes {
		if m.Target == m.Predicted || float64(m.Probability) > sure {
			t.Errorf("%+v", m)
		}
		sure = float64(m.Probability)
	}
	var cell struct{ Samples []answer }
	if status, text := ask(t, "GET", url+"/api/training/cell/mnist-002/four/9", "", nil); status != 400 || !strings.Contains(text, "four") {
		t.Errorf("a cell that is none: %d, %s", status, text)
	}
	_, text = ask(t, "GET", url+"/api/training/cell/mnist-002/4/9", "", nil)
	if json.Unmarshal([]byte(text), &cell); len(cell.Samples) != min(reply.Matrix[4][9], maxCell) || len(cell.Samples) == 0 {
		t.Fatalf("%d samples, the matrix has %d", len(cell.Samples), reply.Matrix[4][9])
	}
	d, err := testDigits()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range cell.Samples {
		if d.Labels[a.Index] != 4 || a.Predicted != 9 {
			t.Errorf("%+v, the label is %d", a, d.Labels[a.Index])
		}
	}
	status, text = ask(t, "GET", url+"/api/training/picture/mnist-002/0", "", nil)
	m, err := png.Decode(bytes.NewReader([]byte(text)))
	if status != 200 || err != nil || m.Bounds().Dx() != 28 {
		t.Fatalf("picture: status %d, %v", status, err)
	}
	for i, want := range d.Images[:784] {
		if r, _, _, _ := m.At(i%28, i/28).RGBA(); int(r>>8)-int(want) > 1 || int(want)-int(r>>8) > 1 {
			t.Fatalf("pixel %d is %d, want %d", i, r>>8, want)
		}
	}
	if status, _ := ask(t, "GET", url+"/api/training/picture/mnist-002/10000", "", nil); status != 404 {
		t.Errorf("a picture that does not exist: status %d", status)
	}
}
