package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// GradCheckOptions are the settings of [GradCheck]. The zero value has the defaults of torch.autograd.gradcheck.
type GradCheckOptions struct {
	Step float64 // the step h of the central differences; 0 means 1e-6
	Atol float64 // the absolute tolerance; 0 means 1e-5
	Rtol float64 // the tolerance relative to the numeric gradient; 0 means 1e-3
	// Second checks the second derivative instead (gradgradcheck): the gradient of Σ u·∇f, with fixed numbers u, with
	// respect to xs and to the upstream gradient.
	Second bool
	// Fast compares one derivative of each x, in a direction of random numbers between ½ and 1½, instead of one for
	// each element (fast_mode). It calls f twice for each x; the error does not name the element.
	Fast bool
}

// GradCheck compares the gradient of f, as [Gradient] computes it, with central differences
//
//	∂L/∂x ≈ (L(x + h) − L(x − h)) / 2h,  L = Σ w·f(xs)
//
// for every element of every x that requires a gradient, or with Fast in one direction of each x; the w are fixed
// numbers between ½ and 1½. These xs must be
// float64: in float32 the rounding errors are larger than the differences. f is called many times, with copies of xs,
// and must compute the same each time. The error names the input, the element and both values. A panic of f with an
// [*Error] is returned as an error.
func GradCheck(f func(xs []Tensor) Tensor, xs []Tensor, o GradCheckOptions) (err error) {
	if o.Step == 0 {
		o.Step = 1e-6
	}
	if o.Atol == 0 {
		o.Atol = 1e-5
	}
	if o.Rtol == 0 {
		o.Rtol = 1e-3
	}
	xs = append([]Tensor(nil), xs...)
	checked := 0
	for i, x := range xs {
		xs[i] = x.Keep()
		if !x.RequiresGrad() {
			continue
		}
		if x.DType() != Float64 {
			return fmt.Errorf("gradcheck: input %d is %s; it must be float64, because other types are not exact enough", i, x.DType())
		}
		xs[i].SetRequiresGrad(true)
		checked++
	}
	if checked == 0 {
		return fmt.Errorf("gradcheck: none of %d inputs requires a gradient", len(xs))
	}
	name := "gradcheck"
	check := func() {
		if o.Second {
			name = "second gradcheck"
			f, xs = gradientOf(f, xs)
		}
		err = gradCheck(name, f, xs, o)
	}
	if failed := Try(check); failed != nil {
		return fmt.Errorf("%s: %w", name, failed)
	}
	return err
}

func gradCheck(name string, f func([]Tensor) Tensor, xs []Tensor, o GradCheckOptions) error {
	y := f(xs)
	w := weights(y.Len(), 1)
	analytic := make([][]float64, len(xs))
	if y.NeedsGrad() {
		var leaves []Tensor
		for _, x := range xs {
			if x.RequiresGrad() {
				leaves = append(leaves, x)
			}
		}
		grads := Gradient(weighted(y, w), leaves, false)
		for i, x := range xs {
			if !x.RequiresGrad() {
				continue
			}
			if grads[0].Defined() {
				analytic[i] = grads[0].Float64s()
			}
			grads = grads[1:]
		}
	}
	// L at xs, summed on the host so that the check does not depend on the ops that it checks.
	value := func() (sum float64) {
		for i, v := range f(xs).Float64s() {
			sum += w[i] * v
		}
		return sum
	}
	for i, x := range xs {
		if !x.RequiresGrad() || x.Len() == 0 {
			continue
		}
		at := x.Float64s()
		moved := slices.Clone(at)
		set := func(j int, v float64) {
			moved[j] = v
			SetFrom(x.Data(), moved)
		}
		differ := func(got, numeric float64) bool { return !(math.Abs(got-numeric) <= o.Atol+o.Rtol*math.Abs(numeric)) }
		if o.Fast {
			got, numeric := 0.0, 0.0
			v := weights(len(at), uint64(100+i))
			for _, sign := range []float64{1, -1} {
				for j := range at {
					moved[j] = at[j] + sign*o.Step*v[j]
				}
				SetFrom(x.Data(), moved)
				numeric += sign * value() / (2 * o.Step)
			}
			for j := range analytic[i] {
				got += analytic[i][j] * v[j]
			}
			SetFrom(x.Data(), at)
			if differ(got, numeric) {
				return fmt.Errorf("%s: input %d of shape %s: the derivative in a random direction is %g by the gradient, %g by central differences",
					name, i, x.Shape(), got, numeric)
			}
			continue
		}
		for j, v := range at {
			set(j, v+o.Step)
			up, above := value(), moved[j]
			set(j, v-o.Step)
			down, below := value(), moved[j]
			set(j, v)
			numeric, got := (up-down)/(above-below), 0.0
			if analytic[i] != nil {
				got = analytic[i][j]
			}
			if differ(got, numeric) {
				return fmt.Errorf("%s: input %d of shape %s, element %v = %g: the gradient is %g, by central differences %g",
					name, i, x.Shape(), unravelIndex(x.Shape(), j), v, got, numeric)
			}
		}
	}
	return nil
}

// gradientOf returns Σ u·∇L as a function of xs and of the upstream gradient w, and its inputs.
func gradientOf(f func([]Tensor) Tensor, xs []Tensor) (func([]Tensor) Tensor, []Tensor) {
	y := f(xs)
	w := y.Keep()
	SetFrom(w, weights(w.Len(), 2))
	u := make([][]float64, len(xs))
	for i, x := range xs {
		if x.RequiresGrad() {
			u[i] = weights(x.Len(), uint64(3+i))
		}
	}
	gradient := func(zs []Tensor) Tensor {
		zs, w := zs[:len(zs)-1], zs[len(zs)-1]
		total := w.Mul(w.NewZeros()).Sum()
		var leaves []Tensor
		for _, z := range zs {
			if z.RequiresGrad() {
				leaves = append(leaves, z)
			}
		}
		y := f(zs)
		if !y.NeedsGrad() {
			return total
		}
		grads := Gradient(y.Mul(w).Sum(), leaves, true)
		for i, z := range zs {
			if !z.RequiresGrad() {
				continue
			}
			if grads[0].Defined() {
				total = total.Add(weighted(grads[0], u[i]))
			}
			grads = grads[1:]
		}
		return total
	}
	return gradient, append(xs, w.SetRequiresGrad(true))
}

func weighted(y Tensor, w []float64) Tensor {
	c := y.Keep()
	SetFrom(c, w)
	return y.Mul(c).Sum()
}

// weights returns fixed pseudorandom numbers between ½ and 1½, so that errors in a gradient do not cancel.
func weights(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 + r.Float64()
	}
	return w
}

// unravelIndex returns the indices of element i in row-major order.
func unravelIndex(s Shape, i int) []int {
	at := make([]int, s.rank)
	for d := s.rank - 1; d >= 0; d-- {
		at[d] = i % s.dims[d]
		i /= s.dims[d]
	}
	return at
}
