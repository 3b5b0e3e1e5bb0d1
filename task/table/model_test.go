package table

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
)

// A configuration's sizes are compared with the file of weights before the network is allocated: atLeast must never be more
// than the parameters, and not much less for a large network.
func TestAtLeast(t *testing.T) {
	for _, b := range []builder{&mlp{Hidden: []int{300, 200}, Members: 16}, &mlp{Members: 1}, &mlp{Hidden: []int{256, 256}, Members: 1},
		&mlp{Hidden: []int{256}, Members: 4, Bins: 16}, &resnet{Blocks: 3, Width: 128},
		&resnet{Blocks: 1, Width: 32, Bins: 100}, &ftTransformer{Blocks: 2, Width: 64, Heads: 8},
		&ftTransformer{Blocks: 1, Width: 64, Heads: 8, Bins: 300}, &linear{}} {
		for _, in := range []models.TabularInputs{{Numbers: 1}, {Numbers: 500}, {Categories: []int{3, 4000, 17}},
			{Numbers: 7, Categories: []int{5000}}} {
			n := float64(nn.Count(b.build(rng.NewTorch(0), in, 3, true)))
			if got := b.atLeast(in, 3); got > n || n > 2*got+1000 {
				t.Errorf("%T of %v: at least %v parameters, the network has %v", b, in, got, n)
			}
		}
	}
}

// A typing error in a size is an error before memory is allocated.
func TestGiantModels(t *testing.T) {
	set := task.NewSet(Task{})
	prep := &tabular.Preparation{Columns: []*tabular.ColumnPreparation{{Name: "x", Kind: tabular.Number}},
		Targets: []*tabular.ColumnPreparation{{Name: "y", Kind: tabular.Number}}}
	for _, values := range [][2]string{{"mlp", "model.hidden=65536,65536"}, {"resnet", "model.width=65536"},
		{"ft-transformer", "model.width=65536"},
		{"resnet", "model.blocks=1000 model.width=1024"}} {
		r := tasktest.Recipe(set, append([]string{"model=" + values[0]}, strings.Fields(values[1])...)...)
		if _, err := build(r, rng.NewTorch(1), prep); err == nil || !strings.Contains(err.Error(), "want at most a billion") {
			t.Errorf("%v: error %v", values, err)
		}
	}
}
