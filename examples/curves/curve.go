package main

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A Curve is what a program leaves behind.
type Curve struct {
	Device tensor.Device // where the program computes
	DType  tensor.DType  // and in which type

	Losses []float64
	Final  []Number // what the program says at its end
	Norms  []Number // the length of each parameter, as a vector

	watch func() // for tests: called after each step
}

// A Number has a name.
type Number struct {
	Name  string
	Value float64
}

// To takes a model to where the program computes, and into its type.
func (c *Curve) To(model any) {
	nn.To(model, c.Device)
	nn.Cast(model, c.DType)
}

// Add notes the loss of a step.
func (c *Curve) Add(loss tensor.Tensor) { c.note(loss.Item()) }

func (c *Curve) note(loss float64) {
	c.Losses = append(c.Losses, loss)
	if c.watch != nil {
		c.watch()
	}
}

// End notes a number at the end of a program.
func (c *Curve) End(name string, value float64) { c.Final = append(c.Final, Number{name, value}) }

// Trained notes the parameters of a model.
func (c *Curve) Trained(model any) {
	for _, p := range nn.NamedParameters(model) {
		c.Norms = append(c.Norms, Number{p.Name, p.Tensor.Data().Cast(tensor.Float64).Norm(2).Item()})
	}
}

// Classified notes a classifier's loss over all samples, how many classes it has right, and its parameters.
func (c *Curve) Classified(model nn.Module, x, y tensor.Tensor) {
	nn.Eval(model)
	out, y := tensor.NoGrad(x.Cast(c.DType).To(c.Device), model.Forward), y.To(c.Device)
	c.End("loss", nn.CrossEntropy(out, y).Item())
	c.End("correct", out.ArgMax(1).Equal(y).Sum().Item())
	c.Trained(model)
}

// String returns the losses, twelve in a line, and the numbers at the end.
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

// step is what most loops do with their loss.
func step(opt optim.Optimizer, loss tensor.Tensor) {
	opt.ZeroGrad()
	loss.Backward()
	opt.Step()
}

// blobs draws n points around the centres of so many classes: (n, features), and the classes (n,).
func blobs(g *rng.Torch, n, features, classes int) (x, y tensor.Tensor) {
	var o tensor.Options
	centres := o.RandN(g, classes, features)
	y = o.RandInt(g, 0, int64(classes), n)
	return o.RandN(g, n, features).Add(centres.IndexSelect(0, y)), y
}

// surface draws n points (n, features), and for each the number x₀·x₁ + |x₂|, (n, 1).
func surface(g *rng.Torch, n, features int) (x, y tensor.Tensor) {
	x = tensor.Options{}.RandN(g, n, features)
	return x, x.Narrow(1, 0, 1).Mul(x.Narrow(1, 1, 1)).Add(x.Narrow(1, 2, 1).Abs())
}
