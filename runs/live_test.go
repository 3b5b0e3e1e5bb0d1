package runs_test

import (
	"fmt"
	"math"
	"os"
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
	steps, err := r.Steps()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range steps {
		got += fmt.Sprint(s.Epoch, s.Step, math.IsNaN(float64(s.Loss)), " ")
	}
	if got != "1 1 true 1 4 true 2 1 true " {
		t.Error(got)
	}
	if h, err := r.Histograms(); err != nil || len(h) != 3 || h[1].Step != 4 {
		t.Error(h, err)
	}
	if empty, err := (&runs.Run{Folder: t.TempDir()}).Steps(); err != nil || len(empty) != 0 {
		t.Error(empty, err)
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
	r.AppendLine(runs.HistogramsFile, runs.Histograms{Epoch: 1, Step: 10, Parameters: []runs.ParameterCount{{Name: "fc1.weight", Weight: weight}}})
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
