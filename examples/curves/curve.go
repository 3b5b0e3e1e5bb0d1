package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Curve holds the recorded results of a program.
type Curve struct {
	Device tensor.Device // device of the program
	DType  tensor.DType  // floating-point type of the program

	Losses []float64
	Final  []Number // results at the end of the program
	Norms  []Number // Euclidean norm of each parameter

	watch func() // for tests: called after each step
}

// Number is a named number.
type Number struct {
	Name  string
	Value float64
}

// To converts a model to the program's device and type.
func (c *Curve) To(model any) {
	nn.To(model, c.Device)
	nn.Cast(model, c.DType)
}

// Add records the loss of a step.
func (c *Curve) Add(loss tensor.Tensor) { c.note(loss.Item()) }

func (c *Curve) note(loss float64) {
	c.Losses = append(c.Losses, loss)
	if c.watch != nil {
		c.watch()
	}
}

// End records a result at the end of a program.
func (c *Curve) End(name string, value float64) { c.Final = append(c.Final, Number{name, value}) }

// Trained records the norms of a model's parameters.
func (c *Curve) Trained(model any) {
	for _, p := range nn.NamedParameters(model) {
		c.Norms = append(c.Norms, Number{p.Name, norm(p.Tensor.Data().Cast(tensor.Float64).Float64s())})
	}
}

// norm returns the Euclidean norm of x. It adds the error of each addition, so that the norm of a million weights is
// as accurate as the weights.
func norm(x []float64) float64 {
	sum, lost := 0.0, 0.0
	for _, v := range x {
		square := float64(v * v)
		next := sum + square
		lost += square - (next - sum)
		sum = next
	}
	return math.Sqrt(sum + lost)
}

// Classified records a classifier's loss and number of correct predictions over all samples, and the norms of its
// parameters.
func (c *Curve) Classified(model nn.Module, x, y tensor.Tensor) {
	nn.Eval(model)
	out, y := tensor.NoGrad(x.Cast(c.DType).To(c.Device), model.Forward), y.To(c.Device)
	c.End("loss", nn.CrossEntropy(out, y).Item())
	c.End("correct", out.ArgMax(1).Equal(y).Sum().Item())
	c.Trained(model)
}

// String returns the losses, twelve per line, and the results at the end.
func (c *Curve) String() string {
	var b strings.Builder
	for i, loss := range c.Losses {
		end := " "
		if i%12 == 11 || i == len(c.Losses)-1 {
			end = "\n"
		}
		fmt.Fprintf(&b, "%.4f%s", loss, end)
	}
	for _, n := range c.Final {
		fmt.Fprintf(&b, "%s: %.5g\n", n.Name, n.Value)
	}
	return b.String()
}

// step runs the backward pass and an optimizer step, as most loops do.
func step(opt optim.Optimizer, loss tensor.Tensor) {
	opt.ZeroGrad()
	loss.Backward()
	opt.Step()
}

// blobs draws n points around the centers of the classes: (n, features), and the classes (n,).
func blobs(g *rng.Torch, n, features, classes int) (x, y tensor.Tensor) {
	var o tensor.Options
	centres := o.RandN(g, classes, features)
	y = o.RandInt(g, 0, int64(classes), n)
	return o.RandN(g, n, features).Add(centres.IndexSelect(0, y)), y
}

// surface draws n points (n, features), and returns x₀·x₁ + |x₂| for each, (n, 1).
func surface(g *rng.Torch, n, features int) (x, y tensor.Tensor) {
	x = tensor.Options{}.RandN(g, n, features)
	return x, x.Narrow(1, 0, 1).Mul(x.Narrow(1, 1, 1)).Add(x.Narrow(1, 2, 1).Abs())
}
