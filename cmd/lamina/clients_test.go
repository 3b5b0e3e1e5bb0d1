//go:build clients

package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/npy"
	"github.com/lamina-ml/lamina/internal/clients"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// TestKills200 is TestKills with 200 kills and more.
func TestKills200(t *testing.T) { testKills(t, 60) }

// TestPyTorchPredicts trains networks; PyTorch loads the weights of the run and those that export writes, with
// safetensors, and predicts the same. The run's report is scikit-learn's classification_report.
func TestPyTorchPredicts(t *testing.T) {
	for _, kind := range []string{"mlp", "cnn"} {
		t.Run(kind, func(t *testing.T) {
			folder := t.TempDir()
			small(t, filepath.Join(folder, "digits"))
			must(t, folder, "train", "mnist", "--data", "digits", "--model", kind, "--epochs", "5", "--out", "run", "--average", "0")
			must(t, folder, "export", "run", "model.safetensors")
			m, _, err := tasks().Load(t.Context(), filepath.Join(folder, "run"), "", tensor.CPU())
			if err != nil {
				t.Fatal(err)
			}
			test, err := m.(task.Tested).TestData(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for batch := range data.NewLoader(test, data.LoaderConfig{BatchSize: test.Len()}).Batches() {
				for name, x := range map[string]tensor.Tensor{"x": batch.X, "y": batch.Y,
					"logits": m.Module().Forward(batch.X).Narrow(1, 0, 10)} {
					if err := npy.Save(filepath.Join(folder, name+".npy"), x); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, weights := range []string{filepath.Join("run", filepath.FromSlash(runs.BestFile)), "model.safetensors"} {
				var got struct {
					Difference            float64
					Different, Parameters int
					Report                string
				}
				out := clients.Run(t, "predicts.py", kind, folder, filepath.Join(folder, weights))
				if err := json.Unmarshal([]byte(out), &got); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if got.Difference > 2e-5 || got.Different > 0 || got.Parameters == 0 { // the logits are of the order of 10
					t.Errorf("%s: the logits differ by up to %v, %d predictions differ; %d parameters", weights,
						got.Difference, got.Different, got.Parameters)
				}
				if report := string(read(t, filepath.Join(folder, "run", runs.ReportFile))); !strings.Contains(report,
					strings.TrimRight(got.Report, "\n")) {
					t.Errorf("the report is\n%s\nscikit-learn's is\n%s", report, got.Report)
				}
			}
		})
	}
}

// TestTensorBoardShows checks that TensorBoard shows the trials of a search: curves, histograms, graph, pictures, texts,
// and the hyperparameters by which it compares them.
func TestTensorBoardShows(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	must(t, folder, append(slices.Clone(tuned[:len(tuned)-1]), "logs")...)
	must(t, folder, "train", "mnist", "--data", "digits", "--hidden", "8", "--epochs", "2", "--out", filepath.Join("logs", "alone"))
	var got struct {
		Runs       []string
		Scalars    map[string][][2]float64
		Histograms map[string][][2]float64
		Images     map[string][][2]any
		Text       map[string][]string
		Graph      map[string]string
		Sessions   struct {
			SessionGroups []struct{ Hparams map[string]any }
		}
	}
	out := clients.Run(t, "shown_events.py", filepath.Join(folder, "logs"), "fast")
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(got.Runs) != 6 || len(got.Sessions.SessionGroups) != 6 {
		t.Errorf("runs %v, %d sessions", got.Runs, len(got.Sessions.SessionGroups))
	}
	for _, g := range got.Sessions.SessionGroups {
		if lr, ok := g.Hparams["optimizer.lr"].(float64); !ok || lr <= 0 || g.Hparams["optimizer.name"] != "adam" {
			t.Errorf("hyperparameters %v", g.Hparams)
		}
	}
	if n := len(got.Scalars["alone/loss/train"]); n != 2 {
		t.Errorf("%d points of the loss", n)
	}
	if len(got.Histograms["alone/weights/0.weight"]) != 2 || len(got.Histograms["alone/gradients/2.bias"]) != 2 {
		t.Errorf("histograms %v", got.Histograms)
	}
	if len(got.Images["alone/confusion"]) != 1 || len(got.Text["alone/config"]) != 1 || len(got.Text["alone/report"]) != 1 {
		t.Errorf("images %v, texts %v", got.Images, got.Text)
	}
	if g := got.Graph["trial-000"]; !strings.Contains(g, `op: "Linear"`) || !strings.Contains(g, "size: 784") {
		t.Errorf("graph %s", g)
	}
}
