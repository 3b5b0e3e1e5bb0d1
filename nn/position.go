package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// SinusoidalPositions adds to each position's vector the sines and cosines of its number:
//
//	y[…, t, 2i] = x[…, t, 2i] + sin(t·base^(−2i/E)),  y[…, t, 2i+1] = x[…, t, 2i+1] + cos(t·base^(−2i/E))
//	(…, T, E) → (…, T, E)
//
// It has no parameters. (https://arxiv.org/abs/1706.03762, section 3.5)
type SinusoidalPositions struct {
	Base float64 // 0 means 10000
}

// Forward returns x with its positions' encodings. It panics if x has no dimension of positions, or is not floating
// point.
func (l *SinusoidalPositions) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPositions("sinusoidal_positions", l, x)
	t, e := x.Dim(-2), x.Dim(-1)
	table := tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor { return sinusoidal(x, t, e, defaults.Float(l.Base, 10000)) })
	return Report(l, x, x.Add(table.Cast(x.DType())))
}

// sinusoidal returns the table of encodings (t, e) in x's scope, in float32, or float64 for a float64 x.
func sinusoidal(x tensor.Tensor, t, e int, base float64) tensor.Tensor {
	number := x.NewZeros(0).Widen()
	pairs := (e + 1) / 2
	rows := number.NewOnes(t, pairs).CumSum(0).SubScalar(1)
	numbers := number.NewOnes(pairs).CumSum(0).SubScalar(1)
	frequencies := numbers.MulScalar(-2 * math.Log(base) / float64(max(1, e))).Exp()
	angles := rows.Mul(frequencies)
	return tensor.Stack(2, angles.Sin(), angles.Cos()).Flatten(1).Narrow(1, 0, e)
}

// LearnedPositions adds a trained vector to each position:
//
//	y[…, t, :] = x[…, t, :] + weight[t]        (…, T, E) → (…, T, E)
type LearnedPositions struct {
	Weight tensor.Tensor // (count, E)
}

// NewLearnedPositions returns a layer for up to count positions of the given size. The vectors are drawn from g with
// mean 0 and variance 1, as those of an Embedding. It panics if a number is negative.
func NewLearnedPositions(g *rng.Torch, count, size int) *LearnedPositions {
	checkGenerator("learned_positions", g)
	checkSize("learned_positions", "count", count)
	checkSize("learned_positions", "size", size)
	return &LearnedPositions{Weight: NewEmbedding(g, count, size).Weight}
}

// Forward returns x with its positions' vectors. It panics if x has more positions than the layer, or another size or
// type.
func (l *LearnedPositions) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "learned_positions"
	checkWeighted(op, l, l.Weight)
	checkPositions(op, l, x)
	if x.Dim(-1) != l.Weight.Dim(1) || x.Dim(-2) > l.Weight.Dim(0) || x.DType() != l.Weight.DType() {
		fail(op, l, fmt.Sprintf("the input must be %s, with at most %d positions of size %d",
			l.Weight.DType(), l.Weight.Dim(0), l.Weight.Dim(1)), x.Shape())
	}
	return Report(l, x, x.Add(l.Weight.InScopeOf(x).Narrow(0, 0, x.Dim(-2))))
}

func checkPositions(op string, l any, x tensor.Tensor) {
	if x.Rank() < 2 || !x.DType().IsFloat() {
		fail(op, l, "the input must be floating point and (…, T, E), not "+x.DType().String(), x.Shape())
	}
}

// ALiBiSlopes returns the slope of each head of attention with linear biases (ALiBi): 2^(−8/n), 2^(−16/n), … for n
// heads if n is a power of two; otherwise those of the next smaller power, and every second of those of the next
// larger one. It panics if heads is less than 1. (https://arxiv.org/abs/2108.12409)
func ALiBiSlopes(heads int) []float64 {
	if heads < 1 {
		fail("alibi", nil, fmt.Sprintf("the number of heads must be positive, not %d", heads))
	}
	power := 1
	for 2*power <= heads {
		power *= 2
	}
	var slopes []float64
	for i := range power {
		slopes = append(slopes, math.Exp2(-8*float64(i+1)/float64(power)))
	}
	for i := 0; len(slopes) < heads; i += 2 {
		slopes = append(slopes, math.Exp2(-4*float64(i+1)/float64(power)))
	}
	return slopes
}

// ALiBi returns a mask to add to the scores of attention, in like's type, on its device and in its scope: a key that
// is d positions before the query, or after it, has −slope·d:
//
//	mask[h, i, j] = −slope[h]·|i + keys − queries − j|        (heads, queries, keys)
//
// The last query has the position of the last key. It panics if there are no heads or a length is negative.
// (https://arxiv.org/abs/2108.12409)
func ALiBi(like tensor.Tensor, heads, queries, keys int) tensor.Tensor {
	if queries < 0 || keys < 0 {
		fail("alibi", nil, fmt.Sprintf("the lengths must not be negative, not %d and %d", queries, keys))
	}
	number := like.NewZeros(0).Widen()
	row := number.NewOnes(queries, 1).CumSum(0).AddScalar(float64(keys - queries))
	distance := row.Sub(number.NewOnes(1, keys).CumSum(1)).Abs()
	slopes := tensor.NewFrom(number, ALiBiSlopes(heads), heads, 1, 1)
	return distance.Mul(slopes).RSubScalar(0).Cast(like.DType())
}

// String returns a line such as "LearnedPositions(512, 64)".
func (l *LearnedPositions) String() string {
	if !l.Weight.Defined() || l.Weight.Rank() != 2 {
		return "LearnedPositions()"
	}
	return fmt.Sprintf("LearnedPositions(%d, %d)", l.Weight.Dim(0), l.Weight.Dim(1))
}

// String returns a line such as "SinusoidalPositions(base=10000)".
func (l *SinusoidalPositions) String() string {
	return fmt.Sprintf("SinusoidalPositions(base=%v)", defaults.Float(l.Base, 10000))
}
