package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// Rotary encodes positions by rotating the pairs of each query's and key's elements by angles that grow with the
// position (RoPE): pair i of R/2 at position t by t·fᵢ, with the frequencies fᵢ = base^(−2i/R). The scalar product of
// a query and a key then depends on the distance of their positions. Elements i and i + R/2 are a pair, as in Hugging
// Face's models. It has no parameters. (https://arxiv.org/abs/2104.09864)
//
//	cos, sin := rope.Angles(positions)                  // once for all layers
//	q, k = tensor.Rotary(q, cos, sin), tensor.Rotary(k, cos, sin)
type Rotary struct {
	Size int     // R, the number of elements that are rotated, even
	Base float64 // 0 means 10000
	// the longest sequence that the model was trained on, for the dynamic scaling; 0 means
	// Scaling.OriginalMaxPositions
	MaxPositions int
	Scaling      RotaryScaling

	frequencies []float32 // without dynamic scaling
	factor      float64   // of cosines and sines; 0 unless New made the layer
}

// RotaryScaling changes the frequencies for sequences that are longer than those of the first training. The zero value
// changes nothing. Names and defaults are those of Hugging Face's rope_parameters.
type RotaryScaling struct {
	// Type is "" or "default"; "linear": all frequencies are divided by Factor; "dynamic": the base grows with the
	// sequence as soon as it is longer than MaxPositions; "yarn" (https://arxiv.org/abs/2309.00071): low frequencies
	// are divided by Factor, high ones are kept; "llama3": the same with the limits of Llama 3.1; "divisors": each
	// frequency is divided by its own number.
	Type                 string
	Factor               float64
	OriginalMaxPositions int // for yarn and llama3
	// for llama3: wavelengths above OriginalMaxPositions/LowFreqFactor are scaled by Factor
	LowFreqFactor   float64
	HighFreqFactor  float64 // for llama3: wavelengths below OriginalMaxPositions/HighFreqFactor are kept
	BetaFast        float64 // for yarn: pairs with more rotations are kept; 0 means 32
	BetaSlow        float64 // for yarn: pairs with fewer rotations are divided by Factor; 0 means 1
	AttentionFactor float64 // for yarn: multiplies cosines and sines; 0 means 0.1·ln(Factor) + 1
	// for yarn: both not 0 replace the default of AttentionFactor by the quotient of 0.1·m·ln(Factor) + 1
	MScale, MScaleAllDim float64
	Divisors             []float32 // for divisors: Size/2 numbers, as GGUF files have them (rope_freqs)
	NoTruncate           bool      // for yarn: the limits between the pairs are not rounded to whole pairs
}

// NewRotary returns the rotation of size elements of each vector with the base 10000.
func NewRotary(size int) *Rotary { return Rotary{}.New(size) }

// New returns r with the given size; r holds the other settings. It panics if the settings do not fit.
func (r Rotary) New(size int) *Rotary {
	const op = "rotary"
	if size < 2 || size%2 != 0 {
		fail(op, nil, fmt.Sprintf("the number of rotated elements must be even and positive, not %d", size))
	}
	r.Size, r.Base = size, defaults.Float(r.Base, 10000)
	if !(r.Base > 0) {
		fail(op, nil, fmt.Sprintf("the base must be positive, not %v", r.Base))
	}
	s := r.Scaling
	if s.Type != "" && s.Type != "default" && s.Type != "divisors" && !(s.Factor > 0) {
		fail(op, nil, fmt.Sprintf("the scaling %q needs a positive factor, not %v", s.Type, s.Factor))
	}
	r.factor = 1
	switch s.Type {
	case "", "default":
		r.frequencies = frequencies(size, r.Base)
	case "linear":
		r.frequencies = frequencies(size, r.Base)
		for i := range r.frequencies {
			r.frequencies[i] /= float32(s.Factor)
		}
	case "dynamic":
		if r.MaxPositions == 0 {
			r.MaxPositions = s.OriginalMaxPositions
		}
		if r.MaxPositions < 1 || size < 4 {
			fail(op, nil, fmt.Sprintf("the dynamic scaling needs MaxPositions and at least 4 elements, not %d and %d",
				r.MaxPositions, size))
		}
	case "yarn":
		r.yarn()
	case "llama3":
		r.llama3()
	case "divisors":
		if len(s.Divisors) != size/2 {
			fail(op, nil, fmt.Sprintf("the scaling \"divisors\" needs %d numbers, not %d", size/2, len(s.Divisors)))
		}
		r.frequencies = frequencies(size, r.Base)
		for i, d := range s.Divisors {
			r.frequencies[i] /= d
		}
	default:
		fail(op, nil, fmt.Sprintf("there is no scaling %q: linear, dynamic, yarn, llama3 and divisors exist", s.Type))
	}
	return &r
}

// frequencies returns base^(−2i/size), rounded as PyTorch rounds it in float32.
func frequencies(size int, base float64) []float32 {
	f := make([]float32, size/2)
	for i := range f {
		f[i] = 1 / float32(math.Pow(base, float64(float32(2*i)/float32(size))))
	}
	return f
}

// yarn sets the frequencies of YaRN: those between two limits are mixed from kept and divided ones.
func (r *Rotary) yarn() {
	s := r.Scaling
	if s.OriginalMaxPositions < 1 {
		fail("rotary", nil, "the scaling \"yarn\" needs OriginalMaxPositions")
	}
	r.factor = s.AttentionFactor
	if r.factor == 0 {
		r.factor = magnitude(s.Factor, 1)
		if s.MScale != 0 && s.MScaleAllDim != 0 {
			r.factor = magnitude(s.Factor, s.MScale) / magnitude(s.Factor, s.MScaleAllDim)
		}
	}
	// pair returns the pair that rotates the given number of times over the original length.
	pair := func(rotations float64) float64 {
		return float64(r.Size) * math.Log(float64(s.OriginalMaxPositions)/(rotations*2*math.Pi)) / (2 * math.Log(r.Base))
	}
	low, high := pair(defaults.Float(s.BetaFast, 32)), pair(defaults.Float(s.BetaSlow, 1))
	if !s.NoTruncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(r.Size-1))
	if low == high {
		high += 0.001
	}
	r.frequencies = frequencies(r.Size, r.Base)
	for i, f := range r.frequencies {
		divided := min(max(float32((float64(i)-low)/(high-low)), 0), 1)
		r.frequencies[i] = f/float32(s.Factor)*divided + f*(1-divided)
	}
}

// magnitude returns YaRN's factor of cosines and sines.
func magnitude(factor, m float64) float64 {
	if factor <= 1 {
		return 1
	}
	return 0.1*m*math.Log(factor) + 1
}

// llama3 sets the frequencies of Llama 3.1.
func (r *Rotary) llama3() {
	s := r.Scaling
	if s.OriginalMaxPositions < 1 || !(s.LowFreqFactor > 0) || !(s.HighFreqFactor > s.LowFreqFactor) {
		fail("rotary", nil, fmt.Sprintf("the scaling \"llama3\" needs OriginalMaxPositions and 0 < LowFreqFactor < HighFreqFactor, not %d, %v and %v",
			s.OriginalMaxPositions, s.LowFreqFactor, s.HighFreqFactor))
	}
	length := float64(s.OriginalMaxPositions)
	r.frequencies = frequencies(r.Size, r.Base)
	for i, v := range r.frequencies {
		f := float64(v)
		switch wave := 2 * math.Pi / f; {
		case wave > length/s.LowFreqFactor:
			r.frequencies[i] = float32(f / s.Factor)
		case wave >= length/s.HighFreqFactor:
			kept := (length/wave - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
			r.frequencies[i] = float32((1-kept)*f/s.Factor + kept*f)
		}
	}
}

// Angles returns cosines and sines for the positions, which are whole numbers of any shape (…, T), as float32 tensors
// (…, T, R/2). For the dynamic scaling the sequence's length is the largest position + 1. It panics unless
// New made the layer.
func (r *Rotary) Angles(positions tensor.Tensor) (cos, sin tensor.Tensor) {
	if r == nil || r.factor == 0 {
		fail("rotary", nil, "create the layer with NewRotary or Rotary.New")
	}
	f := r.frequencies
	if r.Scaling.Type == "dynamic" {
		base, length := r.Base, r.MaxPositions
		if positions.Len() > 0 {
			length = max(length, int(positions.Max().Item())+1)
		}
		growth := r.Scaling.Factor*float64(length)/float64(r.MaxPositions) - (r.Scaling.Factor - 1)
		f = frequencies(r.Size, base*math.Pow(growth, float64(r.Size)/float64(r.Size-2)))
	}
	angles := positions.Cast(tensor.Float32).Unsqueeze(-1)
	angles = angles.Mul(tensor.NewFrom(angles, f))
	cos, sin = angles.Cos(), angles.Sin()
	if r.factor != 1 {
		cos, sin = cos.MulScalar(r.factor), sin.MulScalar(r.factor)
	}
	return cos, sin
}
