package metrics_test

import (
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

// pairs computes the area under the ROC curve by definition: over all pairs of a positive and a negative sample.
func pairs(scores []float64, positive []bool) float64 {
	var won, all float64
	for i, p := range positive {
		for j, q := range positive {
			if !p || q {
				continue
			}
			all++
			switch {
			case scores[i] > scores[j]:
				won++
			case scores[i] == scores[j]:
				won += 0.5
			}
		}
	}
	return won / all
}

// thresholds computes the average precision by definition: at each distinct score, the number of its positive samples
// times the precision.
func thresholds(scores []float64, positive []bool) float64 {
	area, positives := 0.0, 0
	seen := map[float64]bool{}
	for i, s := range scores {
		if positive[i] {
			positives++
		}
		if seen[s] {
			continue
		}
		seen[s] = true
		var here, found, above float64
		for j, o := range scores {
			if o >= s {
				above++
				if positive[j] {
					found++
				}
			}
			if o == s && positive[j] {
				here++
			}
		}
		area += here * found / above
	}
	if positives == 0 {
		return 0
	}
	return area / float64(positives)
}

// FuzzRanking decodes a sample from each byte: the lowest bit is the target, the others are the score. With wide, the
// byte before it belongs to the score too.
func FuzzRanking(f *testing.F) {
	f.Add([]byte{0}, false)
	f.Add([]byte{1, 1}, false)
	f.Add([]byte{0, 1, 2, 3}, false)
	f.Add([]byte{4, 3, 3, 2, 2, 1, 255, 254}, true)
	g := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, 1+g.IntN(60))
		for i := range b {
			b[i] = byte(g.IntN(1 << (1 + g.IntN(8))))
		}
		f.Add(b, g.IntN(2) == 0)
	}
	f.Fuzz(func(t *testing.T, samples []byte, wide bool) {
		if len(samples) == 0 || len(samples) > 500 {
			return
		}
		var scores []float64
		var targets []bool
		var before float64
		for _, b := range samples {
			s := float64(b >> 1)
			if wide {
				s, before = s+before/256, s
			}
			scores, targets = append(scores, s), append(targets, b&1 == 1)
		}
		labels := make([]uint8, len(targets))
		for i, p := range targets {
			if p {
				labels[i] = 1
			}
		}
		var r metrics.Ranking
		r.Add(tensor.From(scores), tensor.From(labels))
		if got, want := r.ROCAUC(), pairs(scores, targets); !same(got, number(want), 0) {
			t.Errorf("the area under the ROC curve is %v, want %v", got, want) // both are quotients of exact numbers
		}
		if got, want := r.AveragePrecision(), thresholds(scores, targets); !same(got, number(want), 1e-13) { // up to 500 roundings
			t.Errorf("the average precision is %v, want %v", got, want)
		}
	})
}

// Merging equals adding to one accumulator, and a reset accumulator equals a new one. A batch may be on any device.
func TestMergeAndReset(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	const n, classes = 40, 4
	there := devicetest.Async()
	var logits, yes []float32
	var target []int64
	for range n {
		for range classes {
			logits = append(logits, float32(g.NormFloat64()))
		}
		yes = append(yes, float32(g.IntN(9)))
		target = append(target, g.Int64N(classes))
	}
	scores, y := tensor.From(logits, n, classes), tensor.From(target)
	p, s, bits := scores.Softmax(1), tensor.From(yes), y.Equal(tensor.Zeros(n).Cast(tensor.Int64))

	type accumulator interface {
		Add(pred, target tensor.Tensor)
		Reset()
	}
	for _, c := range []struct {
		name         string
		pred, target tensor.Tensor
		make         func() accumulator
		merge        func(a, b accumulator)
		ask          func(a accumulator) []float64
	}{
		{"confusion matrix", scores, y,
			func() accumulator { return metrics.NewConfusionMatrix(classes) },
			func(a, b accumulator) { a.(*metrics.ConfusionMatrix).Merge(b.(*metrics.ConfusionMatrix)) },
			func(a accumulator) []float64 {
				m := a.(*metrics.ConfusionMatrix)
				return []float64{float64(m.Total()), m.Accuracy(), m.Average(metrics.Macro).F1}
			}},
		{"accuracy", scores, y,
			func() accumulator { return &metrics.Accuracy{TopK: 2} },
			func(a, b accumulator) { a.(*metrics.Accuracy).Merge(b.(*metrics.Accuracy)) },
			func(a accumulator) []float64 {
				m := a.(*metrics.Accuracy)
				correct, total := m.Counts()
				return []float64{float64(correct), float64(total), m.Value()}
			}},
		{"ranking of classes", p, y,
			func() accumulator { return &metrics.Ranking{Average: metrics.Weighted} },
			func(a, b accumulator) { a.(*metrics.Ranking).Merge(b.(*metrics.Ranking)) },
			func(a accumulator) []float64 {
				m := a.(*metrics.Ranking)
				return []float64{m.ROCAUC(), m.AveragePrecision()}
			}},
		{"ranking", s, bits,
			func() accumulator { return &metrics.Ranking{} },
			func(a, b accumulator) { a.(*metrics.Ranking).Merge(b.(*metrics.Ranking)) },
			func(a accumulator) []float64 {
				m := a.(*metrics.Ranking)
				return []float64{m.ROCAUC(), m.AveragePrecision()}
			}},
		{"regression", s, y,
			func() accumulator { return &metrics.Regression{} },
			func(a, b accumulator) { a.(*metrics.Regression).Merge(b.(*metrics.Regression)) },
			func(a accumulator) []float64 {
				m := a.(*metrics.Regression)
				return []float64{float64(m.Total()), m.MSE(), m.RMSE(), m.MAE(), m.R2()}
			}},
	} {
		whole, first, second, empty := c.make(), c.make(), c.make(), c.make()
		whole.Add(c.pred, c.target)
		first.Add(c.pred.Narrow(0, 0, 13), c.target.Narrow(0, 0, 13))
		second.Add(c.pred.Narrow(0, 13, n-13), c.target.Narrow(0, 13, n-13))
		c.merge(first, second)
		c.merge(first, empty)
		c.merge(empty, first)
		second.Reset()
		for _, v := range c.ask(second) {
			if v != 0 && !math.IsNaN(v) {
				t.Errorf("%s: after Reset it says %v", c.name, c.ask(second))
			}
		}
		second.Add(c.pred.To(there), c.target.To(there))
		want := c.ask(whole)
		for who, got := range map[string][]float64{"merged": c.ask(first), "merged with an empty one": c.ask(empty),
			"added again": c.ask(second)} {
			for i := range want {
				if math.IsNaN(want[i]) || !same(got[i], number(want[i]), 1e-14) { // the order of about 40 sums differs
					t.Errorf("%s, %s: %v, want %v", c.name, who, got, want)
				}
			}
		}
	}
}

// Scores (N, classes, d…) count each position, in any memory layout and type.
func TestPlaces(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 6))
	const n, classes, h, w = 3, 5, 2, 4
	scores := make([]float32, n*h*w*classes)
	target := make([]int64, n*h*w)
	for i := range scores {
		scores[i] = float32(g.IntN(8)) // bfloat16 holds them
	}
	for i := range target {
		target[i] = g.Int64N(classes)
	}
	rows, y := tensor.From(scores, n*h*w, classes), tensor.From(target, n, h, w)
	places := tensor.From(scores, n, h, w, classes).Permute(0, 3, 1, 2) // a view: the classes are contiguous
	for k := range 4 {
		flat, a := metrics.Accuracy{TopK: k}, metrics.Accuracy{TopK: k}
		flat.Add(rows, y.Reshape(-1))
		a.Add(places.Cast(tensor.BFloat16), y.Cast(tensor.Int32))
		if a.Value() != flat.Value() {
			t.Errorf("top %d of places is %v, of rows %v", k, a.Value(), flat.Value())
		}
	}
	m, a := metrics.NewConfusionMatrix(classes), metrics.Accuracy{}
	m.Add(places, y)
	m.Add(places.ArgMax(1), y.Cast(tensor.Uint8))
	a.Add(places, y)
	a.Add(places.ArgMax(1), y)
	if m.Total() != 2*n*h*w || m.Accuracy() != a.Value() {
		t.Errorf("the matrix has %d places and accuracy %v, want %d and %v", m.Total(), m.Accuracy(), 2*n*h*w, a.Value())
	}
}

// The metrics of a diverged model are NaN or those of the class that ArgMax returns, without a panic.
func TestNaN(t *testing.T) {
	nan := math.NaN()
	y := tensor.From([]int64{1, 0})
	scores := tensor.From([]float64{0, nan, nan, 0}, 2, 2)
	var a metrics.Accuracy
	a.Add(scores, y)
	m := metrics.NewConfusionMatrix(2)
	m.Add(scores, y)
	if a.Value() != 1 || m.Accuracy() != 1 {
		t.Errorf("NaN is not the highest score: accuracy %v and %v", a.Value(), m.Accuracy())
	}
	var r, s metrics.Ranking
	r.Add(tensor.From([]float64{0.5, nan}), y)
	s.Add(scores, y)
	var e metrics.Regression
	e.Add(tensor.From([]float64{0.5, nan}), tensor.From([]float64{1, 2}))
	var same metrics.Regression // with constant targets
	same.Add(tensor.From([]float64{0.5, nan}), tensor.From([]float64{2, 2}))
	for _, v := range []float64{r.ROCAUC(), r.AveragePrecision(), s.ROCAUC(), s.AveragePrecision(), e.MSE(), e.MAE(), e.R2(), same.R2()} {
		if !math.IsNaN(v) {
			t.Errorf("a figure of NaN is %v", v)
		}
	}
	r.Reset()
	inf := math.Inf(1)
	r.Add(tensor.From([]float64{inf, -inf, inf, 3}), tensor.From([]int64{1, 0, 0, 1}))
	if got := r.ROCAUC(); got != 2.5/4 {
		t.Errorf("with infinite scores the area is %v", got)
	}
}

// Without samples the metrics are NaN, without a panic. A batch without samples changes nothing.
func TestEmpty(t *testing.T) {
	m := metrics.NewConfusionMatrix(3)
	var a metrics.Accuracy
	var r metrics.Ranking
	var e metrics.Regression
	for range 2 {
		for _, v := range []float64{m.Accuracy(), a.Value(), r.ROCAUC(), r.AveragePrecision(), e.MSE(), e.RMSE(), e.MAE(), e.R2()} {
			if !math.IsNaN(v) {
				t.Errorf("a figure of nothing is %v", v)
			}
		}
		if !strings.Contains(m.Report(2), "accuracy                           0.00         0") {
			t.Errorf("the report of nothing is\n%s", m.Report(2))
		}
		none := tensor.Zeros(0).Cast(tensor.Int64)
		m.Add(tensor.Zeros(0, 3), none)
		m.Add(none, none)
		a.Add(tensor.Zeros(0, 3), none)
		r.Add(tensor.Zeros(0), none)
		e.Add(tensor.Zeros(0), tensor.Zeros(0))
	}
}

func TestErrors(t *testing.T) {
	f := func(dims ...int) tensor.Tensor { return tensor.Zeros(dims...) }
	i := func(v ...int64) tensor.Tensor { return tensor.From(v) }
	m := func() *metrics.ConfusionMatrix { return metrics.NewConfusionMatrix(3) }
	named := func(names ...string) *metrics.ConfusionMatrix {
		m := m()
		m.Names = names
		return m
	}
	classes := func() *metrics.Ranking {
		r := &metrics.Ranking{Average: metrics.Micro, OneVsOne: true}
		r.Add(f(2, 3).AddScalar(1.0/3), i(0, 1))
		return r
	}
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { metrics.NewConfusionMatrix(0) }, "NewConfusionMatrix: 0 classes, want at least 1"},
		{func() { metrics.NewConfusionMatrix(1 << (bits.UintSize - 2)) }, " classes, want at least 1 and classes² within an int"},
		{func() { m().Add(f(2, 4), i(0, 1)) }, "ConfusionMatrix.Add: want scores of 3 classes: (2, 4) × (2,)"},
		{func() { new(metrics.ConfusionMatrix).Add(f(2, 4), i(0, 1)) },
			"ConfusionMatrix.Add: the matrix has no classes; create it with NewConfusionMatrix"},
		{func() { _ = new(metrics.ConfusionMatrix).String() }, "ConfusionMatrix.String: the matrix has no classes"},
		{func() { new(metrics.ConfusionMatrix).Report(2) }, "ConfusionMatrix.Report: the matrix has no classes"},
		{func() { m().Add(f(2, 3), i(0, 1, 2)) }, "want scores (N, classes, d…) and targets (N, d…): (2, 3) × (3,)"},
		{func() { m().Add(f(2), i(0, 1)) }, "want scores (N, classes, d…) and targets (N, d…): (2,) × (2,)"},
		{func() { m().Add(f(2, 3, 4), i(0, 1).Unsqueeze(1)) }, "(2, 3, 4) × (2, 1)"},
		{func() { m().Add(i(0, 1), i(0, 1, 2)) }, "predicted classes and targets have different shapes: (2,) × (3,)"},
		{func() { m().Add(f(2, 3), f(2)) }, "targets are class numbers, want an integer type, not float32: (2,)"},
		{func() { m().Add(i(0, 1), f(2)) }, "targets are class numbers, want an integer type, not float32: (2,)"},
		{func() { m().Add(f(2, 3), i(0, 3)) }, "target 1 is 3, want a class of 0 to 2"},
		{func() { m().Add(i(0, -100), i(0, 1)) }, "prediction 1 is -100, want a class of 0 to 2"},
		{func() { m().Count(0, 3) }, "ConfusionMatrix.Count: class 3, want 0 to 2"},
		{func() { m().Class(-1) }, "ConfusionMatrix.Class: class -1, want 0 to 2"},
		{func() { m().Average(metrics.Macro, 1, 5) }, "ConfusionMatrix.Average: class 5, want 0 to 2"},
		{func() { m().Average(7) }, "Average(7), want Macro, Micro or Weighted"},
		{func() { m().Report(2, 1, 0, 1) }, "ConfusionMatrix.Report: class 1 is given twice"},
		{func() { m().Report(-1) }, "-1 digits, want 0 or more"},
		{func() { named("a", "b").Report(2) }, "ConfusionMatrix.Report: 2 Names, want one for each of 3 classes"},
		{func() { _ = named("a", "b").String() }, "ConfusionMatrix.String: 2 Names, want one for each of 3 classes"},
		{func() { m().Merge(metrics.NewConfusionMatrix(2)) }, "ConfusionMatrix.Merge: other has 2 classes, want 3"},
		{func() { (&metrics.Accuracy{TopK: -1}).Add(f(2, 3), i(0, 1)) }, "Accuracy.Add: TopK is -1, want 0 or more"},
		{func() { (&metrics.Accuracy{TopK: 2}).Add(i(0, 1), i(0, 1)) },
			"TopK 2 needs scores of a float type, got class numbers: (2,) × (2,)"},
		{func() { new(metrics.Accuracy).Add(f(2, 3), i(0, 3)) }, "Accuracy.Add: target 1 is 3, want a class of 0 to 2"},
		{func() { new(metrics.Accuracy).Add(f(3), i(0, 1, 2)) }, "want scores (N, classes, d…)"},
		{func() { new(metrics.Accuracy).Add(f(2, 1), i(0, 0)) }, "Accuracy.Add: want a score for each of at least 2 classes"},
		{func() { new(metrics.Accuracy).Merge(&metrics.Accuracy{TopK: 2}) }, "other has TopK 2, want 0"},
		{func() { new(metrics.Ranking).Add(i(0, 1), i(0, 1)) }, "Ranking.Add: scores are int64, want a float type: (2,) × (2,)"},
		{func() { new(metrics.Ranking).Add(f(2), i(0, 2)) }, "target 1 is 2, want a class of 0 to 1"},
		{func() { new(metrics.Ranking).Add(f(2), tensor.From([]float32{0, 0.5})) }, "target 1 is 0.5, want a class of 0 to 1"},
		{func() { new(metrics.Ranking).Add(f(2, 1), i(0, 1)) },
			"want scores of the targets' shape, or scores (N, C) of C ≥ 2 classes and targets (N,): (2, 1) × (2,)"},
		{func() { new(metrics.Ranking).Add(f(2, 3), f(2)) }, "targets are class numbers, want an integer type, not float32"},
		{func() { new(metrics.Ranking).Add(f(2, 3).AddScalar(1), i(0, 1)) },
			"a row of probabilities adds up to 3, want 1; Softmax(1) converts logits to probabilities: (2, 3) × (2,)"},
		{func() { classes().Add(f(2), i(0, 1)) }, "1 scores per target, want 3 as before; Reset starts a new accumulation"},
		{func() { classes().ROCAUC() }, "Ranking.ROCAUC: OneVsOne with average micro, want macro or weighted"},
		{func() { r := classes(); r.Average = 3; r.AveragePrecision() },
			"Ranking.AveragePrecision: Average(3), want Macro, Micro or Weighted"},
		{func() {
			var r metrics.Ranking
			r.Add(f(1), i(0))
			r.Merge(classes())
		}, "Ranking.Merge: other has 3 scores per target, want 1"},
		{func() { new(metrics.Regression).Add(f(2), f(2, 1)) },
			"Regression.Add: prediction and target have different shapes: (2,) × (2, 1)"},
		{func() { new(metrics.Regression).Add(i(1), i(1)) }, "predictions are int64, want a float type"},
		{func() { new(metrics.Regression).Add(f(2, 2, 2), f(2, 2, 2)) },
			"want shapes (N,) or (N, outputs); Flatten joins further dimensions: (2, 2, 2) × (2, 2, 2)"},
		{func() {
			var r metrics.Regression
			r.Add(f(1, 2), f(1, 2))
			r.Add(f(2), f(2))
		}, "1 outputs, want 2 as before; Reset starts a new accumulation"},
		{func() {
			var r, o metrics.Regression
			r.Add(f(1, 2), f(1, 2))
			o.Add(f(2), f(2))
			r.Merge(&o)
		}, "Regression.Merge: other has 1 outputs, want 2"},
	} {
		err := tensor.Try(c.do)
		var known *tensor.Error
		if !errors.As(err, &known) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

// A batch that causes a panic is not added, not even in part.
func TestRefusedBatch(t *testing.T) {
	bad := tensor.From([]int64{0, 5})
	m := metrics.NewConfusionMatrix(3)
	var a metrics.Accuracy
	var r metrics.Ranking
	for _, do := range []func(){
		func() { m.Add(tensor.Zeros(2, 3), bad) },
		func() { a.Add(tensor.Zeros(2, 3), bad) },
		func() { r.Add(tensor.Zeros(2), bad) },
		func() { r.Add(tensor.Ones(2, 3), tensor.From([]int64{0, 1})) },
	} {
		if tensor.Try(do) == nil {
			t.Fatal("it was not refused")
		}
	}
	if _, n := a.Counts(); m.Total() != 0 || n != 0 {
		t.Errorf("%d and %d samples of a refused batch were counted", m.Total(), n)
	}
	r.Add(tensor.From([]float32{0, 1}), tensor.From([]int64{0, 1}))
	if got := r.ROCAUC(); got != 1 {
		t.Errorf("after refused batches the area is %v", got)
	}
}

// A steady evaluation allocates nothing on the Go heap: each batch reuses the buffers.
func TestNoAllocations(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	const n, classes = 64, 10
	p := make([]float32, n*classes)
	for i := range p {
		p[i] = 1.0 / classes
	}
	y := make([]int64, n)
	for i := range y {
		y[i] = int64(i % 2)
	}
	m := metrics.NewConfusionMatrix(classes)
	var top1 metrics.Accuracy
	top2 := metrics.Accuracy{TopK: 2}
	var yes, which metrics.Ranking
	var e metrics.Regression
	for _, recording := range []bool{false, true} {
		s.Recycle()
		s.SetRecording(recording)
		step := func() {
			x, t := s.Empty(tensor.Float32, n, classes), s.Empty(tensor.Int64, n)
			tensor.SetFrom(x, p)
			tensor.SetFrom(t, y)
			m.Add(x, t)
			top1.Add(x, t)
			top2.Add(x, t)
			which.Add(x, t)
			yes.Add(x.Select(1, 0), t)
			e.Add(x.Select(1, 0), t)
			which.Reset()
			yes.Reset()
			s.Recycle()
		}
		for range 3 {
			step()
		}
		if got := testing.AllocsPerRun(20, step); got != 0 {
			t.Errorf("recording %v: %v allocations a batch", recording, got)
		}
	}
}
