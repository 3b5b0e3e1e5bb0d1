package rng

import (
	"bytes"
	"compress/zlib"
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// A savedState is the state of PyTorch's generator after some draws, and the numbers that it drew next.
type savedState struct {
	Draws  int
	Cached bool
	State  string // compressed, in some
	SHA256 string
	Normal float64
	Int63  int64
}

func TestTorchState(t *testing.T) {
	var states []savedState
	readGolden(t, "state.json", &states)
	loaded := 0
	for _, s := range states {
		g := NewTorch(1<<40 + 42)
		g.Randint(make([]int64, s.Draws), 0, 10)
		if s.Cached {
			g.Normal32(make([]float32, 1), 0, 1)
		}
		data, err := g.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if digest(data) != s.SHA256 {
			t.Errorf("after %d draws: the state differs from PyTorch's", s.Draws)
		}
		if s.State != "" {
			loaded++
			if data = inflate(t, s.State); digest(data) != s.SHA256 {
				t.Fatal("the golden state is damaged")
			}
		}
		h := NewTorch(1)
		if err := h.UnmarshalBinary(data); err != nil {
			t.Fatalf("after %d draws: %v", s.Draws, err)
		}
		if h.InitialSeed() != 1<<40+42 {
			t.Errorf("after %d draws: the initial seed became %d", s.Draws, h.InitialSeed())
		}
		if again, _ := h.MarshalBinary(); !bytes.Equal(again, data) {
			t.Errorf("after %d draws: saving the restored generator gives another state", s.Draws)
		}
		for name, g := range map[string]*Torch{"saved": g, "restored": h} {
			var z [1]float64
			g.Normal64(z[:], 0, 1)
			if i := g.Int63(); i != s.Int63 || distance(z[0], s.Normal) > 2 {
				t.Errorf("after %d draws: the %s generator drew %v and %d, want %v and %d", s.Draws, name, z[0], i,
					s.Normal, s.Int63)
			}
		}
	}
	if loaded != 2 {
		t.Errorf("%d states of PyTorch's were loaded, want 2", loaded)
	}
}

func inflate(t *testing.T, s string) []byte {
	t.Helper()
	r, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(s)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNumPyState(t *testing.T) {
	for _, draws := range []int{0, 1, 2, 311, 312, 313, 1001} {
		g := NewNumPy(42)
		g.Randn(make([]float64, draws))
		data, err := g.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		h := NewNumPy(1)
		if err := h.UnmarshalBinary(data); err != nil {
			t.Fatalf("after %d draws: %v", draws, err)
		}
		want, got := make([]float64, 1001), make([]float64, 1001)
		g.Randn(want)
		h.Randn(got)
		if !slices.Equal(got, want) {
			t.Errorf("after %d draws: the restored generator draws other values", draws)
		}
	}
}

type state interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// UnmarshalBinary refuses bytes that are not a state, and does not change the generator.
func TestBadStates(t *testing.T) {
	le := binary.LittleEndian
	put32 := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint32(b[at:], v); return b }
	}
	put64 := func(at int, v uint64) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint64(b[at:], v); return b }
	}
	short := func(b []byte) []byte { return b[:len(b)-1] }
	long := func(b []byte) []byte { return append(b, 0) }
	nan := math.Float64bits(math.NaN())

	torch, numpy := NewTorch(42), NewNumPy(42)
	torch.Normal64(make([]float64, 1), 0, 1)
	numpy.Randn(make([]float64, 1))
	for _, c := range []struct {
		name string
		g    state
		bad  func([]byte) []byte
	}{
		{"torch: short", torch, short},
		{"torch: long", torch, long},
		{"torch: empty", torch, func([]byte) []byte { return nil }},
		{"torch: not seeded", torch, put32(12, 0)},
		{"torch: none left", torch, put32(8, 0)},
		{"torch: left and read disagree", torch, put32(8, 7)},
		{"torch: read beyond the block", torch, put64(16, 625)},
		{"torch: read beyond 32 bits", torch, put64(16, 1<<32+4)},
		{"torch: a wide word", torch, put64(24+8*100, 1<<32)},
		{"torch: all zero", torch, func(b []byte) []byte { clear(b[24 : 24+8*624]); return b }},
		{"torch: normal NaN", torch, put64(5024, nan)},
		{"torch: flag", torch, put32(5040, 2)},
		{"numpy: short", numpy, short},
		{"numpy: long", numpy, long},
		{"numpy: empty", numpy, func([]byte) []byte { return nil }},
		{"numpy: mark", numpy, func(b []byte) []byte { b[0]++; return b }},
		{"numpy: read beyond the block", numpy, put32(2504, 625)},
		{"numpy: all zero", numpy, func(b []byte) []byte { clear(b[8:2504]); return b }},
		{"numpy: normal infinite", numpy, put64(2512, math.Float64bits(math.Inf(1)))},
		{"numpy: flag", numpy, put32(2508, 2)},
	} {
		before, _ := c.g.MarshalBinary()
		if err := c.g.UnmarshalBinary(c.bad(bytes.Clone(before))); err == nil {
			t.Errorf("%s: no error", c.name)
		} else if !strings.HasPrefix(err.Error(), "rng: state of a ") {
			t.Errorf("%s: the error does not say what was read: %v", c.name, err)
		}
		if after, _ := c.g.MarshalBinary(); !bytes.Equal(before, after) {
			t.Errorf("%s: the generator changed", c.name)
		}
	}
}

func FuzzTorchState(f *testing.F) {
	b, _ := NewTorch(42).MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		g := NewTorch(1)
		if g.UnmarshalBinary(data) == nil {
			roundTrip(t, g, new(Torch))
			g.Normal32(make([]float32, 700), 0, 1)
		}
	})
}

func FuzzNumPyState(f *testing.F) {
	b, _ := NewNumPy(42).MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		g := NewNumPy(1)
		if g.UnmarshalBinary(data) == nil {
			roundTrip(t, g, new(NumPy))
			g.Rand(make([]float64, 700))
		}
	})
}

func roundTrip(t *testing.T, g, other state) {
	t.Helper()
	saved, _ := g.MarshalBinary()
	if err := other.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	if again, _ := other.MarshalBinary(); !bytes.Equal(saved, again) {
		t.Error("a state restored and saved again differs")
	}
}

func TestNothingAllocated(t *testing.T) {
	g, n := NewTorch(42), NewNumPy(42)
	k := NewKeyed(42, 0, 0)
	i64 := make([]int64, 1000)
	f32 := make([]float32, 1000)
	f64 := make([]float64, 1000)
	p32, p64 := make([]float32, 2000), make([]float64, 2000)
	for i := range p64 {
		p32[i], p64[i] = 1./2048, 1./2000
	}
	u32 := make([]uint32, 1000)
	state := make([]byte, 0, 8000)
	for name, f := range map[string]func(){
		"Seed":                  func() { g.Seed(1) },
		"Int63":                 func() { g.Int63() },
		"Uniform32":             func() { g.Uniform32(f32, -1, 1) },
		"Uniform64":             func() { g.Uniform64(f64, -1, 1) },
		"Normal32":              func() { g.Normal32(f32, 0, 1); g.Normal32(f32[:9], 0, 1) },
		"Normal64":              func() { g.Normal64(f64, 0, 1); g.Normal64(f64[:9], 0, 1) },
		"Randint":               func() { g.Randint(i64, 0, 10); g.Randint(i64, 0, 1<<40) },
		"Randperm":              func() { g.Randperm(i64) },
		"Bernoulli":             func() { g.Bernoulli32(f32, 0.5); g.Bernoulli64(f64, 0.5) },
		"BernoulliEach":         func() { g.BernoulliEach32(f32, p32[:1000]); g.BernoulliEach64(f64, p64[:1000]) },
		"Exponential":           func() { g.Exponential32(f32, 1); g.Exponential64(f64, 1) },
		"Multinomial":           func() { g.Multinomial32(i64, p32, 1, true); g.Multinomial32(i64, p32, 2, false) },
		"Multinomial64":         func() { g.Multinomial64(i64, p64, 1, true); g.Multinomial64(i64, p64, 2, false) },
		"AppendBinary":          func() { g.AppendBinary(state); n.AppendBinary(state) },
		"NumPy.Seed":            func() { n.Seed(1) },
		"NumPy.Rand":            func() { n.Rand(f64); n.Uniform(f64, -1, 1) },
		"NumPy.Randn":           func() { n.Randn(f64); n.Normal(f64, 1, 2) },
		"NumPy.Randint":         func() { n.Randint(i64, 0, 10) },
		"NumPy.Permutation":     func() { n.Permutation(i64) },
		"NumPy.Choice":          func() { n.Choice(i64, 2000, true, nil); n.Choice(i64, 2000, false, nil) },
		"NumPy.Choice weighted": func() { n.Choice(i64, 2000, true, p64); n.Choice(i64, 2000, false, p64) },
		"Keyed": func() {
			k := NewKeyed(1, 2, 3)
			k.Normal()
			k.Seek(0)
		},
		"Keyed fill": func() { k.Uint32s(u32); k.Uniform32(f32, 0, 1); k.Bernoulli32(f32, 0.5) },
	} {
		if a := testing.AllocsPerRun(10, f); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	g, n := NewTorch(42), NewNumPy(42)
	f32, f64, i64 := make([]float32, 3), make([]float64, 3), make([]int64, 3)
	nan, inf := math.NaN(), math.Inf(1)
	for name, f := range map[string]func(){
		"Uniform32 upside down":       func() { g.Uniform32(f32, 1, 0) },
		"Uniform32 NaN":               func() { g.Uniform32(f32, nan, 0) },
		"Uniform32 too wide":          func() { g.Uniform32(f32, -3e38, 3e38) },
		"Uniform64 upside down":       func() { g.Uniform64(f64, 1, 0) },
		"Uniform64 too wide":          func() { g.Uniform64(f64, -1e308, 1e308) },
		"Normal32 negative":           func() { g.Normal32(f32, 0, -1) },
		"Normal64 NaN":                func() { g.Normal64(f64, 0, nan) },
		"Randint empty":               func() { g.Randint(i64, 5, 5) },
		"Bernoulli32":                 func() { g.Bernoulli32(f32, 1.1) },
		"Bernoulli64 NaN":             func() { g.Bernoulli64(f64, nan) },
		"BernoulliEach32 lengths":     func() { g.BernoulliEach32(f32, []float32{0.5}) },
		"BernoulliEach64 probability": func() { g.BernoulliEach64(f64, []float64{0, 1, -0.1}) },
		"Exponential32":               func() { g.Exponential32(f32, 0) },
		"Exponential64":               func() { g.Exponential64(f64, nan) },
		"Multinomial rows":            func() { g.Multinomial32(i64, f32, 2, true) },
		"Multinomial no rows":         func() { g.Multinomial32(i64, f32, 0, true) },
		"Multinomial no weight":       func() { g.Multinomial32(i64, make([]float32, 9), 1, true) },
		"Multinomial negative":        func() { g.Multinomial64(i64, []float64{1, 1, -1}, 1, true) },
		"Multinomial infinite":        func() { g.Multinomial64(i64, []float64{1, 1, inf}, 1, true) },
		"Multinomial too many":        func() { g.Multinomial64(i64, []float64{1, 1}, 1, false) },
		"Multinomial none to draw":    func() { g.Multinomial64(i64, nil, 1, true) },
		"NumPy.Uniform":               func() { n.Uniform(f64, 0, inf) },
		"NumPy.Normal":                func() { n.Normal(f64, 0, -1) },
		"NumPy.Randint":               func() { n.Randint(i64, 1, 0) },
		"NumPy.Shuffle":               func() { n.Shuffle(-1, nil) },
		"NumPy.Choice of none":        func() { n.Choice(i64, 0, true, nil) },
		"NumPy.Choice too many":       func() { n.Choice(i64, 2, false, nil) },
		"NumPy.Choice length":         func() { n.Choice(i64, 3, true, []float64{1}) },
		"NumPy.Choice negative":       func() { n.Choice(i64, 3, true, []float64{1, 1, -1}) },
		"NumPy.Choice sum":            func() { n.Choice(i64, 3, true, []float64{0.5, 0.5, 0.1}) },
		"NumPy.Choice too few":        func() { n.Choice(i64, 3, false, []float64{0.5, 0.5, 0}) },
	} {
		mustPanic(t, name, f)
	}
}

// TestRandpermLarge checks the algorithm for more than 2^32/20 elements, at a smaller size: element i goes to an index
// drawn from the first i+1 by 64 bits, and the element that was there goes to index i.
func TestRandpermLarge(t *testing.T) {
	got := make([]int64, 1000)
	NewTorch(42).randpermLarge(got)
	g, want := NewTorch(42), []int64{}
	for i := range int64(1000) {
		j := int64(g.Uint64() % uint64(i+1))
		want = append(want, i)
		want[i], want[j] = want[j], want[i]
	}
	if !slices.Equal(got, want) {
		t.Error("a large permutation differs")
	}
}

// TestMultinomialZeros checks that indices of weight 0 come after all others, in order.
func TestMultinomialZeros(t *testing.T) {
	got := make([]int64, 5)
	NewTorch(42).Multinomial32(got, []float32{0, 3, 0, 0, 1}, 1, false)
	if slices.Sort(got[:2]); !slices.Equal(got, []int64{1, 4, 0, 2, 3}) {
		t.Errorf("drew %v", got)
	}
}

// TestLargest checks that the heap and the sort find the same largest values: many, few, equal ones, neighbours with
// the same keys, and zeros.
func TestLargest(t *testing.T) {
	g := NewTorch(5)
	for _, n := range []int{1, 2, 7, 64, 1000} {
		v := make([]float64, n)
		g.Exponential64(v, 1)
		for i := range v {
			switch i % 7 {
			case 1, 2:
				v[i] = math.Nextafter(v[0], float64(i%2))
			case 3:
				v[i] = v[i/2]
			case 4:
				v[i] = math.Copysign(0, float64(i%3-1))
			case 5:
				v[i] = math.Inf(1)
			}
		}
		all := make([]int64, n)
		sorted(all, v, make([]uint64, n))
		for _, k := range []int{1, n / 2, n} {
			few, many := make([]int64, k), make([]int64, k)
			if k == 0 {
				continue
			}
			largest(few, v)
			sorted(many, v, make([]uint64, n))
			if !slices.Equal(few, many) || !slices.Equal(few, all[:k]) {
				t.Errorf("%d of %d: a heap has %v, sorting %v", k, n, few, many)
			}
		}
	}
}

// TestUpperBound checks that a value equal to a step of the cumulative distribution belongs to the next index with a
// probability above 0.
func TestUpperBound(t *testing.T) {
	cdf := []float64{0, 0.25, 0.25, 1}
	for x, want := range map[float64]int64{0: 1, 0.2: 1, 0.25: 3, 0.9: 3} {
		if got := upperBound(cdf, x); got != want {
			t.Errorf("upperBound(%v) = %d, want %d", x, got, want)
		}
	}
}

// TestBernoulliBits: the bits are Bernoulli32's numbers, and the stream goes on behind them.
func TestBernoulliBits(t *testing.T) {
	for _, n := range []int{0, 1, 8, 100, 128, 129, 1000} {
		g, h := NewTorch(3), NewTorch(3)
		g.Uint32() // blocks that do not begin with a number's first word
		h.Uint32()
		want, bits := make([]float32, n), make([]uint8, (n+7)/8)
		g.Bernoulli32(want, 0.7)
		h.BernoulliBits(bits, n, 0.7)
		for i := range 8 * len(bits) {
			if got := bits[i/8] >> (i % 8) & 1; i < n && float32(got) != want[i] || i >= n && got != 0 {
				t.Fatalf("bit %d of %d is %d", i, n, got)
			}
		}
		if g.Uint32() != h.Uint32() {
			t.Errorf("after %d bits the streams differ", n)
		}
	}
}
