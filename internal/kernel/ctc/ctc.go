// Package ctc computes the loss of connectionist temporal classification and its gradient, in float64.
// (A. Graves et al., https://www.cs.toronto.edu/~graves/icml_2006.pdf)
//
// The paths of a target are the sequences of its states: blank, first label, blank, second label, …, blank. A step
// stays in its state, goes to the next one or, between different labels, skips the blank. alpha(t, s) is the
// logarithm of the probability of all paths that are in state s after step t; beta(t, s) is that of all paths from
// there to the end, step t included.
package ctc

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Batch has the arguments of Losses and Gradients.
type Batch[T float32 | float64] struct {
	X              []T // (steps, samples, Classes): logarithms of probabilities
	Samples        int
	Classes, Blank int
	Targets        []int64
	Stride         int   // from one sample's target to the next one's; 0: they follow each other without a gap
	InputLengths   []int // steps of each sample
	TargetLengths  []int

	Loss      []T // (samples,), written by Losses and read by Gradients
	DX, DLoss []T // the gradients of X, written by Gradients, and of Loss; nil for Losses
}

// numbers are the scratch memory of a sample.
type numbers struct{ alpha, beta, next []float64 }

var scratch freelist.List[numbers]

// Losses sets Loss to −log of the probability of each target: infinity if no path is possible.
func (b *Batch[T]) Losses() { b.run() }

// Gradients sets DX to (eˣ − p)·DLoss, where p is the share of the paths that are in a state of that class. This is
// the gradient of the logits if X is their log-softmax, as in PyTorch. It is NaN for an infinite loss unless DLoss is
// 0, and 0 after a sample's last step.
func (b *Batch[T]) Gradients() {
	clear(b.DX)
	b.run()
}

func (b *Batch[T]) run() { pool.For(b.Samples, 1, b) }

// Run computes samples i0 to i1-1.
func (b *Batch[T]) Run(i0, i1 int) {
	w := scratch.Get()
	for i := i0; i < i1; i++ {
		b.sample(w, i)
	}
	scratch.Put(w)
}

// target returns the labels of sample i.
func (b *Batch[T]) target(i int) []int64 {
	at := i * b.Stride
	if b.Stride == 0 {
		for _, n := range b.TargetLengths[:i] {
			at += n
		}
	}
	return b.Targets[at:][:b.TargetLengths[i]]
}

// FirstOutside returns the position in Targets of the first label that is no class, or −1.
func (b *Batch[T]) FirstOutside() int {
	for i := range b.Samples {
		for j, label := range b.target(i) {
			if label < 0 || label >= int64(b.Classes) {
				at := i*b.Stride + j
				if b.Stride == 0 {
					for _, n := range b.TargetLengths[:i] {
						at += n
					}
				}
				return at
			}
		}
	}
	return -1
}

func (b *Batch[T]) sample(w *numbers, i int) {
	target, steps := b.target(i), b.InputLengths[i]
	states := 2*len(target) + 1
	class := func(s int) int {
		if s%2 == 0 {
			return b.Blank
		}
		return int(target[s/2])
	}
	skips := func(s int) bool { return s > 1 && s%2 == 1 && target[s/2] != target[s/2-1] } // from s−2 to s
	x := func(t, s int) float64 { return float64(b.X[(t*b.Samples+i)*b.Classes+class(s)]) }

	w.alpha = grow(w.alpha, max(1, steps)*states)
	alpha := w.alpha
	if steps == 0 && b.DX == nil {
		b.Loss[i] = 0
		if len(target) > 0 {
			b.Loss[i] = T(math.Inf(1))
		}
	}
	if steps == 0 {
		return
	}
	for s := range states {
		alpha[s] = math.Inf(-1)
		if s < 2 {
			alpha[s] = x(0, s)
		}
	}
	for t := 1; t < steps; t++ {
		before, now := alpha[(t-1)*states:][:states], alpha[t*states:][:states]
		for s := range now {
			a, b, c := before[s], math.Inf(-1), math.Inf(-1)
			if s > 0 {
				b = before[s-1]
			}
			if skips(s) {
				c = before[s-2]
			}
			now[s] = logSum(a, b, c) + x(t, s)
		}
	}
	last := alpha[(steps-1)*states:][:states]
	total := last[states-1]
	if states > 1 {
		total = logSum(total, last[states-2], math.Inf(-1))
	}
	if b.DX == nil {
		b.Loss[i] = T(-total)
		return
	}

	dloss := float64(b.DLoss[i])
	w.beta, w.next = grow(w.beta, states), grow(w.next, states)
	beta, next := w.beta, w.next
	for t := steps - 1; t >= 0; t-- {
		dx := b.DX[(t*b.Samples+i)*b.Classes:][:b.Classes]
		for s := range beta {
			a, b, c := math.Inf(-1), math.Inf(-1), math.Inf(-1)
			if t == steps-1 {
				if s >= states-2 {
					a = 0
				}
			} else {
				a = next[s]
				if s+1 < states {
					b = next[s+1]
				}
				if s+2 < states && skips(s+2) {
					c = next[s+2]
				}
			}
			beta[s] = logSum(a, b, c) + x(t, s)
			if both := alpha[t*states+s] + beta[s]; !math.IsInf(both, -1) {
				dx[class(s)] += T(math.Exp(both - x(t, s) - total)) // x is part of both
			}
		}
		for k, p := range dx {
			if dx[k] = 0; dloss != 0 {
				dx[k] = T((math.Exp(float64(b.X[(t*b.Samples+i)*b.Classes+k])) - float64(p)) * dloss)
			}
			if math.IsInf(total, -1) && dloss != 0 {
				dx[k] = T(math.NaN())
			}
		}
		beta, next = next, beta
	}
}

// logSum returns log(eᵃ + eᵇ + eᶜ).
func logSum(a, b, c float64) float64 {
	m := max(a, b, c)
	if math.IsInf(m, 0) {
		return m
	}
	return m + math.Log(math.Exp(a-m)+math.Exp(b-m)+math.Exp(c-m))
}

// grow returns a slice of n elements, s[:n] if s has the capacity.
func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}
