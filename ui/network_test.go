package ui

import (
	"context"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// testSet is a set of test samples that counts its closings.
type testSet struct {
	*data.TensorDataset
	closed int
}

func (s *testSet) Close() error { s.closed++; return nil }

// testedModel is a model of a run with test samples.
type testedModel struct{ set *testSet }

func (testedModel) Module() nn.Module                                { return &nn.ReLU{} }
func (m testedModel) TestData(context.Context) (data.Dataset, error) { return m.set, nil }

// TestTestDataAreClosed holds that a run's test samples, which may be a file, are closed if the page cannot show them, and
// when the server ends.
func TestTestDataAreClosed(t *testing.T) {
	for name, x := range map[string]tensor.Tensor{
		"text":     tensor.Zeros(4, 1, 2, 2).Cast(tensor.Int64),
		"rank":     tensor.Zeros(4, 2),
		"channels": tensor.Zeros(4, 2, 3, 3),
	} {
		set := &testSet{TensorDataset: data.NewTensorDataset(x)}
		if _, err := newRunNetwork(t.Context(), "run", testedModel{set}); err == nil || set.closed != 1 {
			t.Errorf("%s: closed %d times, %v", name, set.closed, err)
		}
	}
	set := &testSet{TensorDataset: data.NewTensorDataset(tensor.Zeros(4, 1, 2, 2))}
	n, err := newRunNetwork(t.Context(), "run", testedModel{set})
	if err != nil || set.closed != 0 {
		t.Fatalf("closed %d times, %v", set.closed, err)
	}
	s := New(Config{Runs: t.TempDir()})
	s.networks.load = func(string) (*network, error) { return n, nil }
	_, done, err := s.network("run")
	if err != nil {
		t.Fatal(err)
	}
	done()
	s.Close()
	s.Close()
	if set.closed != 1 {
		t.Errorf("after the server's end it was closed %d times", set.closed)
	}
	if _, _, err := s.network("run"); err == nil {
		t.Error("a closed server loads networks")
	}
}
