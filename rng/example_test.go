package rng_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
)

// torch.manual_seed(42); torch.rand(3); torch.randn(3); torch.randperm(5)
func ExampleTorch() {
	g := rng.NewTorch(42)
	x := make([]float32, 3)
	g.Uniform32(x, 0, 1)
	fmt.Println(x)
	g.Normal32(x, 0, 1)
	fmt.Println(x)
	order := make([]int64, 5)
	g.Randperm(order)
	fmt.Println(order)
	// Output:
	// [0.88226926 0.91500396 0.38286376]
	// [-0.8293192 -1.613707 -0.21470453]
	// [4 3 2 0 1]
}

// A checkpoint saves the generator; the program that resumes from it draws what the first would have drawn.
func ExampleTorch_UnmarshalBinary() {
	g := rng.NewTorch(42)
	saved, err := g.MarshalBinary()
	if err != nil {
		panic(err)
	}
	resumed := new(rng.Torch)
	if err := resumed.UnmarshalBinary(saved); err != nil {
		panic(err)
	}
	fmt.Println(g.Int63() == resumed.Int63())
	// Output: true
}

// np.random.seed(42); np.random.randn(3); np.random.randint(0, 10, size=5)
func ExampleNumPy() {
	g := rng.NewNumPy(42)
	x := make([]float64, 3)
	g.Randn(x)
	fmt.Printf("%.8f\n", x)
	y := make([]int64, 5)
	g.Randint(y, 0, 10)
	fmt.Println(y)
	// Output:
	// [0.49671415 -0.13826430 0.64768854]
	// [6 9 2 6 7]
}

// Whether a sample is mirrored depends on the sample and the epoch, not on the worker or the time of loading.
func ExampleKeyed() {
	const seed = 42
	for epoch := range uint32(2) {
		for _, sample := range []uint64{3, 1, 2} {
			k := rng.NewKeyed(seed, epoch, sample)
			fmt.Printf("epoch %d, sample %d: mirrored %v\n", epoch, sample, k.Float32() < 0.5)
		}
	}
	// Output:
	// epoch 0, sample 3: mirrored true
	// epoch 0, sample 1: mirrored true
	// epoch 0, sample 2: mirrored true
	// epoch 1, sample 3: mirrored false
	// epoch 1, sample 1: mirrored true
	// epoch 1, sample 2: mirrored true
}
