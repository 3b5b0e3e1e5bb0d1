package metrics

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// CalibrationError computes the expected calibration error of a classifier: how much its probabilities differ from its
// accuracy. The samples are put into Bins bins of equal width by the probability p of the predicted class; then
//
//	ECE = Σ_b (n_b / N) · |accuracy_b − mean p_b|.
//
// It is torchmetrics.classification.MulticlassCalibrationError with norm="l1". The zero value is ready to use.
//
// Source: C. Guo et al., On Calibration of Modern Neural Networks, 2017.
type CalibrationError struct {
	Bins int // 0 means 15

	n            []int64
	correct, sum []float64
	prob, class  buffer
}

// Add adds a batch: probabilities (N, classes) of a float type, and targets (N) of an integer type. It panics for other
// shapes and types, for a target out of range and for a number that is not in [0, 1].
func (m *CalibrationError) Add(probabilities, target tensor.Tensor) {
	const op = "CalibrationError.Add"
	if !probabilities.DType().IsFloat() || probabilities.Rank() != 2 {
		fail(op, "want probabilities (N, classes) of a float type", probabilities.Shape())
	}
	checkTarget(op, probabilities, target)
	if m.n == nil {
		if m.Bins == 0 {
			m.Bins = 15
		}
		if m.Bins < 0 {
			fail(op, fmt.Sprintf("%d bins, want at least 1", m.Bins))
		}
		m.n, m.correct, m.sum = make([]int64, m.Bins), make([]float64, m.Bins), make([]float64, m.Bins)
	}
	classes := probabilities.Dim(1)
	ps, ts := m.prob.read(probabilities), m.class.read(target)
	checkClasses(op, "target", ts, classes)
	for i, p := range ps {
		if !(p >= 0 && p <= 1+1e-6) {
			fail(op, fmt.Sprintf("probability %d of sample %d is %v, want 0 to 1", i%classes, i/classes, p))
		}
	}
	for i, t := range ts {
		row := ps[i*classes : (i+1)*classes]
		best := 0
		for c, p := range row {
			if p > row[best] {
				best = c
			}
		}
		b := min(m.Bins-1, int(row[best]*float64(m.Bins)))
		m.n[b]++
		m.sum[b] += row[best]
		if best == int(t) {
			m.correct[b]++
		}
	}
}

// Value returns the error, from 0 to 1. It is NaN without samples.
func (m *CalibrationError) Value() float64 {
	var n, sum float64
	for b := range m.n {
		n += float64(m.n[b])
		sum += math.Abs(m.correct[b] - m.sum[b])
	}
	return sum / n
}

// Merge adds the samples of o, which has the same number of bins. It panics for another number.
func (m *CalibrationError) Merge(o *CalibrationError) {
	if o.n == nil {
		return
	}
	if m.n == nil {
		m.Bins = o.Bins
		m.n, m.correct, m.sum = make([]int64, m.Bins), make([]float64, m.Bins), make([]float64, m.Bins)
	}
	if m.Bins != o.Bins {
		fail("CalibrationError.Merge", fmt.Sprintf("%d bins and %d bins", m.Bins, o.Bins))
	}
	for b := range m.n {
		m.n[b] += o.n[b]
		m.correct[b] += o.correct[b]
		m.sum[b] += o.sum[b]
	}
}
