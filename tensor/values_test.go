package tensor_test

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// panics returns the text of the *Error that f panics with.
func panics(t *testing.T, f func()) string {
	t.Helper()
	err := tensor.Try(f)
	if err == nil {
		t.Error("no panic")
		return ""
	}
	return err.Error()
}

func TestCreation(t *testing.T) {
	asyncDevice := devicetest.Async()
	type celsius float32
	type small uint16
	for _, c := range []struct {
		name  string
		got   tensor.Tensor
		dt    tensor.DType
		dims  []int
		want  []float64
		where tensor.Device
	}{
		{"From float32", tensor.From([]float32{1, 2}), tensor.Float32, []int{2}, []float64{1, 2}, tensor.CPU()},
		{"From float64", tensor.From([]float64{1, 2}, 2, 1), tensor.Float64, []int{2, 1}, []float64{1, 2}, tensor.CPU()},
		{"From int", tensor.From([]int{1, -2}), tensor.Int64, []int{2}, []float64{1, -2}, tensor.CPU()},
		{"From int8", tensor.From([]int8{-128}), tensor.Int8, []int{1}, []float64{-128}, tensor.CPU()},
		{"From int16", tensor.From([]int16{-300}), tensor.Int16, []int{1}, []float64{-300}, tensor.CPU()},
		{"From uint16", tensor.From([]small{65535}), tensor.Int64, []int{1}, []float64{65535}, tensor.CPU()},
		{"From uint32", tensor.From([]uint32{math.MaxUint32}), tensor.Int64, []int{1}, []float64{math.MaxUint32}, tensor.CPU()},
		{"From uint", tensor.From([]uint{7}), tensor.Int64, []int{1}, []float64{7}, tensor.CPU()},
		{"From uint64", tensor.From([]uint64{1 << 40}), tensor.Int64, []int{1}, []float64{1 << 40}, tensor.CPU()},
		{"FromBools", tensor.FromBools([]bool{true, false, true, true}, 2, 2), tensor.Bool, []int{2, 2},
			[]float64{1, 0, 1, 1}, tensor.CPU()},
		{"From int32", tensor.From([]int32{-7}), tensor.Int32, []int{1}, []float64{-7}, tensor.CPU()},
		{"From uint8", tensor.From([]uint8{200}), tensor.Uint8, []int{1}, []float64{200}, tensor.CPU()},
		{"From a named type", tensor.From([]celsius{36.5}), tensor.Float32, []int{1}, []float64{36.5}, tensor.CPU()},
		{"From nothing", tensor.From([]float32{}, 2, 0), tensor.Float32, []int{2, 0}, []float64{}, tensor.CPU()},
		{"Fill", tensor.FromAs(tensor.Options{DType: tensor.Bool}, []int{0, 3}), tensor.Bool, []int{2}, []float64{0, 1}, tensor.CPU()},
		{"Fill elsewhere", tensor.FromAs(tensor.Options{Device: asyncDevice}, []int{5}), tensor.Float32, []int{1},
			[]float64{5}, asyncDevice},
		{"Scalar", tensor.Scalar(2.5), tensor.Float64, []int{}, []float64{2.5}, tensor.CPU()},
		{"Full", tensor.Full(7, 2), tensor.Float32, []int{2}, []float64{7, 7}, tensor.CPU()},
		{"Zeros", tensor.Zeros(1, 2), tensor.Float32, []int{1, 2}, []float64{0, 0}, tensor.CPU()},
		{"Ones", tensor.Ones(), tensor.Float32, []int{}, []float64{1}, tensor.CPU()},
		{"Options.Full", tensor.Options{DType: tensor.Int32, Device: asyncDevice}.Full(-3, 2), tensor.Int32, []int{2},
			[]float64{-3, -3}, asyncDevice},
		{"Options.Zeros", tensor.Options{DType: tensor.Float64}.Zeros(2), tensor.Float64, []int{2}, []float64{0, 0}, tensor.CPU()},
		{"Options.Ones", tensor.Options{DType: tensor.Bool}.Ones(2), tensor.Bool, []int{2}, []float64{1, 1}, tensor.CPU()},
		{"Options.FromBytes", tensor.Options{DType: tensor.Int32}.FromBytes([]byte{1, 0, 0, 0, 254, 255, 255, 255}, 2),
			tensor.Int32, []int{2}, []float64{1, -2}, tensor.CPU()},
	} {
		if got := c.got.Float64s(); c.got.DType() != c.dt || !reflect.DeepEqual(c.got.Shape().Dims(),
			append([]int(nil), c.dims...)) || !reflect.DeepEqual(got, c.want) ||
			c.got.Device() != c.where {
			t.Errorf("%s: %s%s %v on %s, want %s%v %v on %s", c.name, c.got.DType(), c.got.Shape(), got, c.got.Device(),
				c.dt, c.dims, c.want, c.where)
		}
	}
	for text, f := range map[string]func(){
		"tensor: 2 numbers do not fill the shape: (3,)":                                                func() { tensor.From([]int{1, 2}, 3) },
		"SetBytes: 4 bytes do not fill a tensor of float32, or it has gaps between its elements: (2,)": func() { tensor.Options{}.FromBytes(make([]byte, 4), 2) },
		"shape: negative size -1":                                     func() { tensor.Zeros(2, -1) },
		"call Reshape, which infers one size":                         func() { tensor.From([]float32{1, 2}, -1, 2) },
		"shape: at most 10 dimensions are possible, got 11":           func() { tensor.Zeros(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) },
		"shape: more elements than memory can hold":                   func() { tensor.Zeros(math.MaxInt/4, 8) },
		"tensor: 9223372036854775808 is too large for int64":          func() { tensor.From([]uint64{1, 1 << 63}) },
		"tensor: 1 numbers do not fill the shape: (2,)":               func() { tensor.FromBools([]bool{true}, 2) },
		"randn: random numbers need a floating-point type, not bool":  func() { tensor.Options{DType: tensor.Bool}.RandN(rng.NewTorch(1), 2) },
		"randint: [3, 3) holds no integer: lo must be below hi: (2,)": func() { tensor.Options{}.RandInt(rng.NewTorch(1), 3, 3, 2) },
		"randperm: the generator is nil: rng.NewTorch makes one":      func() { tensor.Options{}.RandPerm(nil, 3) },
		"randint: the generator is nil: rng.NewTorch makes one":       func() { tensor.Options{}.RandInt(nil, 0, 3, 2) },
		"randn: the generator is nil: rng.NewTorch makes one":         func() { tensor.Options{}.RandN(nil, 2) },
		"rand: the generator is nil: rng.NewTorch makes one":          func() { tensor.Options{}.Rand(nil, 2) },
		"rand_like: the generator is nil: rng.NewTorch makes one":     func() { tensor.Ones(2).RandLike(nil) },
		"bernoulli_: the probability is 1.5, not from 0 to 1: (2,)":   func() { tensor.Ones(2).BernoulliLike(rng.NewTorch(1), 1.5) },
		"rand: random numbers need a floating-point type, not int64":  func() { tensor.Options{DType: tensor.Int64}.Rand(rng.NewTorch(1), 2) },
	} {
		if got := panics(t, f); !strings.Contains(got, text) {
			t.Errorf("the error is %q, want …%s…", got, text)
		}
	}
}

// TestRandom compares with the streams of package rng, which PyTorch's golden files hold.
func TestRandom(t *testing.T) {
	o32, o64 := tensor.Options{}, tensor.Options{DType: tensor.Float64}
	want32, want64 := make([]float32, 20), make([]float64, 20)
	g := rng.NewTorch(3)
	check := func(name string, got tensor.Tensor, want any) {
		t.Helper()
		var have any
		if got.DType() == tensor.Float32 {
			have = got.Float32s()
		} else {
			have = got.Float64s()
		}
		if !reflect.DeepEqual(have, want) || got.Shape() != tensor.ShapeOf(4, 5) {
			t.Errorf("%s: %v, want %v", name, have, want)
		}
	}
	g.Uniform32(want32, 0, 1)
	check("Rand", o32.Rand(rng.NewTorch(3), 4, 5), want32)
	g = rng.NewTorch(3)
	g.Uniform64(want64, -2, 3)
	check("Uniform", o64.Uniform(rng.NewTorch(3), -2, 3, 4, 5), want64)
	g = rng.NewTorch(3)
	g.Normal32(want32, 0, 1)
	check("RandN", o32.RandN(rng.NewTorch(3), 4, 5), want32)
	g = rng.NewTorch(3)
	g.Normal64(want64, 0, 1)
	check("RandN float64", o64.RandN(rng.NewTorch(3), 4, 5), want64)
	if one := o32.Rand(rng.NewTorch(3)); one.Rank() != 0 {
		t.Errorf("Rand without dims has shape %s", one.Shape())
	}
}

// TestRandomOnDevices compares every distribution on the CPU and on an asynchronous device, which draws in its own
// memory, with package rng: numbers, and the generator's state afterwards.
func TestRandomOnDevices(t *testing.T) {
	type draw struct {
		name string
		got  func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor
		want func(g *rng.Torch, n int) []float64
	}
	f32 := func(f func(g *rng.Torch, dst []float32)) func(g *rng.Torch, n int) []float64 {
		return func(g *rng.Torch, n int) []float64 {
			dst := make([]float32, n)
			f(g, dst)
			return tensor.From(dst).Float64s()
		}
	}
	f64 := func(f func(g *rng.Torch, dst []float64)) func(g *rng.Torch, n int) []float64 {
		return func(g *rng.Torch, n int) []float64 {
			dst := make([]float64, n)
			f(g, dst)
			return dst
		}
	}
	i64 := func(f func(g *rng.Torch, dst []int64)) func(g *rng.Torch, n int) []float64 {
		return func(g *rng.Torch, n int) []float64 {
			dst := make([]int64, n)
			f(g, dst)
			return tensor.From(dst).Float64s()
		}
	}
	wide := func(o tensor.Options) tensor.Options { return tensor.Options{DType: tensor.Float64, Device: o.Device} }
	draws := []draw{
		{"Rand", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return o.Rand(g, n) },
			f32(func(g *rng.Torch, dst []float32) { g.Uniform32(dst, 0, 1) })},
		{"Rand float64", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return wide(o).Rand(g, n) },
			f64(func(g *rng.Torch, dst []float64) { g.Uniform64(dst, 0, 1) })},
		{"RandN", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return o.RandN(g, n) },
			f32(func(g *rng.Torch, dst []float32) { g.Normal32(dst, 0, 1) })},
		{"RandN float64", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return wide(o).RandN(g, n) },
			f64(func(g *rng.Torch, dst []float64) { g.Normal64(dst, 0, 1) })},
		{"RandInt", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return o.RandInt(g, -5, 1<<40, n) },
			i64(func(g *rng.Torch, dst []int64) { g.Randint(dst, -5, 1<<40) })},
		{"RandPerm", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return o.RandPerm(g, n) },
			i64((*rng.Torch).Randperm)},
		{"BernoulliLike", func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor { return o.Zeros(n).BernoulliLike(g, 0.3) },
			f32(func(g *rng.Torch, dst []float32) { g.Bernoulli32(dst, 0.3) })},
		{"BernoulliLike float64",
			func(o tensor.Options, g *rng.Torch, n int) tensor.Tensor {
				return wide(o).Zeros(n).BernoulliLike(g, 0.3)
			},
			f64(func(g *rng.Torch, dst []float64) { g.Bernoulli64(dst, 0.3) })},
	}
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for _, d := range draws {
			g, h := rng.NewTorch(3), rng.NewTorch(3)
			for _, n := range []int{0, 7, 15, 16, 1<<14 - 1, 1 << 14, 1<<14 + 1, 1<<14 + 15, 1<<14 + 16, 3<<14 + 7} {
				want := d.want(g, n)
				x := d.got(tensor.Options{Device: dev}, h, n)
				if g.Uint64() != h.Uint64() {
					t.Errorf("%s of %d numbers on %s: the generator's state differs", d.name, n, dev)
				}
				if got := x.Float64s(); !slices.Equal(got, want) {
					t.Errorf("%s of %d numbers on %s: the numbers differ", d.name, n, dev)
				}
			}
		}
	}
}

// Noise like a step's tensor belongs to the step, and a steady step allocates nothing for it.
func TestNoiseInScope(t *testing.T) {
	s, g := tensor.NewScope(tensor.CPU()), rng.NewTorch(1)
	for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.BFloat16} {
		x := tensor.Options{DType: dt}.Zeros(300, 70).SetRequiresGrad(true)
		step := func() {
			s.Recycle()
			y := x.InScope(s)
			for _, z := range []tensor.Tensor{y.RandLike(g), y.RandNLike(g), y.RandIntLike(g, 1, 7), y.BernoulliLike(g, 0.5)} {
				if z.Scope() != s || z.DType() != dt || z.NeedsGrad() {
					t.Errorf("%s: the noise is %s in another scope, or wants a gradient", dt, z.DType())
				}
				y = y.Add(z)
			}
		}
		for range 3 {
			step()
		}
		if n := tensortest.AllocsPerRun(200, step); n != 0 {
			t.Errorf("%s: %v allocations a step", dt, n)
		}
	}
	if z := tensor.Zeros(2).RandNLike(g); z.Scope() != nil {
		t.Error("noise like a tensor on the heap is in a scope")
	}
}

func TestReading(t *testing.T) {
	holds(t, "Bools", tensor.From([]float32{0, 2, float32(math.NaN()), -0.5}).Bools(), []bool{false, true, true, true})
	holds(t, "Bools", tensor.FromBools([]bool{true, false}).Bools(), []bool{true, false})
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		x := tensor.FromAs(tensor.Options{Device: dev}, []int{1, 2, 3, 4, 5, 6}, 2, 3)
		strided := x.T().Slice(0, 0, 3, 2) // 1 4, 3 6
		if got := strided.Float32s(); !reflect.DeepEqual(got, []float32{1, 4, 3, 6}) {
			t.Errorf("Float32s: %v", got)
		}
		if got := strided.Int64s(); !reflect.DeepEqual(got, []int64{1, 4, 3, 6}) {
			t.Errorf("Int64s: %v", got)
		}
		if got := tensor.SliceOf[int16](strided); !reflect.DeepEqual(got, []int16{1, 4, 3, 6}) {
			t.Errorf("SliceOf: %v", got)
		}
		if got := strided.At(1, 0); got != 3 {
			t.Errorf("At: %v", got)
		}
		if got := strided.At(-1, -1); got != 6 {
			t.Errorf("At from the end: %v", got)
		}
		into := make([]float32, 4)
		tensor.CopyTo(into, strided)
		if !reflect.DeepEqual(into, []float32{1, 4, 3, 6}) {
			t.Errorf("CopyTo: %v", into)
		}
		if got := x.Cast(tensor.Uint8).T().Bytes(); !bytes.Equal(got, []byte{1, 4, 2, 5, 3, 6}) {
			t.Errorf("Bytes: %v", got)
		}
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64, tensor.Int32, tensor.Int16,
			tensor.Int8, tensor.Uint8} {
			if got := x.Select(0, 1).Narrow(0, 1, 1).Cast(dt).Item(); got != 5 {
				t.Errorf("Item of %s: %v", dt, got)
			}
		}
		tensor.SetFrom(x, []float32{6, 5, 4, 3, 2, 1})
		if got := x.At(0, 2); got != 4 {
			t.Errorf("after SetFrom: %v", got)
		}
		tensor.SetBytes(x.Narrow(0, 1, 1), make([]byte, 12))
		if got := x.Float32s(); !reflect.DeepEqual(got, []float32{6, 5, 4, 0, 0, 0}) {
			t.Errorf("after SetBytes: %v", got)
		}
		for text, f := range map[string]func(){
			"item: the tensor must have exactly one element: (2, 3)":                                                      func() { x.Item() },
			"At: 1 indices for 2 dimensions: (2, 3)":                                                                      func() { x.At(1) },
			"At: index 2 of dimension 0 does not exist: (2, 3)":                                                           func() { x.At(2, 0) },
			"CopyTo: a slice of 4 float32 does not take 6 elements of float32: length and type must be the same: (2, 3)":  func() { tensor.CopyTo(into, x) },
			"CopyTo: a slice of 6 int64 does not take 6 elements of float32: length and type must be the same: (2, 3)":    func() { tensor.CopyTo(make([]int64, 6), x) },
			"SetFrom: 5 elements of float32 do not fill a tensor of float32, or it has gaps between its elements: (2, 3)": func() { tensor.SetFrom(x, make([]float32, 5)) },
			"SetFrom: 6 elements of float64 do not fill a tensor of float32, or it has gaps between its elements: (2, 3)": func() { tensor.SetFrom(x, make([]float64, 6)) },
			"SetFrom: 6 elements of float32 do not fill a tensor of float32, or it has gaps between its elements: (3, 2)": func() { tensor.SetFrom(x.T(), make([]float32, 6)) },
			"SetBytes: 23 bytes do not fill a tensor of float32, or it has gaps between its elements: (2, 3)":             func() { tensor.SetBytes(x, make([]byte, 23)) },
			"SetFrom: the tensor requires a gradient; change it through Data()":                                           func() { tensor.SetFrom(x.Keep().SetRequiresGrad(true), make([]float32, 6)) },
		} {
			if got := panics(t, f); !strings.Contains(got, text) {
				t.Errorf("the error is %q, want …%s…", got, text)
			}
		}
	}
}

// NewFrom makes a tensor of x's type, device and scope.
func TestNewFrom(t *testing.T) {
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		step := tensor.NewScope(dev)
		for _, s := range []*tensor.Scope{nil, step} {
			for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.BFloat16, tensor.Int64, tensor.Uint8} {
				x := tensor.Options{DType: dt, Device: dev}.Zeros(1)
				if s != nil {
					x = x.InScope(s)
				}
				for name, y := range map[string]tensor.Tensor{
					"float64": tensor.NewFrom(x, []float64{1, 2, 3, 4}, 2, 2),
					"float32": tensor.NewFrom(x, []float32{1, 2, 3, 4}, 2, 2),
					"int":     tensor.NewFrom(x, []int{1, 2, 3, 4}, 2, 2),
				} {
					if y.DType() != dt || y.Device() != dev || y.Scope() != s || y.Shape() != tensor.ShapeOf(2, 2) ||
						!reflect.DeepEqual(y.Int64s(), []int64{1, 2, 3, 4}) {
						t.Errorf("%s from %s on %s: %v", dt, name, dev, y)
					}
				}
			}
		}
		step.Recycle()
	}
	if y := tensor.NewFrom(tensor.Ones(1), []int{1, 2, 3}); y.Shape() != tensor.ShapeOf(3) {
		t.Errorf("without dims: %v", y)
	}
	for text, f := range map[string]func(){
		"tensor: 3 numbers do not fill the shape: (2, 2)":          func() { tensor.NewFrom(tensor.Ones(1), []int{1, 2, 3}, 2, 2) },
		"tensor: uint8 holds numbers from 0 to 255, not 300: (1,)": func() { tensor.NewFrom(tensor.Options{DType: tensor.Uint8}.Ones(1), []int{300}) },
	} {
		if got := panics(t, f); !strings.Contains(got, text) {
			t.Errorf("the error is %q, want …%s…", got, text)
		}
	}
}

// TestInPlaceOverlap writes to memory that the source reads in another order.
func TestInPlaceOverlap(t *testing.T) {
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		fresh := func() tensor.Tensor {
			return tensor.FromAs(tensor.Options{Device: dev}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3)
		}
		for _, c := range []struct {
			name string
			f    func(x tensor.Tensor)
			want []float32
		}{
			{"its transpose added", func(x tensor.Tensor) { x.AddInPlace(x.T()) }, []float32{2, 6, 10, 6, 10, 14, 10, 14, 18}},
			{"itself added", func(x tensor.Tensor) { x.AddInPlace(x) }, []float32{2, 4, 6, 8, 10, 12, 14, 16, 18}},
			{"its first row taken off", func(x tensor.Tensor) { x.SubInPlace(x.Select(0, 0)) }, []float32{0, 0, 0, 3, 3, 3, 6, 6, 6}},
			{"rows moved down", func(x tensor.Tensor) { x.Narrow(0, 1, 2).CopyFrom(x.Narrow(0, 0, 2)) },
				[]float32{1, 2, 3, 1, 2, 3, 4, 5, 6}},
			{"rows moved up", func(x tensor.Tensor) { x.Narrow(0, 0, 2).CopyFrom(x.Narrow(0, 1, 2)) },
				[]float32{4, 5, 6, 7, 8, 9, 7, 8, 9}},
			{"a row copied to another", func(x tensor.Tensor) { x.Select(0, 0).CopyFrom(x.Select(0, 2)) },
				[]float32{7, 8, 9, 4, 5, 6, 7, 8, 9}},
		} {
			x := fresh()
			c.f(x)
			if got := x.Float32s(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s on %s: %v, want %v", c.name, dev, got, c.want)
			}
		}
		if got := panics(t, func() { fresh().Select(0, 0).Expand(2, 3).FillInPlace(0) }); !strings.Contains(got,
			"several elements share one memory location") {
			t.Errorf("a write into an expanded tensor: %q", got)
		}
	}
}
