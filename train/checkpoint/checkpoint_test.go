package checkpoint_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

type net struct{ FC1, FC2 *nn.Linear }

func (m *net) Forward(x tensor.Tensor) tensor.Tensor { return m.FC2.Forward(m.FC1.Forward(x).Tanh()) }

func newTraining(hidden int) (*net, *checkpoint.Training) {
	g := rng.NewTorch(1)
	m := &net{nn.NewLinear(g, 3, hidden), nn.NewLinear(g, hidden, 2)}
	opt := optim.NewAdam(nn.Parameters(m), optim.AdamConfig{})
	return m, &checkpoint.Training{
		Model: m, Optimizer: opt, Schedules: []sched.Scheduler{sched.NewStepLR(opt, 2, 0.5)}, Generators: []*rng.Torch{g},
	}
}

// step trains one step on random numbers and returns the loss.
func step(m *net, t *checkpoint.Training) float64 {
	x := make([]float32, 12)
	t.Generators[0].Normal32(x, 0, 1)
	s := tensor.NewScope(tensor.CPU())
	loss := nn.CrossEntropy(m.Forward(tensor.From(x, 4, 3).InScope(s)), tensor.From([]int64{0, 1, 1, 0}).InScope(s))
	t.Optimizer.ZeroGrad()
	loss.Backward()
	t.Optimizer.Step()
	t.Schedules[0].Step()
	return loss.Item()
}

func Example() {
	path := filepath.Join(os.TempDir(), "lamina-example-checkpoint")
	defer os.Remove(path)

	model, training := newTraining(8)
	var losses []float64
	for range 3 {
		losses = append(losses, step(model, training))
	}
	if err := checkpoint.Save(path, training, checkpoint.Position{Step: 3, Losses: losses}); err != nil {
		fmt.Println(err)
	}
	next := step(model, training)

	model, training = newTraining(8) // as another program would
	at, err := checkpoint.Load(path, training)
	fmt.Println("step", at.Step, "error", err)
	fmt.Println("the same bits:", step(model, training) == next)
	// Output:
	// step 3 error <nil>
	// the same bits: true
}

// state returns the complete state of a training as text.
func state(m *net, t *checkpoint.Training) string {
	var parts []string
	for _, p := range nn.StateDict(m) {
		parts = append(parts, p.Name+string(p.Tensor.Bytes()))
	}
	for name, x := range t.Optimizer.State() {
		parts = append(parts, name+string(x.Bytes()))
	}
	for name, x := range t.Schedules[0].State() {
		parts = append(parts, name+string(x.Bytes()))
	}
	slices.Sort(parts)
	generators, _ := t.States()
	return fmt.Sprint(parts, generators)
}

func TestLoadRefusesAndChangesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "c")
	m, saved := newTraining(8)
	step(m, saved)
	if err := checkpoint.Save(path, saved, checkpoint.Position{}); err != nil {
		t.Fatal(err)
	}
	contents, err := safetensors.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	tensors, metadata := contents.Tensors, contents.Metadata
	rewritten := func(change func(map[string]tensor.Tensor, map[string]string)) string {
		ts, md := map[string]tensor.Tensor{}, map[string]string{}
		for k, v := range tensors {
			ts[k] = v
		}
		for k, v := range metadata {
			md[k] = v
		}
		change(ts, md)
		other := filepath.Join(folder, "other")
		if err := safetensors.Save(other, ts, md); err != nil {
			t.Fatal(err)
		}
		return other
	}
	json := func(old, new string) string {
		return rewritten(func(_ map[string]tensor.Tensor, md map[string]string) {
			before := md["lamina.checkpoint"]
			md["lamina.checkpoint"] = strings.Replace(before, old, new, 1)
			if md["lamina.checkpoint"] == before {
				t.Fatalf("nothing replaced %q in %.80s", old, before)
			}
		})
	}
	drop := func(keys ...string) string {
		return rewritten(func(ts map[string]tensor.Tensor, _ map[string]string) {
			for _, k := range keys {
				if _, ok := ts[k]; !ok {
					t.Fatalf("there is no %q", k)
				}
				delete(ts, k)
			}
		})
	}
	set := func(key string, x tensor.Tensor) string {
		return rewritten(func(ts map[string]tensor.Tensor, _ map[string]string) { ts[key] = x })
	}
	for name, c := range map[string]struct {
		file func() string
		want []string
	}{
		"another model": {func() string {
			other := filepath.Join(folder, "wide")
			m, tr := newTraining(9)
			step(m, tr)
			if err := checkpoint.Save(other, tr, checkpoint.Position{}); err != nil {
				t.Fatal(err)
			}
			return other
		}, []string{"fc1.weight", "fc1.bias", "fc2.weight", "exp_avg"}},
		"another optimizer": {func() string {
			other := filepath.Join(folder, "adamw")
			m, tr := newTraining(8)
			tr.Optimizer = optim.NewAdamW(nn.Parameters(m), optim.AdamWConfig{})
			step(m, tr)
			if err := checkpoint.Save(other, tr, checkpoint.Position{}); err != nil {
				t.Fatal(err)
			}
			return other
		}, []string{"optimizer: ", "AdamW"}},
		"another schedule": {func() string {
			other := filepath.Join(folder, "exponential")
			m, tr := newTraining(8)
			tr.Schedules[0] = sched.NewExponentialLR(tr.Optimizer, 0.5)
			step(m, tr)
			if err := checkpoint.Save(other, tr, checkpoint.Position{}); err != nil {
				t.Fatal(err)
			}
			return other
		}, []string{"schedule.0: ", "ExponentialLR"}},
		"learning rate": {func() string { return set("optimizer.param_groups.0.lr", tensor.Scalar(-1.0)) },
			[]string{"optimizer: ", "lr is -1"}},
		"β": {func() string { return set("optimizer.param_groups.0.betas.0", tensor.Scalar(1.5)) },
			[]string{"optimizer: ", "betas.0 is 1.5"}},
		"decay":           {func() string { return set("optimizer.param_groups.0.weight_decay", tensor.Scalar(math.NaN())) }, []string{"weight_decay is not a number"}},
		"first rate":      {func() string { return set("schedule.0.base_lr.0", tensor.Scalar(-1.0)) }, []string{"base_lr.0 is -1"}},
		"steps":           {func() string { return set("schedule.0.step", tensor.Scalar(0.5)) }, []string{"step is 0.5"}},
		"missing weights": {func() string { return drop("model.fc1.bias", "model.fc2.weight") }, []string{"fc1.bias", "fc2.weight"}},
		"unexpected":      {func() string { return set("model.fc3.weight", tensor.Ones(2)) }, []string{"fc3.weight"}},
		"stray":           {func() string { return set("stray", tensor.Ones(2)) }, []string{`"stray" belongs to no part`}},
		"missing moments": {func() string { return drop("optimizer.state.2.exp_avg") }, []string{"2.exp_avg"}},
		"both": {func() string { return drop("optimizer.state.2.exp_avg", "model.fc1.bias") },
			[]string{"2.exp_avg", "fc1.bias"}},
		"another type": {func() string { return set("model.fc1.bias", tensor.From(make([]float64, 8))) }, []string{"fc1.bias", "float64"}},
		"no losses":    {func() string { return drop("losses") }, []string{"losses"}},
		"weights alone": {func() string {
			return rewritten(func(_ map[string]tensor.Tensor, md map[string]string) { delete(md, "lamina.checkpoint") })
		}, []string{"no training"}},
		"version":   {func() string { return json(`"version":1`, `"version":7`) }, []string{"version 7"}},
		"position":  {func() string { return json(`"epoch":0`, `"epoch":-1`) }, []string{"epoch -1"}},
		"JSON":      {func() string { return json(`{`, `[`) }, []string{"metadata"}},
		"generator": {func() string { return json(`"generators":["`, `"generators":["AAAA`) }, []string{"random generator 0"}},
		"generators": {func() string { return json(`"generators":[`, `"generators":["AAAA",`) },
			[]string{"2 random generators, want 1"}},
	} {
		file := c.file()
		m, tr := newTraining(8)
		before := state(m, tr)
		_, err := checkpoint.Load(file, tr)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, w := range append(c.want, file) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q does not say %q", name, err, w)
			}
		}
		if state(m, tr) != before {
			t.Errorf("%s: the training has changed", name)
		}
	}
	m, tr := newTraining(8)
	before, want := state(m, tr), ""
	if _, err := checkpoint.Load(path, tr); err != nil {
		t.Fatal(err)
	}
	if want = state(m, tr); want == before {
		t.Error("loading changed nothing")
	}
	m, saved = newTraining(8)
	step(m, saved)
	if state(m, saved) != want {
		t.Error("what was loaded is not what was saved")
	}
}

// TestErrorsNameTheFileOnce reads files that are no checkpoints.
func TestErrorsNameTheFileOnce(t *testing.T) {
	folder := t.TempDir()
	weights := filepath.Join(folder, "weights.safetensors")
	if err := safetensors.Save(weights, map[string]tensor.Tensor{"w": tensor.Ones(2)}, nil); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(folder, "broken.safetensors")
	if err := os.WriteFile(broken, []byte("no tensors, only text"), 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{weights: "weights only", broken: "not a safetensors file",
		filepath.Join(folder, "none.safetensors"): "no such file", folder: "folder"} {
		_, err := checkpoint.ReadPosition(path)
		if err == nil || strings.Count(err.Error(), path) != 1 || !strings.Contains(err.Error(), "checkpoint") ||
			runtime.GOOS != "windows" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", filepath.Base(path), err)
		}
	}
}
