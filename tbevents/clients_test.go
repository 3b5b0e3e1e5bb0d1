//go:build clients

package tbevents

import (
	"encoding/json"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestTensorBoard checks that TensorBoard shows every kind of data: it asks a real server's plugins. Two runs differ in
// their hyperparameters; the first was killed while it wrote and resumed from step 3.
func TestTensorBoard(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, first int64, lr float64) *Writer {
		t.Helper()
		w, err := Create(filepath.Join(dir, name), first)
		if err != nil {
			t.Fatal(err)
		}
		g := rng.NewTorch(1)
		model := nn.Sequential{nn.NewLinear(g, 8, 4), &nn.ReLU{}, nn.NewLinear(g, 4, 2)}
		must(t, w.HParams(map[string]any{"optimizer.lr": lr, "optimizer.name": "adam", "training.keep_best": true}))
		must(t, w.Graph(GraphOf(model, tensor.Zeros(1, 8))))
		for step := first; step < first+4; step++ {
			must(t, w.Scalar("loss/train", lr*float64(step), step))
			must(t, w.Histogram("weights/0.weight", NewHistogram([]float32{-1, 0.25, 0.25, float32(step)}), step))
			must(t, w.Image("mistakes", image.NewGray(image.Rect(0, 0, 20, 10)), step))
			must(t, w.Text("report", fmt.Sprintf("step **%d**", step), step))
		}
		return w
	}
	killed := run("a", 1, 0.5)
	if _, err := killed.f.Write([]byte("torn")); err != nil {
		t.Fatal(err)
	}
	must(t, killed.f.Close())
	for _, w := range []*Writer{run("a", 3, 0.5), run("b", 1, 0.25)} {
		must(t, w.EndSession(StatusSuccess))
		must(t, w.Close())
	}

	for _, reader := range []string{"slow", "fast"} {
		t.Run(reader, func(t *testing.T) {
			var got struct {
				Runs       []string
				Scalars    map[string][][2]float64
				Histograms map[string][][2]float64
				Images     map[string][][2]any
				Text       map[string][]string
				Graph      map[string]string
				Experiment struct {
					HparamInfos []struct{ Name, Type string }
				}
				Sessions struct {
					SessionGroups []struct {
						Hparams  map[string]any
						Sessions []struct {
							Status       string
							MetricValues []struct {
								Name  struct{ Tag string }
								Value float64
							}
						}
					}
				}
			}
			out := clients.Run(t, "shown_events.py", dir, reader)
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			slices.Sort(got.Runs)
			if !slices.Equal(got.Runs, []string{"a", "b"}) {
				t.Errorf("runs %v", got.Runs)
			}
			if want := [][2]float64{{1, 0.5}, {2, 1}, {3, 1.5}, {4, 2}, {5, 2.5},
				{6, 3}}; !slices.Equal(got.Scalars["a/loss/train"], want) {
				t.Errorf("scalars %v; want %v", got.Scalars, want)
			}
			if h := got.Histograms["b/weights/0.weight"]; len(h) != 4 || math.Abs(h[0][1]-4) > 1e-6 {
				t.Errorf("histograms %v", got.Histograms)
			}
			if i := got.Images["b/mistakes"]; len(i) != 4 || i[0][1] != "89504e470d0a1a0a" {
				t.Errorf("images %v", got.Images)
			}
			if text := got.Text["b/report"]; len(text) != 4 || !strings.Contains(text[3], "<strong>4</strong>") {
				t.Errorf("text %v", got.Text)
			}
			if g := got.Graph["b"]; !strings.Contains(g, `name: "2"`) || !strings.Contains(g, `op: "Linear"`) ||
				!strings.Contains(g, "size: 8") {
				t.Errorf("graph %v", got.Graph)
			}
			names := map[string]string{}
			for _, info := range got.Experiment.HparamInfos {
				names[info.Name] = info.Type
			}
			if names["optimizer.lr"] != "DATA_TYPE_FLOAT64" || names["training.keep_best"] != "DATA_TYPE_BOOL" {
				t.Errorf("hyperparameters %v", names)
			}
			if groups := got.Sessions.SessionGroups; len(groups) != 2 {
				t.Errorf("%d session groups", len(groups))
			} else {
				for _, g := range groups {
					if s := g.Sessions[0]; s.Status != "STATUS_SUCCESS" || g.Hparams["optimizer.name"] != "adam" ||
						len(s.MetricValues) != 1 {
						t.Errorf("session %+v", g)
					}
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
