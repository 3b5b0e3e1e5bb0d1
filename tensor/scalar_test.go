package tensor_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestNumbersBeyondType computes with numbers that the tensor's type does not hold, as PyTorch does.
func TestNumbersBeyondType(t *testing.T) {
	u8, i64 := tensor.FromAs(tensor.Options{DType: tensor.Uint8}, []int{1, 200}), tensor.From([]int{1, -3})
	for name, c := range map[string]struct {
		got  tensor.Tensor
		dt   tensor.DType
		want [2]float64
	}{
		"uint8 + 300 wraps": {u8.AddScalar(300), tensor.Uint8, [2]float64{45, 244}},
		"300 − uint8 wraps": {u8.RSubScalar(300), tensor.Uint8, [2]float64{43, 100}},
		"max(uint8, −2)":    {u8.MaximumScalar(-2), tensor.Uint8, [2]float64{1, 200}},
		"min(uint8, 300)":   {u8.MinimumScalar(300), tensor.Uint8, [2]float64{1, 200}},
		"max(uint8, 1.5)":   {u8.MaximumScalar(1.5), tensor.Float32, [2]float64{1.5, 200}},
		"max(int64, −∞)":    {i64.MaximumScalar(math.Inf(-1)), tensor.Int64, [2]float64{1, -3}},
		"int64 + 2⁶³":       {i64.AddScalar(0x1p63), tensor.Float32, [2]float64{0x1p63, 0x1p63}},
		"int64 − 2⁶²":       {i64.SubScalar(0x1p62), tensor.Int64, [2]float64{1 - 0x1p62, -3 - 0x1p62}},
		"2⁶⁴ / int64":       {i64.RDivScalar(0x1p64), tensor.Float32, [2]float64{0x1p64, float64(float32(-0x1p64 / 3.0))}},
		"2 ** int64":        {i64.RPowScalar(2), tensor.Int64, [2]float64{2, 0}},
		"float16 max 1e9": {tensor.From([]float64{1, 2}).Cast(tensor.Float16).MaximumScalar(1e9), tensor.Float16,
			[2]float64{math.Inf(1), math.Inf(1)}},
		"int64 % 5 has 5's sign": {i64.RemainderScalar(5), tensor.Int64, [2]float64{1, 2}},
	} {
		v := c.got.Float64s()
		if c.got.DType() != c.dt || v[0] != c.want[0] || v[1] != c.want[1] {
			t.Errorf("%s: %s %v, want %s %v", name, c.got.DType(), v, c.dt, c.want)
		}
	}
	for want, f := range map[string]func(){
		"maximum: uint8 holds numbers from 0 to 255, not 300: (2,)": func() { u8.MaximumScalar(300) },
		"minimum: uint8 holds numbers from 0 to 255, not -2: (2,)":  func() { u8.MinimumScalar(-2) },
		"remainder: an integer is divided by 0":                     func() { u8.RemainderScalar(0) },
		"floor_divide: an integer is divided by 0":                  func() { tensor.Zeros(2).Cast(tensor.Int64).RFloorDivScalar(3) },
		"rsub: booleans are not supported":                          func() { tensor.FromBools([]bool{true}).RSubScalar(1) },
	} {
		if text := panics(t, f); !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}
