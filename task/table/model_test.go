package table

import (
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// A configuration's sizes are compared with the file of weights before the network is allocated: atLeast must never be more
// than the parameters, and not much less for a large network.
func TestAtLeast(t *testing.T) {
	for _, b := range []builder{&mlp{Hidden: []int{300, 200}, Members: 16}, &mlp{Members: 1}, &mlp{Hidden: []int{256, 256}, Members: 1},
		&resnet{Blocks: 3, Width: 128}, &ftTransformer{Blocks: 2, Width: 64, Heads: 8}, &linear{}} {
		n := nn.Count(b.build(rng.NewTorch(0), models.TabularInputs{Numbers: 1}, 3, true))
		if got := b.atLeast(3); got > n || n > 2*got+1000 {
			t.Errorf("%T: at least %d parameters, the network has %d", b, got, n)
		}
	}
}
