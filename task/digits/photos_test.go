package digits

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/task"
)

// TestDrawnMarks checks that the marks of drawn photographs have digits and noDigit as labels, do not depend on the number
// of threads, and that drawing stops with its context.
func TestDrawnMarks(t *testing.T) {
	d, err := mnist.Train()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.SetThreads(pool.Threads())
	var all [2]digitSet
	for i := range all {
		pool.SetThreads(1 + 2*i)
		if all[i], err = drawnMarks(context.Background(), task.NoCount, d, 10, 1); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := all[0], all[1]; !bytes.Equal(a.Images, b.Images) || !bytes.Equal(a.Labels, b.Labels) {
		t.Error("three threads give other marks than one")
	}
	labels := all[0].Labels
	if len(labels) < 10 || len(all[0].Images) != 784*len(labels) || !slices.Contains(labels, noDigit) || slices.Max(labels) > noDigit {
		t.Errorf("the labels are %v", labels)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := drawnMarks(ctx, task.NoCount, d, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want %v", err, context.Canceled)
	}
}
