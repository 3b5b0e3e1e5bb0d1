package digits_test

import (
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/digits"
)

// network is the network of testdata/network.safetensors, which has eleven classes (testdata/README.md).
type network struct{ nn.Sequential }

func newNetwork(t testing.TB) network {
	n := network{models.NewDigitsNet(rng.NewTorch(0), 28, digits.Classes+1)}
	if err := safetensors.LoadModel("testdata/network.safetensors", n.Sequential); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n network) classify(pictures []float32, count int) []float32 {
	return train.Probabilities(n, tensor.From(pictures, count, len(pictures)/count)).Float32s()
}

// TestPhotographs draws photographs of every kind with MNIST's test digits and reads them. The floors are below the
// figures of docs/photographs.md by what 20 pictures a kind scatter.
func TestPhotographs(t *testing.T) {
	d, err := mnist.Test()
	if err != nil {
		t.Fatal(err)
	}
	n := 20
	if testing.Short() {
		n = 3
	}
	reader := digits.Reader{Classify: newNetwork(t).classify}
	var right, all, refused, empty int
	for _, k := range digitphotos.Kinds {
		good := 0
		for i := range n {
			p := k.DrawSized(d, 5, i, 200, 320)
			r := reader.Read(p.Image)
			if r.Number == p.Number {
				good++
			}
			if (r.Number == "") != (r.Refusal != "") {
				t.Errorf("%s: number %q, refusal %q", k.Name, r.Number, r.Refusal)
			}
		}
		t.Logf("%-16s %3d of %d", k.Name, good, n)
		if k.Digits {
			right, all = right+good, all+n
		} else {
			refused, empty = refused+good, empty+n
		}
		if floor := n * 7 / 10; n >= 20 && good < floor {
			t.Errorf("%s: %d of %d are read, or refused if they have no digit, want at least %d", k.Name, good, n, floor)
		}
	}
	if 100*right < 92*all {
		t.Errorf("%d of %d photographs are read, want 92%%", right, all)
	}
	if 100*refused < 91*empty {
		t.Errorf("%d of %d pictures without a digit are refused, want 91%%", refused, empty)
	}
}
