package docs

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Waves has N waves of 32 points. Even samples are sines, odd ones squares, and each epoch adds other noise.
type Waves struct{ N int }

// Len returns the number of samples.
func (d Waves) Len() int { return d.N }

// Fields says what a sample is: 32 numbers (X) and the number of a class (Y).
func (d Waves) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(32)}, {DType: tensor.Int64}}
}

// Read writes sample i.
func (d Waves) Read(i int, s *data.Sample) error {
	class, noise, x := i%2, s.Random(), s.Float32(0)
	for t := range x {
		v := math.Sin(2 * math.Pi * float64(t+i) / 16)
		if class == 1 {
			v = math.Copysign(1, v)
		}
		x[t] = float32(v + 0.1*noise.Normal())
	}
	s.Int64(1)[0] = int64(class)
	return nil
}

func Example_waves() {
	first := func(workers int) []float32 {
		config := data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: rng.NewTorch(1), Workers: workers}
		for batch := range data.NewLoader(Waves{100}, config).Batches() {
			fmt.Println(batch.X.Shape(), batch.Y.Shape(), batch.Indices[:5])
			return batch.X.Float32s()
		}
		return nil
	}
	fmt.Println("the same numbers:", slices.Equal(first(0), first(4)))
	// Output:
	// (20, 32) (20,) [94 38 48 2 8]
	// (20, 32) (20,) [94 38 48 2 8]
	// the same numbers: true
}

func Example_ownSplit() {
	parts := data.RandomSplit(Waves{100}, rng.NewTorch(1), data.Fractions(100, 0.8, 0.2)...)
	fmt.Println(parts[0].Len(), parts[1].Len())

	var indices []int64
	var weights []float64
	for i := range 45 { // 45 sines
		indices, weights = append(indices, int64(2*i)), append(weights, 1.0/45)
	}
	for i := range 5 { // 5 squares
		indices, weights = append(indices, int64(2*i+1)), append(weights, 1.0/5)
	}
	balanced := &data.WeightedRandomSampler{Weights: weights, NumSamples: 50}
	loader := data.NewLoader(data.NewSubset(Waves{100}, indices), data.LoaderConfig{BatchSize: 50, Sampler: balanced, RNG: rng.NewTorch(2)})
	for batch := range loader.Batches() {
		fmt.Println(batch.Y.Sum().Item(), "of 50 samples are squares")
	}
	// Output:
	// 80 20
	// 25 of 50 samples are squares
}

// Records reads samples of four numbers and a class from a file that may be larger than memory.
type Records struct {
	File io.ReaderAt // such as an *os.File
	N    int         // the file's size divided by recordSize
}

const recordSize = 4*4 + 1 // bytes: four float32, little-endian, and a class

func (d Records) Len() int { return d.N }
func (d Records) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(4)}, {DType: tensor.Int64}}
}

// Read reads record i. Several goroutines may call it, because ReadAt has no position.
func (d Records) Read(i int, s *data.Sample) error {
	var record [recordSize]byte
	if _, err := d.File.ReadAt(record[:], int64(i)*recordSize); err != nil {
		return fmt.Errorf("record %d: %w", i, err)
	}
	x := s.Float32(0)
	for j := range x {
		x[j] = math.Float32frombits(binary.LittleEndian.Uint32(record[4*j:]))
	}
	s.Int64(1)[0] = int64(record[16])
	return nil
}

func Example_records() {
	var file bytes.Buffer
	for i := range 10 {
		binary.Write(&file, binary.LittleEndian, []float32{float32(i), 0, 0, 1})
		file.WriteByte(byte(i % 2))
	}
	cut := bytes.NewReader(file.Bytes()[:7*recordSize+3]) // a file that was cut off

	loader := data.NewLoader(Records{cut, 10}, data.LoaderConfig{BatchSize: 5})
	for batch := range loader.Batches() {
		fmt.Println(batch.X.Select(1, 0), batch.Y)
	}
	fmt.Println(loader.Err())
	// Output:
	// tensor([0., 1., 2., 3., 4.]) tensor([0, 1, 0, 1, 0])
	// data: sample 7: record 7: EOF
}

// Numbers is a stream of samples: each line of a text is one number.
type Numbers struct {
	Text func() io.Reader
}

// Fields says that a sample is one number.
func (n Numbers) Fields() []data.Field { return []data.Field{{DType: tensor.Float32}} }

// Open begins a pass.
func (n Numbers) Open(epoch int) (data.StreamReader, error) {
	return &numberReader{bufio.NewScanner(n.Text()), 0}, nil
}

type numberReader struct {
	lines *bufio.Scanner
	line  int
}

// Read reads the next number.
func (r *numberReader) Read(s *data.Sample) error {
	if !r.lines.Scan() {
		if err := r.lines.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	r.line++
	v, err := strconv.ParseFloat(r.lines.Text(), 32)
	if err != nil {
		return fmt.Errorf("line %d: %q is no number", r.line, r.lines.Text())
	}
	s.Float32(0)[0] = float32(v)
	return nil
}

func (r *numberReader) Close() error { return nil }

func Example_numbers() {
	text := "1\n2\n3\n4\nfive\n"
	loader := data.NewStreamLoader(Numbers{func() io.Reader { return strings.NewReader(text) }}, data.LoaderConfig{BatchSize: 2})
	for batch := range loader.Batches() {
		fmt.Println(batch.X)
	}
	fmt.Println(loader.Err())
	// Output:
	// tensor([1., 2.])
	// tensor([3., 4.])
	// data: sample 4: line 5: "five" is no number
}
