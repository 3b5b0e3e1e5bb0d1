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
	if steepest, _ := first.Steepest(); !ok || !diverges || lr > 1.1*divergence/10 || lr > 1.1*steepest || lr < 1e-4 {
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
	// The loss falls around 10^-3 and rises from 10^0 on.
	c := curve(func(d float64) float64 { return 1/(1+math.Exp(4*(d+3))) + math.Exp(5*(d-0.5)) })
	if lr, _ := c.Steepest(); math.Abs(math.Log10(lr)+3) > 0.15 {
		t.Errorf("steepest %v", lr)
	}
	if lr, ok := c.Divergence(); !ok || lr < 0.05 || lr > 1 {
		t.Errorf("divergence %v", lr)
	}
	if lr, ok := c.Suggestion(); !ok || lr < 7e-4 || lr > 1.4e-3 || len(strings.TrimLeft(strings.TrimPrefix(text(lr), "0."), "0")) > 2 {
		t.Errorf("suggestion %v", lr)
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
