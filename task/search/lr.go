package search

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/train"
)

// FindLR is the learning-rate range test of [train.FindLR] for the training that c.Recipe describes.
func FindLR(ctx context.Context, set *task.Set, c task.Config, f train.LRConfig) (*train.LRCurve, error) {
	p, err := set.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	t := c.Recipe.Training
	curve, err := train.FindLR(ctx, p.Model, train.Config{
		Train: p.Train, Optimizer: p.Optimizer(p.Params), Loss: p.Loss, Transform: p.Transform, Generators: p.Generators,
		Accumulate: t.Accumulate, ClipNorm: t.ClipNorm, ClipValue: t.ClipValue, Precision: t.MatmulPrecision(),
	}, f)
	return curve, errors.Join(err, p.Close())
}

// LRCurves returns a picture of a range test: the loss over the learning rate, and the suggested rate as a vertical line.
// Losses far above those of the first steps are left out.
func LRCurves(c *train.LRCurve) plots.Curves {
	const first = 10
	top := math.Inf(1)
	if len(c.Loss) > first {
		top = 2 * slices.Max(c.Loss[:first])
	}
	panel := plots.Panel{X: "learning rate", Y: "loss", LogX: true, Series: []plots.Series{
		{Name: "loss of a step", X: c.LR, Y: below(top, c.Loss)}, {Name: "smoothed", X: c.LR, Y: below(top, c.Smooth)},
	}}
	if lr, ok := c.Suggestion(); ok {
		panel.Series = append(panel.Series, plots.Series{
			Name: "suggested: " + readable.Number(lr, 2), X: []float64{lr, lr}, Y: []float64{slices.Min(c.Loss),
				min(top, slices.Max(c.Loss))},
		})
	}
	return plots.Curves{Title: "Learning-rate range test", Panels: []plots.Panel{panel}}
}

// below returns values with NaN, which is not drawn, in the place of those above top.
func below(top float64, values []float64) []float64 {
	values = slices.Clone(values)
	for i, v := range values {
		if v > top {
			values[i] = math.NaN()
		}
	}
	return values
}
