package optim

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestTorchState loads PyTorch's flattened state_dict() after five steps and makes five more steps: names and shapes
// are PyTorch's.
func TestTorchState(t *testing.T) {
	raw, err := os.ReadFile("../testdata/torch/optim/states.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		States []struct {
			Trace int
			State map[string]struct {
				DType string
				Shape []int
				Data  []float64
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	traces := readFile(t, "traces.json")
	if len(file.States) < 11 {
		t.Fatalf("%d states", len(file.States))
	}
	for _, s := range file.States {
		tr := traces[s.Trace]
		t.Run(fmt.Sprint(tr), func(t *testing.T) {
			state := map[string]tensor.Tensor{"rule." + tr.Optimizer: tensor.Scalar(int64(1))}
			for key, v := range s.State {
				dt := map[string]tensor.DType{"int64": tensor.Int64, "float32": tensor.Float32,
					"float64": tensor.Float64}[v.DType]
				state[key] = tensor.FromAs(tensor.Options{DType: dt}, v.Data).Reshape(v.Shape...)
			}
			ps := tr.parameters(tensor.Float64)
			at := 0
			for i, p := range ps {
				p.Data().CopyFrom(tensor.FromAs(tensor.Options{DType: tensor.Float64},
					tr.golden(t, tensor.Float64, 4)[at:at+p.Len()]).Reshape(p.Shape().Dims()...))
				at += p.Len()
				if key := fmt.Sprint("state.", i, ".momentum_buffer"); state[key].Defined() {
					state[fmt.Sprint("state.", i, ".step")] = tensor.Scalar(5.) // PyTorch's SGD and Muon do not count
				}
			}
			opt := tr.build(ps, false).(interface {
				Optimizer
				LoadPartialState(map[string]tensor.Tensor) []string
			})
			for key, v := range opt.State() { // strings and None in PyTorch
				if strings.HasSuffix(key, ".adjust_lr_fn") || strings.HasSuffix(key, ".eps.0") &&
					!state[key].Defined() {
					state[key] = v
				}
			}
			for _, rest := range opt.LoadPartialState(state) {
				name := strings.TrimSuffix(rest[strings.LastIndex(rest, ".")+1:], " is unexpected")
				if name == rest || !strings.Contains("capturable differentiable foreach fused decoupled_weight_decay", name) {
					t.Errorf("not taken: %s", rest)
				}
			}
			for step := 5; step < steps; step++ {
				setGradients(ps, step)
				opt.Step()
			}
			compare(t, steps-1, elements(ps), tr.golden(t, tensor.Float64, steps-1),
				func(int) float64 { return tr.rounding(t, tensor.Float64, steps-1, 30) })
		})
	}
}
