package samples_test

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/ui/samples"
)

// TestAccuracy reads the first 1000 test digits. Both networks read more than 98% of all.
func TestAccuracy(t *testing.T) {
	d, err := mnist.Test()
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	x := make([]float32, n*28*28)
	for i := range x {
		x[i] = float32(d.Images[i]) / 255
	}
	for _, network := range samples.Networks {
		model, err := network.Load()
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for i, c := range model.Forward(tensor.From(x, n, 1, 28, 28)).ArgMax(1).Int64s() {
			if c == int64(d.Labels[i]) {
				right++
			}
		}
		if right < 970 {
			t.Errorf("%s reads %d of %d digits", network.Name, right, n)
		}
	}
}

func ExampleNetwork() {
	for _, n := range samples.Networks {
		model, err := n.Load()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(n.Name, model.Forward(tensor.Zeros(1, 1, 28, 28)).Shape())
	}
	// Output:
	// neurons (1, 10)
	// maps (1, 10)
}

// ExampleRepeat lets the network continue ten letters and a first one.
func ExampleRepeat() {
	model, err := samples.Repeat()
	if err != nil {
		fmt.Println(err)
		return
	}
	var ids []int64
	for _, c := range "cafebadgehc" {
		ids = append(ids, int64(c-'a'))
	}
	scores := model.Forward(tensor.From(ids, 1, len(ids)))
	next := scores.Select(1, len(ids)-1).ArgMax(1).Int64s()[0]
	fmt.Printf("%c\n", samples.Letters[next])
	// Output: a
}
