package tensor_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestBFloat16Products compares products of bfloat16 matrices and their gradients with PyTorch's, with every instruction
// set: kernels of bfloat16 and others. Sums in float32 differ in their order alone, so a result differs by one step of
// bfloat16 at most, and few do.
func TestBFloat16Products(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/bfloat16.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name    string
		Shapes  [][]int
		Results [][]byte // base64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			dice := rng.NewTorch(1)
			draw := func(shape ...int) tensor.Tensor {
				n := 1
				for _, d := range shape {
					n *= d
				}
				v := make([]float32, n)
				dice.Normal32(v, 0, 1)
				return tensor.From(v, shape...).Cast(tensor.BFloat16)
			}
			for _, c := range cases {
				var inputs []tensor.Tensor
				for _, shape := range c.Shapes {
					inputs = append(inputs, draw(shape...).SetRequiresGrad(true))
				}
				var y tensor.Tensor
				if c.Name == "linear" {
					y = tensor.Linear(inputs[0], inputs[1], inputs[2], tensor.NoActivation)
				} else {
					y = inputs[0].MatMul(inputs[1])
				}
				y.Mul(draw(y.Shape().Dims()...)).Sum().Backward()
				results := []tensor.Tensor{y}
				for _, x := range inputs {
					results = append(results, x.Grad())
				}
				for i, got := range results {
					wantSame(t, c.Name, i, got.Float32s(), c.Results[i])
				}
			}
		})
	}
}

// wantSame compares the elements of result i with bfloat16 numbers.
func wantSame(t *testing.T, name string, i int, got []float32, want []byte) {
	t.Helper()
	if len(want) != 2*len(got) {
		t.Fatalf("%s: result %d has %d elements, want %d", name, i, len(got), len(want)/2)
	}
	differ := 0
	for j, g := range got {
		w := vec.BF16(binary.LittleEndian.Uint16(want[2*j:]))
		if g != w {
			differ++
		}
		// One step, and the float32 errors of a sum of 80 terms that cancel.
		if d := math.Abs(float64(g - w)); !(d <= 0x1p-7*math.Abs(float64(w))+80*0x1p-24*80) {
			t.Fatalf("%s: element %d of result %d is %v, want %v", name, j, i, g, w)
		}
	}
	if differ > len(got)/100 {
		t.Errorf("%s: %d of %d elements of result %d differ", name, differ, len(got), i)
	}
}
