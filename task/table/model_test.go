package table

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// TestModels: every model trains on classes and on numbers, and predicts after it was loaded.
func TestModels(t *testing.T) {
	for _, model := range []string{"mlp", "resnet", "ft-transformer", "linear"} {
		for _, sample := range []string{"data.path=penguins data.target=species", "data.path=cars data.target=mpg"} {
			values := append(strings.Fields(sample), "model="+model, "training.epochs=2", "data.one_hot=2")
			r := trained(t, values...)
			if _, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{}); err != nil {
				t.Errorf("%s: %v", model, err)
			}
		}
	}
}

// TestSizes: what nobody set depends on the number of training rows; what the user set stays.
func TestSizes(t *testing.T) {
	set := task.NewSet(Task{})
	for _, c := range []struct {
		rows, batch, members, patience int
		bins                           int
	}{{100, 32, 16, 134, 16}, {1600, 32, 16, 16, 16}, {4000, 128, 8, 16, 16}, {2_000_000, 4096, 1, 16, 0}} {
		r, err := decode(set, "data.path=x.csv")
		if err != nil {
			t.Fatal(err)
		}
		sizes(r, c.rows)
		m := r.Model.Options.(*mlp)
		if r.Training.Batch != c.batch || m.Members != c.members || r.Training.Patience != c.patience || m.Bins != c.bins {
			t.Errorf("%d rows: batch %d, members %d, patience %d, bins %d; want %+v", c.rows, r.Training.Batch, m.Members, r.Training.Patience, m.Bins, c)
		}
	}
	r, err := decode(set, "data.path=x.csv", "model.members=3", "training.patience=5")
	if err != nil {
		t.Fatal(err)
	}
	sizes(r, 100)
	if m := r.Model.Options.(*mlp); m.Members != 3 || r.Training.Patience != 5 {
		t.Errorf("members %d, patience %d; the user set 3 and 5", m.Members, r.Training.Patience)
	}
}

// TestBinsFollowTheRows: the edges of the bins are quantiles of the training rows, also in the loaded model.
func TestBinsFollowTheRows(t *testing.T) {
	r := trained(t, "data.path=cars", "data.target=mpg", "training.epochs=1")
	set := task.NewSet(Task{})
	m, _, err := set.Load(context.Background(), r.Run.Folder, "", tensor.CPU())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range nn.StateDict(m.Module()) {
		if p.Name != "cont_embeddings.lower" {
			continue
		}
		// The edges of the standard normal distribution, which a network has before, are the same for all columns.
		if first, second := p.Tensor.Select(0, 0).Float32s(), p.Tensor.Select(0, 1).Float32s(); slices.Equal(first, second) {
			t.Errorf("the edges of two columns are %v and %v", first, second)
		}
		return
	}
	t.Error("there are no edges in the state dict")
}
