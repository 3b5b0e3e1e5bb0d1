package nn_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestStreams16 compares initial values and Dropout in 16-bit floats, and where they leave the generator, with
// PyTorch's.
func TestStreams16(t *testing.T) {
	var cases []struct {
		Call, DType, Digest string
		Args                []float64
		Shape               []int
		Next                float64
	}
	b, err := os.ReadFile("../testdata/torch/rng/streams16.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	types := map[string]tensor.DType{"float16": tensor.Float16, "bfloat16": tensor.BFloat16, "float32": tensor.Float32}
	seen := 0
	for _, c := range cases {
		o, g := tensor.Options{DType: types[c.DType]}, rng.NewTorch(5)
		w, a := o.Zeros(c.Shape...), c.Args
		name, transposed := strings.CutSuffix(c.Call, "_transposed")
		if transposed {
			w = w.T()
		}
		draw := map[string]func(){
			"init_uniform":    func() { nninit.Uniform(g, w, a[0], a[1]) },
			"init_normal":     func() { nninit.Normal(g, w, a[0], a[1]) },
			"trunc_normal":    func() { nninit.TruncatedNormal(g, w, a[0], a[1], a[2], a[3]) },
			"xavier_uniform":  func() { nninit.XavierUniform(g, w, 1) },
			"xavier_normal":   func() { nninit.XavierNormal(g, w, 1) },
			"kaiming_uniform": func() { nninit.KaimingUniform(g, w, nninit.Kaiming{}) },
			"kaiming_normal":  func() { nninit.KaimingNormal(g, w, nninit.Kaiming{}) },
			"sparse":          func() { nninit.Sparse(g, w, a[0], 0.01) },
			"dropout": func() {
				w = nn.NewDropout(g, a[0]).Forward(tensor.Options{}.Arange(-503, 504, 1).DivScalar(64).Cast(o.DType))
			},
			"linear": func() { w = nn.LinearConfig{DType: o.DType}.New(g, c.Shape[1], c.Shape[0]).Weight },
		}[name]
		if draw == nil {
			continue // tested in package tensor
		}
		seen++
		draw()
		if digest(w.Cast(tensor.Float32)) != c.Digest {
			t.Errorf("%s %s %v %v: differs from PyTorch", c.Call, c.DType, c.Shape, a)
		}
		if next := (tensor.Options{}).Rand(g).Item(); next != c.Next {
			t.Errorf("%s %s %v %v: the generator's next number is %v, PyTorch's is %v", c.Call, c.DType, c.Shape, a, next, c.Next)
		}
	}
	if seen < 60 {
		t.Errorf("only %d cases", seen)
	}
}
