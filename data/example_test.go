package data_test

import (
	"fmt"
	"io"
	"log"
	"strings"

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

// squares is a dataset of the squares of 0, 1, …, computed by Read.
type squares struct{ n int }

func (d squares) Len() int { return d.n }

func (squares) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32}, {DType: tensor.Float32}} // x and y are scalars
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

// The fields of samples with an image of one channel and its class.
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

// Keep copies a result that is needed after the step.
func ExampleBatch() {
	loader := data.NewLoader(squares{4}, data.LoaderConfig{BatchSize: 2})
	var sums []tensor.Tensor
	for batch := range loader.Batches() {
		sums = append(sums, batch.Y.Sum().Keep())
	}
	fmt.Println(sums[0].Item(), sums[1].Item())
	// Output: 1 13
}

// A pass without gradients, for evaluation.
func ExampleOption() {
	w := tensor.Ones(1).SetRequiresGrad(true)
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
		fmt.Println("not reached")
	}
	fmt.Println(loader.Err())
	// Output: data: sample 0: picture-00.png is not a PNG file
}

type buggy struct{ squares }

func (d buggy) Read(i int, s *data.Sample) error {
	s.Float32(0)[i] = 1 // a mistake: the field has one element
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

func ExampleLoaderConfig() {
	ds := data.NewTensorDataset(tensor.Zeros(10, 3), tensor.Zeros(10))
	loader := data.NewLoader(ds, data.LoaderConfig{
		BatchSize: 4,
		DropLast:  true,
		Workers:   1, // read the next batch while the current one trains
	})
	fmt.Println(loader.Len())
	// Output: 2
}

func ExampleSubset() {
	part := data.NewSubset(squares{10}, []int64{3, 5})
	for batch := range data.NewLoader(part, data.LoaderConfig{BatchSize: 2}).Batches() {
		fmt.Println(batch.Y.Float32s())
	}
	// Output: [9 25]
}

func ExampleRandomSplit() {
	ds := squares{10}
	parts := data.RandomSplit(ds, rng.NewTorch(42), data.Fractions(ds.Len(), 0.8, 0.2)...)
	fmt.Println(parts[0].Indices(), parts[1].Indices())
	// Output: [2 6 1 8 4 5 0 9] [3 7]
}

func ExampleConcat() {
	ds := data.NewConcat(squares{3}, squares{2})
	for batch := range data.NewLoader(ds, data.LoaderConfig{BatchSize: 5}).Batches() {
		fmt.Println(batch.X.Float32s())
	}
	// Output: [0 1 2 0 1]
}

// backwards is a sampler that reverses the order.
type backwards struct{ n int }

func (s backwards) Len() int { return s.n }

func (s backwards) Order(dst []int64, _ *rng.Torch) {
	for i := range dst {
		dst[i] = int64(s.n - 1 - i)
	}
}

func ExampleSampler() {
	loader := data.NewLoader(squares{5}, data.LoaderConfig{BatchSize: 3, Sampler: backwards{5}})
	for batch := range loader.Batches() {
		fmt.Println(batch.Indices)
	}
	// Output:
	// [4 3 2]
	// [1 0]
}

func ExampleBatchSampler() {
	ds := squares{5}
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSampler: data.NewBatchSampler(backwards{5}, 2, true)})
	for batch := range loader.Batches() {
		fmt.Println(batch.Indices)
	}
	// Output:
	// [4 3]
	// [2 1]
}

func ExampleSequentialSampler() {
	order := make([]int64, 4)
	(&data.SequentialSampler{Dataset: squares{4}}).Order(order, nil)
	fmt.Println(order)
	// Output: [0 1 2 3]
}

// Twelve draws from three samples.
func ExampleRandomSampler() {
	s := &data.RandomSampler{Dataset: squares{3}, Replacement: true, NumSamples: 12}
	order := make([]int64, s.Len())
	s.Order(order, rng.NewTorch(1))
	fmt.Println(order)
	// Output: [0 0 2 0 0 0 1 0 2 0 1 1]
}

func ExampleSubsetRandomSampler() {
	s := &data.SubsetRandomSampler{Indices: []int64{10, 20, 30}}
	order := make([]int64, s.Len())
	s.Order(order, rng.NewTorch(1))
	fmt.Println(order)
	// Output: [20 30 10]
}

// With weights of 1/(samples of the class), three samples of class 0 and one of class 1 give equally frequent classes.
func ExampleWeightedRandomSampler() {
	s := &data.WeightedRandomSampler{Weights: []float64{1. / 3, 1. / 3, 1. / 3, 1}, NumSamples: 1000}
	order := make([]int64, s.Len())
	s.Order(order, rng.NewTorch(1))
	ones := 0
	for _, i := range order {
		if i == 3 {
			ones++
		}
	}
	fmt.Println(ones)
	// Output: 513
}

// countdown is a stream: each pass counts down from a number to 1.
type countdown struct{ from int }

func (c countdown) Fields() []data.Field { return []data.Field{{DType: tensor.Int64}} }

func (c countdown) Open(epoch int) (data.StreamReader, error) { return &counter{c.from}, nil }

type counter struct{ next int }

func (c *counter) Read(s *data.Sample) error {
	if c.next == 0 {
		return io.EOF
	}
	s.Int64(0)[0] = int64(c.next)
	c.next--
	return nil
}

func (c *counter) Close() error { return nil }

func ExampleStream() {
	loader := data.NewStreamLoader(countdown{5}, data.LoaderConfig{BatchSize: 2})
	for batch := range loader.Batches() {
		fmt.Println(batch.X.Int64s())
	}
	if err := loader.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// [5 4]
	// [3 2]
	// [1]
}

// Reading a stream without a loader.
func ExampleStreamReader() {
	r, err := countdown{3}.Open(0)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s := data.NewSample(countdown{3})
	for r.Read(s) != io.EOF {
		fmt.Println(s.Int64(0)[0])
	}
	// Output:
	// 3
	// 2
	// 1
}

// Texts is a dataset of sequences of different lengths. Collate pads a batch to its longest sequence.
type Texts struct{ tokens [][]int64 }

func (t Texts) Len() int { return len(t.tokens) }

func (t Texts) Fields() []data.Field {
	return []data.Field{{DType: tensor.Int64, Shape: tensor.ShapeOf(512)}, {DType: tensor.Int64}} // tokens and their number
}

func (t Texts) Read(i int, s *data.Sample) error {
	s.Int64(1)[0] = int64(copy(s.Int64(0), t.tokens[i]))
	return nil
}

func (t Texts) Collate(indices []int64, b *data.RawBatch) error {
	longest := 0
	for _, i := range indices {
		longest = max(longest, len(t.tokens[i]))
	}
	x, lengths := b.Int64(0, len(indices), longest), b.Int64(1, len(indices))
	for row, i := range indices {
		lengths[row] = int64(copy(x[row*longest:], t.tokens[i]))
	}
	return nil
}

func ExampleCollator() {
	texts := Texts{[][]int64{{5, 9, 2}, {7}, {4, 4, 4, 4}}}
	for batch := range data.NewLoader(texts, data.LoaderConfig{BatchSize: 2}).Batches() {
		fmt.Println(batch.X.Shape(), batch.X.Int64s(), batch.Y.Int64s())
	}
	// Output:
	// (2, 3) [5 9 2 7 0 0] [3 1]
	// (1, 4) [4 4 4 4] [4]
}

// Bytes is a dataset of a file's bytes. Collate reads a batch with one call.
type Bytes struct{ file *strings.Reader }

func (d Bytes) Len() int { return int(d.file.Size()) }

func (d Bytes) Fields() []data.Field { return []data.Field{{DType: tensor.Uint8}} }

func (d Bytes) Read(i int, s *data.Sample) error {
	_, err := d.file.ReadAt(s.Bytes(0), int64(i))
	return err
}

func (d Bytes) Collate(indices []int64, b *data.RawBatch) error {
	_, err := d.file.ReadAt(b.Bytes(0, len(indices)), indices[0]) // the loader does not shuffle, so the bytes are adjacent
	return err
}

func ExampleRawBatch() {
	loader := data.NewLoader(Bytes{strings.NewReader("go far")}, data.LoaderConfig{BatchSize: 4})
	for batch := range loader.Batches() {
		fmt.Printf("%q\n", batch.X.Bytes())
	}
	// Output:
	// "go f"
	// "ar"
}
