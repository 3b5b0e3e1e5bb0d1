package nn_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestPositions compares angles, encodings and slopes with those of Hugging Face and of the papers.
func TestPositions(t *testing.T) {
	var want struct {
		Rotary []struct {
			Scaling   attrs
			Positions []int64
			Cos, Sin  []float64
		}
		Sinusoidal []struct {
			T, E  int
			Table []float64
		}
		Slopes [][]float64
	}
	golden(t, "positions", &want)
	compare := func(what any, got, want []float64, tol float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%v: %d numbers, want %d", what, len(got), len(want))
		}
		for i := range got {
			if !(math.Abs(got[i]-want[i]) <= tol) {
				t.Errorf("%v: element %d is %v, want %v", what, i, got[i], want[i])
				return
			}
		}
	}
	for _, c := range want.Rotary {
		a := c.Scaling
		name, _ := a["rope_type"].(string)
		rope := nn.Rotary{Base: a.float("rope_theta"), MaxPositions: 128, Scaling: nn.RotaryScaling{
			Type: name, Factor: a.float("factor"), OriginalMaxPositions: int(a.float("original_max_position_embeddings")),
			LowFreqFactor: a.float("low_freq_factor"), HighFreqFactor: a.float("high_freq_factor"),
			BetaFast: a.float("beta_fast"), BetaSlow: a.float("beta_slow"),
			AttentionFactor: a.float("attention_factor"), MScale: a.float("mscale"),
			MScaleAllDim: a.float("mscale_all_dim"), NoTruncate: a["truncate"] == false}}.New(16)
		for _, d := range devices {
			cos, sin := rope.Angles(tensor.From(c.Positions).To(d))
			// An angle of up to 200 is rounded to 2⁻¹⁷, and its frequency once more.
			compare(a, cos.Float64s(), c.Cos, 3e-5)
			compare(a, sin.Float64s(), c.Sin, 3e-5)
		}
	}
	for _, c := range want.Sinusoidal {
		x := f64.Zeros(2, c.T, c.E)
		y := (&nn.SinusoidalPositions{}).Forward(x)
		compare(c.T, y.Select(0, 1).Float64s(), c.Table, 1e-12)
	}
	for _, s := range want.Slopes {
		compare(len(s), nn.ALiBiSlopes(len(s)), s, 1e-6)
	}
	x := tensor.Zeros(1, 3, 2)
	learned := nn.NewLearnedPositions(rng.NewTorch(1), 5, 2)
	compare("learned", learned.Forward(x).Float64s(), learned.Weight.Narrow(0, 0, 3).Float64s(), 0)
	compare("ALiBi", nn.ALiBi(x, 2, 2, 3).Float64s(), []float64{-1. / 16, 0, -1. / 16, -2. / 16, -1. / 16, 0, -1. / 256,
		0, -1. / 256, -2. / 256, -1. / 256, 0}, 0)
}

// TestGenerationStepAllocatesNothing checks that angles and a cache allocate nothing in a steady step.
func TestGenerationStepAllocatesNothing(t *testing.T) {
	rope := nn.NewRotary(8)
	cache := nn.NewKVCache(1, 1, 2, 64, 8)
	position := tensor.From([]int64{3})
	x := tensor.Ones(1, 2, 1, 8)
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	step := func() {
		cos, sin := rope.Angles(position.InScope(s))
		k := tensor.Rotary(x.InScope(s), cos, sin)
		keys, values := cache.Append(0, k, k)
		if keys.Dim(2) != cache.Len() || values.Dim(2) == 0 {
			t.Errorf("the cache returns %v", keys.Shape())
		}
		s.Recycle()
	}
	for range 10 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

// TestKVCache appends, truncates and reorders.
func TestKVCache(t *testing.T) {
	for _, d := range devices {
		c := nn.KVCacheConfig{DType: tensor.Float64, Device: d}.New(2, 2, 1, 4, 1)
		at := func(v ...float64) tensor.Tensor { return tensor.From(v, 2, 1, len(v)/2, 1).To(d) }
		for layer := range 2 {
			c.Append(layer, at(1, 2), at(3, 4))
			if layer == 0 && c.Len() != 0 {
				t.Errorf("%d positions before the last layer has them", c.Len())
			}
		}
		keys, _ := c.Append(0, at(5, 6, 7, 8), at(0, 0, 0, 0))
		_, values := c.Append(1, at(0, 0, 0, 0), at(9, 10, 11, 12))
		if got := keys.Float64s(); len(got) != 6 || got[2] != 6 || got[3] != 2 {
			t.Errorf("keys %v", got)
		}
		if got := values.Float64s(); len(got) != 6 || got[0] != 3 || got[5] != 12 {
			t.Errorf("values %v", got)
		}
		c.Reorder(tensor.From([]int64{1, 1}).To(d))
		c.Truncate(1)
		if keys, _ := c.Append(0, at(20, 21), at(0, 0)); keys.Float64s()[0] != 2 || keys.Float64s()[1] != 20 || c.Capacity() != 4 {
			t.Errorf("keys after Reorder and Truncate: %v", keys)
		}
	}
	uneven := nn.NewKVCache(2, 2, 1, 4, 1) // as after a panic between two layers
	two := tensor.Ones(2, 1, 2, 1)
	uneven.Append(0, two, two)
	uneven.Append(1, two.Narrow(2, 0, 1), two.Narrow(2, 0, 1))
	if err := tensor.Try(func() { uneven.Truncate(2) }); err == nil ||
		err.Error() != "KVCache.Truncate: the cache has 1 positions, so it cannot be cut to 2" {
		t.Errorf("Truncate(2): %v", err)
	}
	if err := tensor.Try(func() { uneven.Truncate(-1) }); err == nil {
		t.Error("Truncate(-1) does not panic")
	}
	if keys, _ := uneven.Append(0, two, two); keys.Dim(2) != 4 {
		t.Errorf("Truncate changed the cache before it panicked: %d positions", keys.Dim(2))
	}
	c := nn.NewKVCache(1, 1, 1, 2, 1)
	half := tensor.Ones(1, 1, 1, 1).Cast(tensor.BFloat16)
	one := tensor.Ones(1, 1, 3, 1)
	for want, f := range map[string]func(){
		"KVCache.Append: there is no layer 1: the cache has 1":                                                                    func() { c.Append(1, one, one) },
		"KVCache.Append: 0 positions and 3 more do not fit in the cache's 2: (1, 1, 3, 1)":                                        func() { c.Append(0, one, one) },
		"KVCache.Append: keys and values must be (1, 1, T, 1): (2, 1, 1, 1) × (2, 1, 1, 1)":                                       func() { c.Append(0, tensor.Ones(2, 1, 1, 1), tensor.Ones(2, 1, 1, 1)) },
		"KVCache.Append: keys and values must be float32 as the cache is, not bfloat16 and bfloat16: (1, 1, 1, 1) × (1, 1, 1, 1)": func() { c.Append(0, half, half) },
		"KVCache.Reorder: the index must be int64 and (2,), not int64: (1,)":                                                      func() { uneven.Reorder(tensor.From([]int64{0})) },
		"KVCache.Reorder: the index must be int64 and (2,), not float32: (2,)":                                                    func() { uneven.Reorder(tensor.Ones(2)) },
		"KVCache: the numbers of layers, sequences, heads, positions and elements must not be negative, not -1, 1, 1, 1 and 1":    func() { nn.NewKVCache(-1, 1, 1, 1, 1) },
		"KVCache.Truncate: the cache has 0 positions, so it cannot be cut to 1":                                                   func() { c.Truncate(1) },
		"alibi: the lengths must not be negative, not 2 and -1":                                                                   func() { nn.ALiBi(tensor.Ones(1), 2, 2, -1) },
		"alibi: the number of heads must be positive, not 0":                                                                      func() { nn.ALiBiSlopes(0) },
		"rotary: the number of rotated elements must be even and positive, not 3":                                                 func() { nn.NewRotary(3) },
		"rotary: the base must be positive, not -1":                                                                               func() { nn.Rotary{Base: -1}.New(4) },
		"rotary: create the layer with NewRotary or Rotary.New":                                                                   func() { (&nn.Rotary{}).Angles(tensor.Arange(2)) },
		"rotary: the scaling \"divisors\" needs 2 numbers, not 1":                                                                 func() { nn.Rotary{Scaling: nn.RotaryScaling{Type: "divisors", Divisors: []float32{1}}}.New(4) },
		"rotary: there is no scaling \"no\": linear, dynamic, yarn, llama3 and divisors exist":                                    func() { nn.Rotary{Scaling: nn.RotaryScaling{Type: "no", Factor: 1}}.New(4) },
		"rotary: the scaling \"linear\" needs a positive factor, not 0":                                                           func() { nn.Rotary{Scaling: nn.RotaryScaling{Type: "linear"}}.New(4) },
		"rotary: the scaling \"yarn\" needs OriginalMaxPositions":                                                                 func() { nn.Rotary{Scaling: nn.RotaryScaling{Type: "yarn", Factor: 2}}.New(4) },
		"rotary: the dynamic scaling needs MaxPositions and at least 4 elements, not 0 and 4":                                     func() { nn.Rotary{Scaling: nn.RotaryScaling{Type: "dynamic", Factor: 2}}.New(4) },
		"learned_positions: the input must be float32, with at most 2 positions of size 3: (1, 3, 3)":                             func() { nn.NewLearnedPositions(rng.NewTorch(1), 2, 3).Forward(tensor.Ones(1, 3, 3)) },
		"sinusoidal_positions: the input must be floating point and (…, T, E), not float32: (3,)":                                 func() { (&nn.SinusoidalPositions{}).Forward(tensor.Ones(3)) },
		"learned_positions: the layer's weight is no tensor: create the layer with its New function":                              func() { (&nn.LearnedPositions{}).Forward(one) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	s := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(1, 1, 1, 1).SetRequiresGrad(true).InScope(s)
	if err := tensor.Try(func() { c.Append(0, x.MulScalar(2), x) }); err == nil {
		t.Error("a gradient was lost silently")
	}
}

// A Rotary that New did not make has no checked settings, whatever its scaling.
func TestRotaryOfLiteral(t *testing.T) {
	for _, r := range []*nn.Rotary{nil, {Size: 4}, {Size: 4, Base: 10000, Scaling: nn.RotaryScaling{Type: "dynamic", Factor: 2}}} {
		if err := tensor.Try(func() { r.Angles(tensor.Arange(2)) }); err == nil ||
			err.Error() != "rotary: create the layer with NewRotary or Rotary.New" {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
