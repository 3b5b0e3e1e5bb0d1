package tensor_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestRandom16 compares random 16-bit tensors, and the generator's state after them, with PyTorch's.
func TestRandom16(t *testing.T) {
	var cases []struct {
		Call, DType, Digest string
		Args                []float64
		Shape               []int
		Next                float32
	}
	b, err := os.ReadFile("../testdata/torch/rng/streams16.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	types := map[string]tensor.DType{"float16": tensor.Float16, "bfloat16": tensor.BFloat16}
	seen := 0
	for _, c := range cases {
		o, g := tensor.Options{DType: types[c.DType]}, rng.NewTorch(5)
		like := func(f func(x tensor.Tensor) tensor.Tensor) tensor.Tensor {
			g.Seed(5)
			return f(o.Zeros(1).Expand(c.Shape...))
		}
		var results []tensor.Tensor
		switch c.Call {
		case "rand":
			results = append(results, o.Rand(g, c.Shape...),
				like(func(x tensor.Tensor) tensor.Tensor { return x.RandLike(g) }))
		case "uniform":
			results = append(results, o.Uniform(g, c.Args[0], c.Args[1], c.Shape...))
		case "randn":
			results = append(results, o.RandN(g, c.Shape...))
			if len(c.Shape) > 0 {
				results = append(results, like(func(x tensor.Tensor) tensor.Tensor { return x.RandNLike(g) }))
			}
		default:
			continue // nn's
		}
		seen++
		for i, x := range results {
			sum := sha256.Sum256(x.Cast(tensor.Float32).Bytes())
			if hex.EncodeToString(sum[:]) != c.Digest {
				t.Errorf("%s %s %v %v, way %d: other numbers than PyTorch's", c.Call, c.DType, c.Shape, c.Args, i)
			}
		}
		if next := float32((tensor.Options{}).Rand(g).Item()); next != c.Next {
			t.Errorf("%s %s %v: the generator goes on with %v, PyTorch's with %v", c.Call, c.DType, c.Shape, next, c.Next)
		}
	}
	if seen < 20 {
		t.Errorf("only %d cases", seen)
	}
	// 0.4% of bfloat16 numbers would be 1 if a number that rounds up to 1 stayed 1.
	if most := (tensor.Options{DType: tensor.BFloat16}).Rand(rng.NewTorch(0), 10000).Max().Item(); most >= 1 {
		t.Errorf("the largest bfloat16 number is %v", most)
	}
}

// TestBeyondType fills tensors with numbers that their types do not hold.
func TestBeyondType(t *testing.T) {
	u8, i32, i64 := tensor.Options{DType: tensor.Uint8}, tensor.Options{DType: tensor.Int32}, tensor.Options{DType: tensor.Int64}
	f16, boolean := tensor.Options{DType: tensor.Float16}, tensor.Options{DType: tensor.Bool}
	g := rng.NewTorch(1)
	mask := tensor.FromBools([]bool{true, false})
	inf, nan := math.Inf(1), math.NaN()
	for want, f := range map[string]func(){
		"randint: uint8 does not hold 299: (2,)":                                                                                                      func() { u8.RandInt(g, 0, 300, 2) },
		"randint: uint8 does not hold -1: (2,)":                                                                                                       func() { u8.RandInt(g, -1, 3, 2) },
		"randint: bool does not hold 2: (2,)":                                                                                                         func() { boolean.RandInt(g, 0, 3, 2) },
		"randint: int32 does not hold 2147483648: (2,)":                                                                                               func() { i32.RandInt(g, 0, 1<<31+1, 2) },
		"randint: float16 does not hold 69999: (2,)":                                                                                                  func() { f16.RandInt(g, 0, 70000, 2) },
		"randint_like: uint8 does not hold 299: (2,)":                                                                                                 func() { u8.Zeros(2).RandIntLike(g, 0, 300) },
		"full: uint8 holds numbers from 0 to 255, not 300: (3,)":                                                                                      func() { u8.Full(300, 3) },
		"full: uint8 holds numbers from 0 to 255, not -1: (3,)":                                                                                       func() { u8.Full(-1, 3) },
		"full: uint8 holds numbers from 0 to 255, not NaN: (3,)":                                                                                      func() { u8.Full(nan, 3) },
		"full: uint8 holds numbers from 0 to 255, not 256: (1,)":                                                                                      func() { u8.Zeros(1).NewFull(256, 1) },
		"full_like: uint8 holds numbers from 0 to 255, not 256: (2,)":                                                                                 func() { u8.Zeros(2).FullLike(256) },
		"full: float16 holds numbers from -65504 to 65504, not 65510: (1,)":                                                                           func() { f16.Full(65510, 1) },
		"full: int64 holds numbers from -9.223372036854776e+18 to":                                                                                    func() { i64.Full(0x1p63, 1) },
		"tensor: uint8 holds numbers from 0 to 255, not 300: (2,)":                                                                                    func() { tensor.FromAs(u8, []int{1, 300}) },
		"tensor: int32 holds numbers from -2.147483648e+09 to 2.147483647e+09":                                                                        func() { tensor.FromAs(i32, []float64{1, inf}) },
		"tensor: int64 holds numbers from":                                                                                                            func() { tensor.FromAs(i64, []float32{1, float32(nan)}) },
		"tensor: uint8 holds numbers from 0 to 255, not 300: (4,)":                                                                                    func() { u8.Linspace(0, 300, 4) },
		"fill_: uint8 holds numbers from 0 to 255, not 300: (2,)":                                                                                     func() { u8.Zeros(2).FillInPlace(300) },
		"fill_: uint8 holds numbers from 0 to 255, not 1000: ()":                                                                                      func() { u8.Zeros(2).Set(1000, 1) },
		"masked_fill: uint8 holds numbers from 0 to 255, not 300: (2,)":                                                                               func() { u8.Zeros(2).MaskedFill(mask, 300) },
		"masked_fill: float16 holds numbers from -65504 to 65504, not -1e+09":                                                                         func() { f16.Zeros(2).MaskedFill(mask, -1e9) },
		"scatter: uint8 holds numbers from 0 to 255, not 300: (2,)":                                                                                   func() { u8.Zeros(2).ScatterScalar(0, i64.Zeros(1), 300) },
		"pad: uint8 holds numbers from 0 to 255, not 300: (2,)":                                                                                       func() { u8.Zeros(2).Pad(300, 1, 1) },
		"arange: uint8 holds numbers from 0 to 255, not 299: (300,)":                                                                                  func() { u8.Arange(0, 300, 1) },
		"arange: uint8 holds numbers from 0 to 255, not -2: (5,)":                                                                                     func() { u8.Arange(-2, 3, 1) },
		"uniform_: [2, 1) is not a range of float32: lo must not exceed hi, and both and their difference must be numbers of the type: (3,)":          func() { tensor.Options{}.Uniform(g, 2, 1, 3) },
		"uniform_: [NaN, 1) is not a range of float32: lo must not exceed hi, and both and their difference must be numbers of the type: (3,)":        func() { tensor.Options{}.Uniform(g, nan, 1, 3) },
		"uniform_: [-60000, 60000) is not a range of float16: lo must not exceed hi, and both and their difference must be numbers of the type: (3,)": func() { f16.Uniform(g, -60000, 60000, 3) },
		"uniform_: [0, 1e+39) is not a range of float32: lo must not exceed hi, and both and their difference must be numbers of the type: (3,)":      func() { tensor.Options{}.Uniform(g, 0, 1e39, 3) },
		"full: float32 holds numbers from -3.4028234663852886e+38 to 3.4028234":                                                                       func() { tensor.Full(1e39) },
	} {
		if text := panics(t, f); !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	for _, x := range []struct {
		got  tensor.Tensor
		want float64
	}{
		{u8.Full(255.9, 1), 255}, {i64.Full(-0x1p63, 1), -0x1p63}, {boolean.Full(300, 1), 1}, {f16.Full(-inf, 1), -inf},
		{u8.Full(-0.5, 1), 0},
		{u8.RandInt(g, 255, 256, 1), 255}, {u8.Arange(255, 256, 1), 255}, {tensor.FromAs(boolean, []float64{nan}), 1},
		{f16.Full(65504), 65504},
		{boolean.RandInt(g, 1, 2, 1), 1}, {tensor.Options{DType: tensor.BFloat16}.Full(0x1.fep127), 0x1.fep127},
	} {
		if v := x.got.Item(); v != x.want {
			t.Errorf("got %v, want %v", v, x.want)
		}
	}
}
