package digits

import (
	"testing"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// TestOfDigits measures scores that have an eleventh class, which is the largest: it does not count.
func TestOfDigits(t *testing.T) {
	matrix := metrics.NewConfusionMatrix(10)
	scores := make([]float32, 2*11)
	scores[3], scores[10], scores[11+4], scores[21] = 1, 2, 1, 2
	ofDigits{train.MetricFunc(matrix.Add)}.Add(tensor.From(scores, 2, 11), tensor.From([]int64{3, 5}))
	if matrix.Count(3, 3) != 1 || matrix.Count(5, 4) != 1 || matrix.Total() != 2 {
		t.Errorf("the counts are\n%v", matrix)
	}
}
