package runs_test

import (
	"fmt"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// TestSteps holds that steps that a resumed training repeats replace those before, and that a torn line is left out.
func TestSteps(t *testing.T) {
	r := &runs.Run{Folder: t.TempDir()}
	for _, at := range [][2]int{{1, 1}, {1, 5}, {2, 3}, {1, 4}, {2, 1}} {
		s := runs.Step{Epoch: at[0], Step: at[1], Loss: runs.Number(math.NaN())}
		if err := r.AppendLine(runs.StepsFile, s); err != nil {
			t.Fatal(err)
		}
		if err := r.AppendLine(runs.HistogramsFile, runs.Histograms{Epoch: at[0], Step: at[1]}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(r.Path(runs.StepsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"epoch":3,"st`)
	f.Close()
	if err := r.AppendLine(runs.StepsFile, runs.Step{Epoch: 3, Step: 7}); err != nil { // by a resumed training
		t.Fatal(err)
	}
	steps, err := r.Steps()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range steps {
		got += fmt.Sprint(s.Epoch, s.Step, math.IsNaN(float64(s.Loss)), " ")
	}
	if got != "1 1 true 1 4 true 2 1 true 3 7 false " {
		t.Error(got)
	}
	if h, err := r.Histograms(); err != nil || len(h) != 3 || h[1].Step != 4 {
		t.Error(h, err)
	}
	if empty, err := (&runs.Run{Folder: t.TempDir()}).Steps(); err != nil || len(empty) != 0 {
		t.Error(empty, err)
	}
}

// TestControl asks for several things before the training looks, also from several goroutines while it looks: none is lost.
func TestControl(t *testing.T) {
	r := &runs.Run{Folder: t.TempDir()}
	if c, ok := r.TakeControl(); ok {
		t.Errorf("nobody asked: %+v", c)
	}
	for _, c := range []runs.Control{{LR: 0.5}, {Stop: true}, {LR: 0.5}, {LR: -1}, {LR: 1e300}, {LR: 1e-300}} {
		if err := r.SetControl(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.WriteFile(runs.ControlFolder+"/0.json", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if c, ok := r.TakeControl(); !ok || !c.Stop || math.Abs(c.LR-0.25) > 1e-12 {
		t.Errorf("%+v, %v", c, ok)
	}
	if c, ok := r.TakeControl(); ok {
		t.Errorf("%+v a second time", c)
	}
	const each = 20
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for range each {
				if err := r.SetControl(runs.Control{LR: 2}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan bool)
	go func() { all.Wait(); close(ended) }()
	product := 1.0
	for more := true; more; {
		select {
		case <-ended:
			more = false
		default:
		}
		if c, ok := r.TakeControl(); ok {
			product *= c.LR
		}
	}
	if want := math.Pow(2, 3*each); product != want {
		t.Errorf("the factors give %v, want %v", product, want)
	}
	if err := r.SetControl(runs.Control{Stop: true}); err != nil {
		t.Fatal(err)
	}
	if err := r.Lock(); err != nil { // by another training
		t.Fatal(err)
	}
	defer r.Unlock()
	if c, ok := r.TakeControl(); ok {
		t.Errorf("a request for an earlier training: %+v", c)
	}
}

func ExampleControl() {
	folder, _ := os.MkdirTemp("", "run")
	defer os.RemoveAll(folder)
	r := &runs.Run{Folder: folder}
	r.SetControl(runs.Control{Stop: true}) // in one process
	c, ok := r.TakeControl()               // in the training's
	fmt.Println(c.Stop, ok)
	_, ok = r.TakeControl()
	fmt.Println(ok)
	// Output:
	// true true
	// false
}

func ExampleNumber() {
	text, _ := runs.Number(math.Inf(1)).MarshalJSON()
	fmt.Println(string(text))
	// Output: null
}

func ExampleStep() {
	folder, _ := os.MkdirTemp("", "run")
	defer os.RemoveAll(folder)
	r := &runs.Run{Folder: folder}
	r.AppendLine(runs.StepsFile, runs.Step{Epoch: 1, Step: 10, Loss: 0.5})
	steps, err := r.Steps()
	fmt.Println(len(steps), steps[0].Loss, err)
	// Output: 1 0.5 <nil>
}

func ExampleHistograms() {
	folder, _ := os.MkdirTemp("", "run")
	defer os.RemoveAll(folder)
	r := &runs.Run{Folder: folder}
	weight := runs.Histogram{Low: -1, High: 1, Counts: []int{3, 5}}
	r.AppendLine(runs.HistogramsFile, runs.Histograms{Epoch: 1, Step: 10,
		Parameters: []runs.ParameterCount{{Name: "fc1.weight", Weight: weight}}})
	h, _ := r.Histograms()
	fmt.Println(h[0].Parameters[0].Name, h[0].Parameters[0].Weight.Counts)
	// Output: fc1.weight [3 5]
}

func ExampleHistogram() {
	h := runs.Histogram{Low: 0, High: 2, Counts: []int{1, 0, 3, 0}}
	fmt.Println((h.High-h.Low)/float64(len(h.Counts)), "is the width of a bin")
	// Output: 0.5 is the width of a bin
}

func ExampleParameterCount() {
	c := runs.ParameterCount{Name: "fc1.bias"}
	fmt.Println(c.Name, "has a gradient:", len(c.Gradient.Counts) > 0)
	// Output: fc1.bias has a gradient: false
}
