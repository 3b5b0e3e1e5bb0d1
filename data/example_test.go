package data_test

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Two passes over four points, in PyTorch's order for torch.manual_seed(42).
func ExampleLoader() {
	x := tensor.From([]float32{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	y := tensor.From([]int64{0, 1, 1, 0})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 3, Shuffle: true, RNG: rng.NewTorch(42)})
	for range 2 {
		for batch := range loader.Batches() {
			fmt.Println(batch.Epoch, batch.Step, batch.X.Shape(), batch.Y.Int64s(), batch.Indices)
		}
		if err := loader.Err(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 0 0 (3, 2) [0 1 0] [0 2 3]
	// 0 1 (1, 2) [1] [1]
	// 1 0 (3, 2) [1 0 1] [2 3 1]
	// 1 1 (1, 2) [0] [0]
}

// A dataset of one's own: the squares of the numbers from 0, computed when they are asked for.
type squares struct{ n int }

func (d squares) Len() int { return d.n }

func (squares) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32}, {DType: tensor.Float32}} // two single numbers, x and y
}

func (squares) Read(i int, s *data.Sample) error {
	s.Float32(0)[0] = float32(i)
	s.Float32(1)[0] = float32(i * i)
	return nil
}

func ExampleDataset() {
	loader := data.NewLoader(squares{5}, data.LoaderConfig{BatchSize: 2})
	for batch := range loader.Batches() {
		fmt.Println(batch.X.Float32s(), batch.Y.Float32s())
	}
	// Output:
	// [0 1] [0 1]
	// [2 3] [4 9]
	// [4] [16]
}

// Samples of two fields: a picture with one channel, and its class.
func ExampleField() {
	fields := []data.Field{
		{DType: tensor.Float32, Shape: tensor.ShapeOf(1, 28, 28)},
		{DType: tensor.Int64},
	}
	fmt.Println(fields[0].Shape, fields[1].Shape)
	// Output: (1, 28, 28) ()
}

// Reading a single sample, without a loader.
func ExampleSample() {
	ds := squares{5}
	s := data.NewSample(ds)
	if err := ds.Read(3, s); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Float32(0), s.Float32(1))
	// Output: [3] [9]
}

func ExampleTensorDataset() {
	ds := data.NewTensorDataset(tensor.From([]float32{1, 2, 3, 4}, 2, 2), tensor.From([]int64{0, 1}))
	s := data.NewSample(ds)
	if err := ds.Read(1, s); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ds.Len(), s.Float32(0), s.Int64(1))
	// Output: 2 [3 4] [1]
}

// A value that outlives its step is kept; the batch itself is not.
func ExampleBatch() {
	loader := data.NewLoader(squares{4}, data.LoaderConfig{BatchSize: 2})
	var sums []tensor.Tensor
	for batch := range loader.Batches() {
		sums = append(sums, batch.Y.Sum().Keep())
	}
	fmt.Println(sums[0].Item(), sums[1].Item())
	// Output: 1 13
}

// Evaluation needs no gradients.
func ExampleOption() {
	w := tensor.Ones(1).RequireGrad()
	loader := data.NewLoader(squares{4}, data.LoaderConfig{BatchSize: 4})
	for batch := range loader.Batches(data.NoGrad) {
		fmt.Println(batch.X.Mul(w).NeedsGrad())
	}
	// Output: false
}

type broken struct{ squares }

func (broken) Read(i int, s *data.Sample) error {
	return fmt.Errorf("picture-%02d.png is not a PNG file", i)
}

func ExampleSampleError() {
	loader := data.NewLoader(broken{squares{3}}, data.LoaderConfig{})
	for range loader.Batches() {
		fmt.Println("never comes here")
	}
	fmt.Println(loader.Err())
	// Output: data: sample 0: picture-00.png is not a PNG file
}

type buggy struct{ squares }

func (d buggy) Read(i int, s *data.Sample) error {
	s.Float32(0)[i] = 1 // there is one element
	return nil
}

func ExamplePanicError() {
	loader := data.NewLoader(buggy{squares{3}}, data.LoaderConfig{Workers: 1})
	defer func() {
		e := recover().(*data.PanicError)
		fmt.Println(e.Index, e.Value)
	}()
	for range loader.Batches() {
	}
	// Output: 1 runtime error: index out of range [1] with length 1
}
