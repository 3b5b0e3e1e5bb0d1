package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sequence of a golden file: what PyTorch or NumPy drew, step after step, from one generator.
// testdata/torch/rng.py writes it.
type sequence struct {
	Seed  uint64
	Steps []step
}

type step struct {
	Op     string
	Args   []json.Number
	N      int
	Stride int
	Values []json.Number // every Stride-th of N
	SHA256 string        // of all N in little-endian order, where they agree bit for bit
}

func (s step) String() string { return fmt.Sprintf("%s%v of %d", s.Op, s.Args, s.N) }

func (s step) float(i int) float64 { return number[float64](s.Args[i]) }
func (s step) int(i int) int64     { return number[int64](s.Args[i]) }

func number[T any](n json.Number) T {
	var v T
	if err := json.Unmarshal([]byte(n), &v); err != nil {
		panic(err)
	}
	return v
}

func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/torch/rng", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// check compares what was drawn with a step. Where the step has no digest, floats may differ by ulps units in the last
// place.
func check[T int64 | float32 | float64](t *testing.T, s step, got []T, ulps uint64) {
	t.Helper()
	if len(got) != s.N {
		t.Fatalf("%v: drew %d values", s, len(got))
	}
	for i, n := range s.Values {
		want := number[T](n)
		g := got[i*s.Stride]
		if d := distance(g, want); d > ulps || s.SHA256 != "" && d != 0 {
			t.Fatalf("%v: value %d is %v, want %v, %d units in the last place apart", s, i*s.Stride, g, want, d)
		}
	}
	if s.SHA256 != "" && digest(got) != s.SHA256 {
		t.Fatalf("%v: the values shown agree, the digest of all does not", s)
	}
}

func digest(v any) string {
	h := sha256.New()
	if err := binary.Write(h, binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// distance returns the number of representable numbers between a and b.
func distance[T int64 | float32 | float64](a, b T) uint64 {
	x, y := ordered(a), ordered(b)
	if x < y {
		x, y = y, x
	}
	return uint64(x) - uint64(y)
}

// ordered maps numbers to integers in the same order, neighbours to neighbours.
func ordered[T int64 | float32 | float64](v T) int64 {
	var i int64
	switch v := any(v).(type) {
	case int64:
		return v
	case float32:
		i = int64(int32(math.Float32bits(v)))
		if i < 0 {
			return math.MinInt32 - i
		}
	case float64:
		i = int64(math.Float64bits(v))
		if i < 0 {
			return math.MinInt64 - i
		}
	}
	return i
}

func TestTorchGolden(t *testing.T) { torchGolden(t, "torch.json") }

// TestTorchGolden16 compares what PyTorch draws into float16 and bfloat16 tensors.
func TestTorchGolden16(t *testing.T) { torchGolden(t, "torch16.json") }

func torchGolden(t *testing.T, name string) {
	var seqs []sequence
	readGolden(t, name, &seqs)
	g := new(Torch)
	for _, seq := range seqs {
		g.Seed(seq.Seed)
		for i, s := range seq.Steps {
			t.Run(fmt.Sprintf("%d/%d_%s", seq.Seed, i, s.Op), func(t *testing.T) { torchStep(t, g, s) })
		}
	}
}

func torchStep(t *testing.T, g *Torch, s step) {
	i64 := make([]int64, s.N)
	f32 := make([]float32, s.N)
	f64 := make([]float64, s.N)
	switch s.Op {
	case "int63":
		check(t, s, []int64{g.Int63()}, 0)
	case "uniform32":
		g.Uniform32(f32, s.float(0), s.float(1))
		check(t, s, f32, 0)
	case "uniform64":
		g.Uniform64(f64, s.float(0), s.float(1))
		check(t, s, f64, 0)
	case "normal32":
		g.Normal32(f32, s.float(0), s.float(1))
		check(t, s, f32, 2)
	case "normal64":
		g.Normal64(f64, s.float(0), s.float(1))
		check(t, s, f64, 2)
	case "uniform_f16":
		g.UniformF16(f32, s.float(0), s.float(1))
		check(t, s, f32, 0)
	case "uniform_bf16":
		g.UniformBF16(f32, s.float(0), s.float(1))
		check(t, s, f32, 0)
	case "normal_f16", "normal_bf16":
		g.Normal16(f32, s.float(0), s.float(1))
		check(t, s, rounded(s, f32), 0)
	case "bernoulli_f16", "bernoulli_bf16":
		g.Bernoulli32(f32, s.float(0))
		check(t, s, f32, 0)
	case "exponential_f16", "exponential_bf16":
		g.Exponential32(f32, s.float(0))
		check(t, s, rounded(s, f32), 0)
	case "randint":
		g.Randint(i64, s.int(0), s.int(1))
		check(t, s, i64, 0)
	case "bernoulli32":
		g.Bernoulli32(f32, s.float(0))
		check(t, s, f32, 0)
	case "bernoulli64":
		g.Bernoulli64(f64, s.float(0))
		check(t, s, f64, 0)
	case "bernoulli_each32":
		g.BernoulliEach32(f32, linspace[float32](s.N))
		check(t, s, f32, 0)
	case "bernoulli_each64":
		g.BernoulliEach64(f64, linspace[float64](s.N))
		check(t, s, f64, 0)
	case "exponential32":
		g.Exponential32(f32, s.float(0))
		check(t, s, f32, 1)
	case "exponential64":
		g.Exponential64(f64, s.float(0))
		check(t, s, f64, 2)
	case "multinomial32":
		g.Multinomial32(i64, weights[float32](s), int(s.int(0)), s.int(2) == 1)
		check(t, s, i64, 0)
	case "multinomial64":
		g.Multinomial64(i64, weights[float64](s), int(s.int(0)), s.int(2) == 1)
		check(t, s, i64, 0)
	case "randperm":
		g.Randperm(i64)
		check(t, s, i64, 0)
	default:
		t.Fatalf("no such operation: %v", s)
	}
}

// rounded returns x rounded to the 16-bit type that the step's name ends in.
func rounded(s step, x []float32) []float32 {
	for i, v := range x {
		if strings.HasSuffix(s.Op, "_bf16") {
			x[i] = RoundBF16(v)
		} else {
			x[i] = RoundF16(v)
		}
	}
	return x
}

func linspace[T float32 | float64](n int) []T {
	p := make([]T, n)
	for i := range p {
		p[i] = T(i) / T(n-1)
	}
	return p
}

func weights[T float32 | float64](s step) []T {
	w := make([]T, s.int(0)*s.int(1))
	for i := range w {
		w[i] = T((i + 1) * 37 % 101)
	}
	return w
}

func TestNumPyGolden(t *testing.T) {
	var seqs []sequence
	readGolden(t, "numpy.json", &seqs)
	g := new(NumPy)
	for _, seq := range seqs {
		g.Seed(uint32(seq.Seed))
		for i, s := range seq.Steps {
			t.Run(fmt.Sprintf("%d/%d_%s", seq.Seed, i, s.Op), func(t *testing.T) { numpyStep(t, g, s) })
		}
	}
}

func numpyStep(t *testing.T, g *NumPy, s step) {
	i64 := make([]int64, s.N)
	f64 := make([]float64, s.N)
	switch s.Op {
	case "rand":
		g.Rand(f64)
		check(t, s, f64, 0)
	case "uniform":
		g.Uniform(f64, s.float(0), s.float(1))
		check(t, s, f64, 0)
	case "randn":
		g.Randn(f64)
		check(t, s, f64, 2)
	case "normal":
		g.Normal(f64, s.float(0), s.float(1))
		check(t, s, f64, 2)
	case "randint":
		g.Randint(i64, s.int(0), s.int(1))
		check(t, s, i64, 0)
	case "permutation":
		g.Permutation(i64)
		check(t, s, i64, 0)
	case "shuffle":
		for i := range i64 {
			i64[i] = int64(i)
		}
		g.Shuffle(s.N, func(i, j int) { i64[i], i64[j] = i64[j], i64[i] })
		check(t, s, i64, 0)
	case "choice":
		g.Choice(i64, int(s.int(0)), s.int(1) == 1, nil)
		check(t, s, i64, 0)
	case "choice_p":
		n, sum := int(s.int(0)), 0.0
		p := make([]float64, n)
		for i := range p {
			p[i] = float64((i + 1) * 37 % 101)
			sum += p[i]
		}
		for i := range p {
			p[i] /= sum
		}
		g.Choice(i64, n, s.int(1) == 1, p)
		check(t, s, i64, 0)
	default:
		t.Fatalf("no such operation: %v", s)
	}
}

// TestProgram draws all random numbers of a program in its order: data by NumPy, then layers and the order of samples
// in passes of a shuffling loader by PyTorch.
func TestProgram(t *testing.T) {
	var want struct {
		Layers []struct {
			In, Out      int
			Weight, Bias string
		}
		Shuffled     [][]int64
		AfterPlain   int64     `json:"after_plain"`
		OwnGenerator [][]int64 `json:"own_generator"`
		AfterOwn     int64     `json:"after_own_generator"`
		X, Y         string
		XNew         string `json:"x_new"`
	}
	readGolden(t, "program.json", &want)

	g := NewTorch(42)
	for _, l := range want.Layers {
		bound := 1 / math.Sqrt(float64(l.In))
		w, b := make([]float32, l.In*l.Out), make([]float32, l.Out)
		g.Uniform32(w, -bound, bound)
		g.Uniform32(b, -bound, bound)
		if digest(w) != l.Weight || digest(b) != l.Bias {
			t.Errorf("linear layer %d → %d: weights differ from PyTorch's", l.In, l.Out)
		}
	}
	order := make([]int64, 1000)
	pass := func(name string, i int, want []int64) {
		for k := range order {
			if order[k] != want[k] {
				t.Fatalf("%s, pass %d: sample %d is %d, want %d", name, i, k, order[k], want[k])
			}
		}
	}
	for i, p := range want.Shuffled {
		g.Int63() // the loader's base seed
		NewTorch(uint64(g.Int63())).Randperm(order)
		pass("shuffling loader", i, p)
	}
	g.Int63() // a pass in order draws its base seed too
	if got := g.Int63(); got != want.AfterPlain {
		t.Errorf("after a pass in order the stream is at %d, want %d", got, want.AfterPlain)
	}

	// A loader with a separate generator draws everything from it. At the end of a pass its sampler draws one more
	// permutation, for the remainder of zero samples.
	own := NewTorch(7)
	spare := make([]int64, 1000)
	for i, p := range want.OwnGenerator {
		own.Int63()
		own.Randperm(order)
		own.Randperm(spare)
		pass("loader with a generator", i, p)
	}
	if got := own.Int63(); got != want.AfterOwn {
		t.Errorf("after passes with its own generator the stream is at %d, want %d", got, want.AfterOwn)
	}

	n := NewNumPy(42)
	x := make([]float64, 100*1000)
	y := make([]int64, 1000)
	n.Randn(x)
	n.Randint(y, 0, 10)
	xNew := make([]float64, 100*100)
	n.Randn(xNew)
	if digest(toFloat32(x)) != want.X || digest(y) != want.Y || digest(toFloat32(xNew)) != want.XNew {
		t.Error("the notes' data differ from NumPy's")
	}
}

func toFloat32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
