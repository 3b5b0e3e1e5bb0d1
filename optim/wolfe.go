package optim

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// The strong Wolfe conditions on a step's length: the loss falls by at least c1 times length times the initial
// directional derivative, and the absolute directional derivative falls to at most c2 times the initial one. (Nocedal
// and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6; constants and safeguards are PyTorch's.)
const c1, c2 = 1e-4, 0.9

// point is a step length with the loss, its directional derivative and the gradient there.
type point struct {
	length, loss, derivative float64
	grad                     tensor.Tensor
}

// search finds a length that fulfils the strong Wolfe conditions in about evals evaluations at most, given the loss and
// the directional derivative at length 0. It sets length and gradient to those of the best point, does not change the
// parameters, and returns the loss.
func (o *LBFGS) search(loss, derivative float64, eval func() float64, evals int) float64 {
	before := make([]tensor.Tensor, len(o.params))
	for i, p := range o.params {
		before[i] = p.Keep()
	}
	try := func(length float64) point {
		o.move(length)
		f := eval()
		for i, p := range o.params {
			p.Data().CopyFrom(before[i])
		}
		return point{length, f, dot(o.grad.Tensor, o.dir.Tensor), o.grad.Keep()}
	}
	insufficientDecrease := func(p point) bool { return p.loss > loss+c1*p.length*derivative }
	curvatureHolds := func(p point) bool { return math.Abs(p.derivative) <= -c2*derivative }

	zero := point{0, loss, derivative, o.grad.Keep()}
	last, now := zero, try(o.length)
	lo, hi := zero, now
	used, found, bracketed := 0, false, false
	for used < evals && !found && !bracketed {
		switch {
		case insufficientDecrease(now) || used > 1 && now.loss >= last.loss:
			lo, hi, bracketed = last, now, true
		case curvatureHolds(now):
			lo, hi, found = now, now, true
		case now.derivative >= 0:
			lo, hi, bracketed = last, now, true
		default:
			next := cubicMinimum(last, now, now.length+0.01*(now.length-last.length), now.length*10)
			last, now = now, try(next)
			lo, hi = zero, now // used if the evaluations run out
			used++
		}
	}
	if lo.loss > hi.loss {
		lo, hi = hi, lo
	}

	// The bracket contains a point that fulfils the conditions; lo is the better end.
	reach := largest(o.dir.Tensor)
	slow := false // the last point was close to an end of the bracket
	for !found && used < evals && math.Abs(hi.length-lo.length)*reach >= o.config.ToleranceChange {
		left, right := min(lo.length, hi.length), max(lo.length, hi.length)
		length := cubicMinimum(lo, hi, left, right)
		if edge := 0.1 * (right - left); min(right-length, length-left) < edge {
			if slow || length >= right || length <= left {
				if math.Abs(length-right) < math.Abs(length-left) {
					length = right - edge
				} else {
					length = left + edge
				}
				slow = false
			} else {
				slow = true
			}
		} else {
			slow = false
		}
		now = try(length)
		used++
		if insufficientDecrease(now) || now.loss >= lo.loss {
			if hi = now; lo.loss > hi.loss {
				lo, hi = hi, lo
			}
			continue
		}
		if curvatureHolds(now) {
			found = true
		} else if now.derivative*(hi.length-lo.length) >= 0 {
			hi = lo
		}
		lo = now
	}
	o.length = lo.length
	o.grad.CopyFrom(lo.grad)
	return lo.loss
}

// cubicMinimum returns the minimum, clamped to [left, right], of the cubic through two points with their derivatives;
// the middle of the interval if the cubic has none.
func cubicMinimum(a, b point, left, right float64) float64 {
	if a.length > b.length {
		a, b = b, a
	}
	d1 := a.derivative + b.derivative - 3*(a.loss-b.loss)/(a.length-b.length)
	square := d1*d1 - a.derivative*b.derivative
	if !(square >= 0) {
		return (left + right) / 2
	}
	d2 := math.Sqrt(square)
	at := b.length - (b.length-a.length)*((b.derivative+d2-d1)/(b.derivative-a.derivative+2*d2))
	return min(max(at, left), right)
}
