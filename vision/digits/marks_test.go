package digits_test

import (
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/vision/digits"
)

// TestMarks draws photographs of each kind and counts those in which as many marks are found as there are digits.
func TestMarks(t *testing.T) {
	d, err := mnist.Train()
	if err != nil {
		t.Fatal(err)
	}
	n := 20
	if testing.Short() {
		n = 8
	}
	var r digits.Reader
	for _, k := range digitphotos.Kinds {
		if !k.Digits {
			continue
		}
		found := 0
		for i := range n {
			p := k.Draw(d, 77, i)
			if len(r.Find(p.Image)) == len(p.Number) {
				found++
			}
		}
		t.Logf("%-16s %3d of %d", k.Name, found, n)
		if floor := n * 3 / 4; found < floor {
			t.Errorf("%s: the digits are found in %d of %d pictures, want at least %d", k.Name, found, n, floor)
		}
	}
}
