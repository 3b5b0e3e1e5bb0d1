package data_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ys returns field 1 of all samples of ds.
func ys(t *testing.T, ds data.Dataset) []int64 {
	t.Helper()
	var all []int64
	s := data.NewSample(ds)
	for i := range ds.Len() {
		if err := ds.Read(i, s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s.Int64(1)[0])
	}
	return all
}

func TestSubsetAndConcat(t *testing.T) {
	sub := data.NewSubset(numbered(10), []int64{7, 2, 2})
	if got := ys(t, sub); !reflect.DeepEqual(got, []int64{7, 2, 2}) {
		t.Errorf("subset: %v", got)
	}
	empty := data.NewSubset(numbered(3), nil)
	c := data.NewConcat(empty, numbered(2), empty, empty, sub, numbered(1), empty)
	if got := ys(t, c); !reflect.DeepEqual(got, []int64{0, 1, 7, 2, 2, 0}) {
		t.Errorf("concatenation: %v", got)
	}
	l := data.NewLoader(c, data.LoaderConfig{BatchSize: 4, Workers: 2})
	var got []int64
	for b := range l.Batches() {
		got = append(got, b.Y.Int64s()...)
	}
	if !reflect.DeepEqual(got, []int64{0, 1, 7, 2, 2, 0}) {
		t.Errorf("loaded: %v", got)
	}
	if !reflect.DeepEqual(sub.Indices(), []int64{7, 2, 2}) {
		t.Errorf("indices: %v", sub.Indices())
	}
}

// A SampleError holds the index in the loader's dataset, not in the dataset that failed.
func TestSubsetErrorNamesLoadersIndex(t *testing.T) {
	l := data.NewLoader(data.NewSubset(failing{numbered(9), 5}, []int64{1, 5}), data.LoaderConfig{})
	for range l.Batches() {
	}
	var e *data.SampleError
	if !errors.As(l.Err(), &e) || e.Index != 1 {
		t.Error(l.Err())
	}
}

func TestFractions(t *testing.T) {
	for _, test := range []struct {
		n         int
		fractions []float64
		want      []int
	}{
		{10, []float64{0.7, 0.2, 0.1}, []int{7, 2, 1}},
		{5, []float64{0.5, 0.5}, []int{3, 2}},
		{2, []float64{0.25, 0.25, 0.25, 0.25}, []int{1, 1, 0, 0}},
		{0, []float64{1}, []int{0}},
	} {
		if got := data.Fractions(test.n, test.fractions...); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%d in %v: %v, want %v", test.n, test.fractions, got, test.want)
		}
	}
}

// byParity makes batches of even numbers and batches of odd ones.
type byParity struct{ n int }

func (b byParity) Len() int { return 2 }

func (b byParity) Append(indices []int64, sizes []int, _ *rng.Torch) ([]int64, []int) {
	for parity := range 2 {
		n := 0
		for i := parity; i < b.n; i += 2 {
			indices = append(indices, int64(i))
			n++
		}
		sizes = append(sizes, n)
	}
	return indices, sizes
}

func TestBatchSampler(t *testing.T) {
	for workers := range 3 {
		l := data.NewLoader(numbered(7), data.LoaderConfig{BatchSampler: byParity{7}, Workers: workers})
		if got := orders(t, l); l.Len() != 2 || !reflect.DeepEqual(got, [][]int64{{0, 2, 4, 6}, {1, 3, 5}}) {
			t.Errorf("%d workers: %v", workers, got)
		}
		ds := numbered(5)
		cut := data.NewBatchSampler(&data.SequentialSampler{Dataset: ds}, 2, true)
		l = data.NewLoader(ds, data.LoaderConfig{BatchSampler: cut, Workers: workers})
		if got := orders(t, l); l.Len() != 2 || !reflect.DeepEqual(got, [][]int64{{0, 1}, {2, 3}}) {
			t.Errorf("%d workers: %v", workers, got)
		}
	}
}

// tooFew is a batch sampler whose sizes add up to more than its indices.
type tooFew struct{ byParity }

func (b tooFew) Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int) {
	indices, sizes = b.byParity.Append(indices, sizes, g)
	return indices[:1], sizes
}

func TestSamplerMistakes(t *testing.T) {
	pass := func(c data.LoaderConfig) func() {
		return func() {
			for range data.NewLoader(numbered(4), c).Batches() {
			}
		}
	}
	ds, g := numbered(4), rng.NewTorch(1)
	for name, test := range map[string]struct {
		f    func()
		text string
	}{
		"index too large": {pass(data.LoaderConfig{Sampler: &data.SubsetRandomSampler{Indices: []int64{4}}, RNG: g}), "index 4"},
		"negative index": {pass(data.LoaderConfig{
			BatchSampler: data.NewBatchSampler(&data.SubsetRandomSampler{Indices: []int64{-1}}, 1, false), RNG: g, Workers: 2,
		}), "index -1"},
		"too few indices": {pass(data.LoaderConfig{BatchSampler: tooFew{byParity{4}}}), "batch sizes"},
		"no generator":    {pass(data.LoaderConfig{Sampler: &data.RandomSampler{Dataset: ds}}), "RNG"},
		"no generator, weighted": {pass(data.LoaderConfig{Sampler: &data.WeightedRandomSampler{Weights: []float64{1},
			NumSamples: 1}}), "RNG"},
		"two orders": {pass(data.LoaderConfig{Sampler: &data.SequentialSampler{Dataset: ds}, Shuffle: true,
			RNG: g}), "excludes"},
		"size twice":         {pass(data.LoaderConfig{BatchSampler: byParity{4}, BatchSize: 2}), "exclude"},
		"subset":             {func() { data.NewSubset(ds, []int64{0, 9}) }, "index 9 at position 1"},
		"split":              {func() { data.RandomSplit(ds, g, 3, 2) }, "add up to 5"},
		"negative split":     {func() { data.RandomSplit(ds, g, 5, -1) }, "length -1"},
		"split without RNG":  {func() { data.RandomSplit(ds, nil, 4) }, "random generator is missing"},
		"fractions":          {func() { data.Fractions(4, 0.5, 0.4) }, "add up to 0.9, want 1"},
		"no fraction":        {func() { data.Fractions(4, 1.5, -0.5) }, "fraction 1.5"},
		"concat":             {func() { data.NewConcat(ds, squares{3}) }, "part 1"},
		"concat nothing":     {func() { data.NewConcat() }, "at least one"},
		"batches of nothing": {func() { data.NewBatchSampler(&data.SequentialSampler{Dataset: ds}, 0, false) }, "batches of 0 samples"},
		"samples of nothing": {func() { (&data.RandomSampler{Dataset: numbered(0)}).Order(make([]int64, 1), g) }, "no samples"},
	} {
		if msg := panics(t, test.f); !strings.HasPrefix(msg, "data.") || !strings.Contains(msg, test.text) {
			t.Errorf("%s: %s", name, msg)
		}
	}
	// The loader remains usable after a sampler's mistake.
	s := &data.SubsetRandomSampler{Indices: []int64{4}}
	l := data.NewLoader(ds, data.LoaderConfig{Sampler: s, RNG: g, Workers: 1})
	for range 2 {
		panics(t, func() {
			for range l.Batches() {
			}
		})
	}
	s.Indices[0] = 3
	if got := orders(t, l); !reflect.DeepEqual(got, [][]int64{{3}}) {
		t.Errorf("after the mistake: %v", got)
	}
}

// words is a dataset of texts of different lengths; Collate pads a batch to its longest text.
type words struct{ texts []string }

func (d words) Len() int { return len(d.texts) }

func (words) Fields() []data.Field {
	return []data.Field{{DType: tensor.Uint8, Shape: tensor.ShapeOf(16)}, {DType: tensor.Int64}}
}

func (d words) Read(i int, s *data.Sample) error {
	copy(s.Uint8(0), d.texts[i])
	s.Int64(1)[0] = int64(len(d.texts[i]))
	return nil
}

func (d words) Collate(indices []int64, b *data.RawBatch) error {
	longest := 0
	for _, i := range indices {
		longest = max(longest, len(d.texts[i]))
	}
	letters, lengths := b.Uint8(0, len(indices), longest), b.Int64(1, len(indices))
	for row, i := range indices {
		if d.texts[i] == "" {
			return &data.SampleError{Index: int(i), Err: errors.New("an empty text")}
		}
		if d.texts[i] == "?" {
			return errors.New("a question")
		}
		copy(letters[row*longest:], d.texts[i])
		lengths[row] = int64(len(d.texts[i]))
	}
	return nil
}

func TestCollate(t *testing.T) {
	ds := words{[]string{"deep", "net", "a", "to", "learning"}}
	for workers := range 3 {
		l := data.NewLoader(ds, data.LoaderConfig{BatchSize: 2, Workers: workers})
		for range 2 {
			var got []string
			for b := range l.Batches() {
				raw := b.X.Bytes()
				got = append(got, fmt.Sprintf("%v %q %v", b.X.Shape(), raw, b.Y.Int64s()))
			}
			want := []string{`(2, 4) "deepnet\x00" [4 3]`, `(2, 2) "a\x00to" [1 2]`, `(1, 8) "learning" [8]`}
			if err := l.Err(); err != nil || !slices.Equal(got, want) {
				t.Errorf("%d workers: %q, %v", workers, got, err)
			}
		}
	}
}

// levels is a dataset of int16 and int8 fields whose batches Collate fills.
type levels struct{}

func (levels) Len() int { return 3 }

func (levels) Fields() []data.Field { return []data.Field{{DType: tensor.Int16}, {DType: tensor.Int8}} }

func (levels) Read(int, *data.Sample) error { return nil }

func (levels) Collate(indices []int64, b *data.RawBatch) error {
	wide, narrow := b.Int16(0, len(indices)), b.Int8(1, len(indices))
	for row, i := range indices {
		wide[row], narrow[row] = int16(-300*i), int8(-100*(i&1))
	}
	return nil
}

func TestCollateSmallIntegers(t *testing.T) {
	l := data.NewLoader(levels{}, data.LoaderConfig{BatchSize: 3})
	for b := range l.Batches() {
		if x, y := b.X.Int64s(), b.Y.Int64s(); !slices.Equal(x, []int64{0, -300, -600}) || !slices.Equal(y, []int64{0, -100, 0}) {
			t.Errorf("got %v and %v", x, y)
		}
	}
	if err := l.Err(); err != nil {
		t.Error(err)
	}
}

func TestCollateSubset(t *testing.T) {
	ds := words{[]string{"deep", "net", "", "to", "learning"}}
	inner := data.NewSubset(ds, []int64{4, 2, 1, 0})
	l := data.NewLoader(data.NewSubset(inner, []int64{0, 2, 3, 1}), data.LoaderConfig{BatchSize: 2})
	var got []string
	for b := range l.Batches() {
		got = append(got, string(b.X.Bytes()))
	}
	if !slices.Equal(got, []string{"learningnet\x00\x00\x00\x00\x00"}) || l.Err() == nil ||
		l.Err().Error() != "data: sample 3: an empty text" {
		t.Errorf("%q, %v", got, l.Err())
	}
}

// careless is a collator that does not write field 1.
type careless struct{ words }

func (careless) Collate(indices []int64, b *data.RawBatch) error {
	b.Uint8(0, 1)
	return nil
}

// mistaken is a collator that accesses field 0 with a wrong type.
type mistaken struct{ words }

func (mistaken) Collate(indices []int64, b *data.RawBatch) error {
	b.Float32(0, 1)
	return nil
}

func TestCollateErrors(t *testing.T) {
	for workers := range 3 {
		for _, test := range []struct{ text, want string }{
			{"", "data: sample 2: an empty text"}, {"?", "data: collating samples [2]: a question"},
		} {
			l := data.NewLoader(words{[]string{"a", "b", test.text, "c"}}, data.LoaderConfig{Workers: workers})
			n := 0
			for range l.Batches() {
				n++
			}
			if err := l.Err(); n != 2 || err == nil || err.Error() != test.want {
				t.Errorf("%d workers: %d batches, then %v, want %s", workers, n, err, test.want)
			}
		}
		for text, ds := range map[string]data.Dataset{
			"field 1 was not written": careless{words{[]string{"a"}}}, "field 0 is uint8, not float32": mistaken{words{[]string{"a"}}},
		} {
			msg := panics(t, func() {
				for range data.NewLoader(ds, data.LoaderConfig{Workers: workers}).Batches() {
				}
			})
			if !strings.Contains(msg, text) || workers > 0 && !strings.Contains(msg, "collating") {
				t.Errorf("%d workers: %s", workers, msg)
			}
		}
	}
}
