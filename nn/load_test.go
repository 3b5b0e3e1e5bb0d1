package nn_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// watched is a layer with buffers.
type watched struct {
	Mean  tensor.Tensor `nn:",buffer"`
	Steps tensor.Tensor `nn:",buffer"`
	Seen  tensor.Tensor `nn:",buffer"`
	FC    *nn.Linear
}

func newWatched() *watched {
	int64s, bools := tensor.Options{DType: tensor.Int64}, tensor.Options{DType: tensor.Bool}
	return &watched{tensor.Zeros(8), int64s.Zeros(), bools.Zeros(3), nn.NewLinear(rng.NewTorch(1), 5, 3)}
}

// Weights that PyTorch saved in one type are loaded into models of each type. The results equal PyTorch's bit for bit:
// rounded to even, and infinite beyond the range. (testdata/torch/load_state.py)
func TestLoadedTypesArePyTorchs(t *testing.T) {
	const folder = "../testdata/torch/load_state/"
	raw, err := os.ReadFile(folder + "loaded.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			File, Model string
			State       map[string]string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) != 16 {
		t.Fatalf("%d cases: %v", len(file.Cases), err)
	}
	types := map[string]tensor.DType{}
	for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.BFloat16, tensor.Float16} {
		types[dt.String()] = dt
	}
	for _, c := range file.Cases {
		file, err := safetensors.Load(folder + c.File + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		if dt := file.Tensors["fc.weight"].DType(); dt != types[c.File] {
			t.Fatalf("%s holds %s", c.File, dt)
		}
		var dict []nn.Named
		for name, x := range file.Tensors {
			dict = append(dict, nn.Named{Name: name, Tensor: x})
		}
		for name, dev := range devices {
			model := newWatched()
			weight := model.FC.Weight
			nn.Cast(model, types[c.Model])
			nn.To(model, dev)
			if err := nn.LoadStateDict(model, dict); err != nil {
				t.Fatal(err)
			}
			state := nn.StateDict(model)
			if len(state) != len(c.State) || weight != model.FC.Weight || weight.DType() != types[c.Model] {
				t.Errorf("%s into %s: %d tensors, want %d; or another weight, or type", c.File, c.Model, len(state), len(c.State))
			}
			for _, p := range state {
				if got := hex.EncodeToString(p.Tensor.Bytes()); got != c.State[p.Name] {
					t.Errorf("%s into %s on %s: %s is\n%s, in PyTorch\n%s", c.File, c.Model, name, p.Name, got, c.State[p.Name])
				}
			}
		}
	}
}
