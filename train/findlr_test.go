package train

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/optim"
)

func TestFindLR(t *testing.T) {
	model, c := newTraining()
	before, rates := bits(model), c.Optimizer.LR()
	first, err := FindLR(t.Context(), model, c, LRConfig{Low: 1e-5, High: 1e4, Steps: 120})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(model), before) || c.Optimizer.LR() != rates {
		t.Error("the model or the rate has changed")
	}
	if !first.Diverged || len(first.LR) >= 120 || len(first.LR) != len(first.Loss) || len(first.Smooth) != len(first.LR) {
		t.Errorf("diverged %v after %d rates, %d losses", first.Diverged, len(first.LR), len(first.Loss))
	}
	if ratio := first.LR[1] / first.LR[0]; math.Abs(math.Log(ratio)-math.Log(1e9)/119) > 1e-9 || first.LR[0] != 1e-5 {
		t.Errorf("rates %v …", first.LR[:2])
	}
	lr, ok := first.Suggestion()
	divergence, diverges := first.Divergence()
	if steepest, _ := first.Steepest(); !ok || !diverges || lr > 1.1*divergence/4 || lr < 0.9*divergence/10 || steepest > divergence {
		t.Errorf("suggestion %v, divergence %v, steepest %v", lr, divergence, steepest)
	}

	// The generators are as before, too: with a new optimizer the test repeats itself, and a training is that without it.
	again := c
	again.Optimizer = optim.NewSGD(c.Optimizer.Params(), optim.SGDConfig{LR: 0.1})
	c.Optimizer = optim.NewSGD(c.Optimizer.Params(), optim.SGDConfig{LR: 0.1})
	one, err := FindLR(t.Context(), model, c, LRConfig{Steps: 30})
	if err != nil {
		t.Fatal(err)
	}
	two, err := FindLR(t.Context(), model, again, LRConfig{Steps: 30})
	if err != nil || !slices.Equal(one.Loss, two.Loss) {
		t.Errorf("losses %v, again %v, %v", one.Loss, two.Loss, err)
	}
}

func TestFindLRErrors(t *testing.T) {
	model, c := newTraining()
	for _, f := range []LRConfig{{Low: 1, High: 0.1}, {Low: -1}, {High: math.Inf(1)}, {Steps: 5}} {
		if _, err := FindLR(t.Context(), model, c, f); err == nil || !strings.Contains(err.Error(), "want 0 < low < high") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := bits(model)
	if _, err := FindLR(ctx, model, c, LRConfig{}); err == nil || !slices.Equal(bits(model), before) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLRCurve checks the suggestion of curves with a known shape.
func TestLRCurve(t *testing.T) {
	curve := func(loss func(decade float64) float64) *LRCurve {
		c := &LRCurve{}
		for i := range 200 {
			decade := -6 + float64(i)*7/199
			c.LR = append(c.LR, math.Pow(10, decade))
			c.Loss = append(c.Loss, loss(decade)+0.02*math.Sin(37*float64(i)))
		}
		c.smooth()
		return c
	}
	for _, x := range []struct {
		name                  string
		loss                  func(d float64) float64
		steepest, low, high   float64 // the steepest rate, and the range of the suggestion
		divergence, tolerance float64 // in decades
	}{
		// The loss falls late, shortly before it rises, as with SGD.
		{"late", func(d float64) float64 { return 1/(1+math.Exp(6*(d+1.1))) + math.Exp(8*(d+0.2)) }, -1.1, 0.04, 0.09, -0.5, 0.3},
		// It falls around 10^-3.5 and rises at 10^-1, as with Adam and batch normalization.
		{"early", func(d float64) float64 { return 1/(1+math.Exp(4*(d+3.5))) + math.Exp(8*(d+0.8)) }, -3.5, 0.005, 0.012, -1.1, 0.2},
		// Between them it goes up and down a little: the smallest loss is at a small rate.
		{"floor", func(d float64) float64 {
			return 1/(1+math.Exp(6*(d+4))) + math.Exp(8*(d+0.8)) + 0.03*(1-math.Cos(3*(d+3.2)))
		}, -4, 0.004, 0.012, -1.15, 0.2},
	} {
		c := curve(x.loss)
		if lr, _ := c.Steepest(); math.Abs(math.Log10(lr)-x.steepest) > 0.2 {
			t.Errorf("%s: steepest %v", x.name, lr)
		}
		if lr, ok := c.Divergence(); !ok || math.Abs(math.Log10(lr)-x.divergence) > x.tolerance {
			t.Errorf("%s: divergence %v", x.name, lr)
		}
		lr, ok := c.Suggestion()
		if !ok || lr < x.low || lr > x.high || len(strings.TrimLeft(strings.TrimPrefix(text(lr), "0."), "0")) > 2 {
			t.Errorf("%s: suggestion %v", x.name, lr)
		}
	}
	// It falls up to the last rate, 10.
	c := curve(func(d float64) float64 { return 1 / (1 + math.Exp(4*(d-1))) })
	if lr, ok := c.Divergence(); ok {
		t.Errorf("divergence %v of a loss that falls", lr)
	}
	if lr, ok := c.Suggestion(); !ok || lr < 1 || lr > 2.5 {
		t.Errorf("suggestion %v of a loss that falls", lr)
	}
	// It rises from the beginning.
	if lr, ok := curve(func(d float64) float64 { return d + 9 }).Suggestion(); ok && lr > 1e-5 {
		t.Errorf("suggestion %v for a loss that rises", lr)
	}
	if _, ok := (&LRCurve{}).Suggestion(); ok {
		t.Error("a suggestion without a loss")
	}
}

func text(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
