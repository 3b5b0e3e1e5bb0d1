package tbevents_test

import (
	"bytes"
	"fmt"
	"image"
	"log"
	"maps"
	"os"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tbevents"
	"github.com/lamina-ml/lamina/tensor"
)

// written returns the folder of a training that wrote every kind of data.
func written() string {
	dir, err := os.MkdirTemp("", "events")
	check(err)
	w, err := tbevents.Create(dir, 0)
	check(err)
	check(w.HParams(map[string]any{"lr": 0.1, "optimizer": "sgd"}))
	check(w.Scalar("loss/train", 0.5, 1))
	check(w.Histogram("weights/fc1", tbevents.NewHistogram([]float32{-1, 0.5, 0.5}), 1))
	check(w.Image("mistakes", image.NewGray(image.Rect(0, 0, 28, 14)), 1))
	check(w.Text("report", "| class | F1 |", 1))
	check(w.EndSession(tbevents.StatusSuccess))
	check(w.Close())
	return dir
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// show prints the data of a kind T in the events of a training.
func show[T any](print func(e tbevents.Event, v tbevents.Value, data T)) {
	dir := written()
	defer os.RemoveAll(dir)
	for e, err := range tbevents.ReadFolder(dir) {
		check(err)
		for _, v := range e.Values {
			if data, ok := v.Data.(T); ok {
				print(e, v, data)
			}
		}
	}
}

func ExampleWriter() {
	dir, err := os.MkdirTemp("", "events")
	check(err)
	defer os.RemoveAll(dir)
	for _, first := range []int64{1, 3} { // the second start resumes before step 3
		w, err := tbevents.Create(dir, first)
		check(err)
		for step := first; step < first+3; step++ {
			check(w.Scalar("loss/train", 1/float64(step), step))
		}
		check(w.Close())
	}
	curves, err := tbevents.ReadScalars(dir)
	check(err)
	for _, p := range curves["loss/train"] {
		fmt.Printf("%d: %.2f\n", p.Step, p.Value)
	}
	// Output:
	// 1: 1.00
	// 2: 0.50
	// 3: 0.33
	// 4: 0.25
	// 5: 0.20
}

func ExamplePoint() {
	dir := written()
	defer os.RemoveAll(dir)
	curves, err := tbevents.ReadScalars(dir)
	check(err)
	p := curves["loss/train"][0]
	fmt.Println(p.Step, p.Value)
	// Output: 1 0.5
}

func ExampleEvent() {
	dir := written()
	defer os.RemoveAll(dir)
	for e, err := range tbevents.ReadFolder(dir) {
		check(err)
		fmt.Println(e.Step, e.Version, e.Start, len(e.Values))
	}
	// Output:
	// 0 brain.Event:2 false 0
	// 0  true 0
	// 0  false 1
	// 1  false 1
	// 1  false 1
	// 1  false 1
	// 1  false 1
	// 0  false 1
}

func ExampleValue() {
	show(func(e tbevents.Event, v tbevents.Value, _ any) { fmt.Printf("%s: %T\n", v.Tag, v.Data) })
	// Output:
	// _hparams_/session_start_info: tbevents.HParams
	// loss/train: tbevents.Scalar
	// weights/fc1: tbevents.Histogram
	// mistakes: tbevents.Image
	// report: tbevents.Text
	// _hparams_/session_end_info: tbevents.SessionEnd
}

func ExampleScalar() {
	show(func(e tbevents.Event, v tbevents.Value, x tbevents.Scalar) { fmt.Println(v.Tag, e.Step, x) })
	// Output: loss/train 1 0.5
}

func ExampleHistogram() {
	h := tbevents.NewHistogram([]float32{-1, 0.5, 0.5})
	fmt.Println(h.Num, h.Min, h.Max, h.Counts[1], h.Counts[len(h.Counts)-1])
	// Output: 3 -1 0.5 1 2
}

func ExampleImage() {
	show(func(_ tbevents.Event, _ tbevents.Value, img tbevents.Image) {
		_, format, err := image.Decode(bytes.NewReader(img.Encoded))
		fmt.Println(img.Width, img.Height, img.Channels, format, err)
	})
	// Output: 28 14 1 png <nil>
}

func ExampleText() {
	show(func(_ tbevents.Event, v tbevents.Value, t tbevents.Text) { fmt.Println(v.Tag, t) })
	// Output: report | class | F1 |
}

func ExampleHParams() {
	show(func(_ tbevents.Event, _ tbevents.Value, p tbevents.HParams) {
		fmt.Println(slices.Sorted(maps.Keys(p.Values)), p.Values["lr"])
	})
	// Output: [lr optimizer] 0.1
}

func ExampleSessionEnd() {
	show(func(_ tbevents.Event, _ tbevents.Value, end tbevents.SessionEnd) {
		fmt.Println(end.Status == tbevents.StatusSuccess)
	})
	// Output: true
}

func ExampleStatus() {
	fmt.Println(tbevents.StatusUnknown, tbevents.StatusSuccess, tbevents.StatusFailure, tbevents.StatusRunning)
	// Output: 0 1 2 3
}

func ExampleNode() {
	g := rng.NewTorch(0)
	model := nn.Sequential{nn.NewLinear(g, 784, 64), &nn.Tanh{}, nn.NewLinear(g, 64, 10)}
	for _, n := range tbevents.GraphOf(model, tensor.Zeros(1, 784)) {
		fmt.Println(n.Name, n.Op, n.Inputs, n.Shapes)
	}
	// Output:
	// input Placeholder [] [[-1 784]]
	// 0 Linear [input] [[-1 64]]
	// 1 Tanh [0] [[-1 64]]
	// 2 Linear [1] [[-1 10]]
	// output Output [2] []
}
