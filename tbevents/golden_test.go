package tbevents

import (
	"bytes"
	"image"
	_ "image/png"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestGolden reads what PyTorch's SummaryWriter wrote (testdata/torch/events.py).
func TestGolden(t *testing.T) {
	var sum []Event
	for _, name := range []string{"all", "hparams"} {
		b, err := os.ReadFile("../testdata/torch/events/" + name + ".tfevents")
		if err != nil {
			t.Fatal(err)
		}
		sum = append(sum, decode(t, b)...)
	}
	values := map[string][]any{}
	var graph []Node
	for _, e := range sum {
		if !e.Time.Equal(time.UnixMicro(1_700_000_000_250_000)) {
			t.Errorf("time %v of %+v", e.Time, e)
		}
		for _, v := range e.Values {
			values[v.Tag] = append(values[v.Tag], e.Step, v.Data)
		}
		if e.Graph != nil {
			graph = e.Graph
		}
	}
	if sum[0].Version != "brain.Event:2" || !sum[2].Start || sum[2].Step != 2 {
		t.Errorf("the file begins with %+v", sum[:3])
	}
	want := map[string][]any{
		"loss/train":         {int64(3), Scalar(0.625), int64(4), Scalar(-2.5e-20)},
		"double":             {int64(4), Scalar(0.1)},
		"notes/text_summary": {int64(7), Text("a **text**")},
		"accuracy":           {int64(0), Scalar(0.5)},
	}
	for tag, w := range want {
		if !reflect.DeepEqual(values[tag], w) {
			t.Errorf("%s: %v; want %v", tag, values[tag], w)
		}
	}

	numbers := make([]float64, 100)
	for i := range numbers {
		numbers[i] = float64(i*i%17-8) / 4
	}
	if got, ours := values["weights"][1].(Histogram), NewHistogram(numbers); !reflect.DeepEqual(got, ours) {
		t.Errorf("histogram\n got %+v\nours %+v", got, ours)
	}

	picture := values["picture"][1].(Image)
	decoded, format, err := image.Decode(bytes.NewReader(picture.Encoded))
	if err != nil || format != "png" || decoded.Bounds().Size() != image.Pt(picture.Width, picture.Height) || picture.Width != 4 {
		t.Errorf("image: %v %+v", err, picture)
	}

	p := values[HParamsTag][1].(HParams)
	if want := map[string]any{"lr": 0.1, "optimizer": "adam", "layers": 3.0}; !reflect.DeepEqual(p.Values, want) {
		t.Errorf("hyperparameters %v; want %v", p.Values, want)
	}
	if end := values[SessionEndTag][1].(SessionEnd); end.Status != StatusSuccess {
		t.Errorf("session end %+v", end)
	}

	shapes := 0
	for _, n := range graph {
		shapes += len(n.Shapes)
	}
	if !slices.ContainsFunc(graph, func(n Node) bool { return strings.Contains(n.Name, "Linear") && len(n.Inputs) > 0 }) || shapes == 0 {
		t.Errorf("graph of %d nodes with %d shapes", len(graph), shapes)
	}
}
