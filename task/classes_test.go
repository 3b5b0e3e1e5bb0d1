package task_test

import (
	"testing"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNeverPredicted names classes that no sample was taken for, but not those that no sample has.
func TestNeverPredicted(t *testing.T) {
	m := metrics.NewConfusionMatrix(4)
	m.Add(tensor.From([]int64{0, 0, 0, 2}), tensor.From([]int64{0, 1, 1, 2}))
	if got := task.NeverPredicted(m, []string{"a", "b", "c", "d"}); got != "“b” (2)" {
		t.Errorf("the classes are %s", got)
	}
	if m.Actual(1) != 2 || m.Predicted(1) != 0 || m.Actual(0) != 1 || m.Predicted(0) != 3 || m.Actual(3) != 0 {
		t.Errorf("the counts of the classes are wrong: %v", m)
	}
	m = metrics.NewConfusionMatrix(8)
	m.Add(tensor.From([]int64{0, 0, 0, 0, 0, 0, 0}), tensor.From([]int64{1, 2, 3, 4, 5, 6, 7}))
	if got := task.NeverPredicted(m, []string{"0", "1", "2", "3", "4", "5", "6",
		"7"}); got != "“1” (1), “2” (1), “3” (1), “4” (1), “5” (1), and 2 more" {
		t.Errorf("the classes are %s", got)
	}
}
