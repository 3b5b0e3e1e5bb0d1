package bench

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var against = flag.String("against", "", "write testdata/torch.json again with this Python `interpreter`, which has PyTorch")

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakePeer); mode != "" {
		actAsPeer(mode)
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

func (c Case) key() string { return c.Family + ": " + c.Benchmark.Name + " " + c.Size.String() }

// smallest returns every benchmark with its first size.
func smallest() []Case {
	var cases []Case
	seen := map[string]bool{}
	for _, c := range Cases(true) {
		if name := c.Family + ": " + c.Benchmark.Name; !seen[name] {
			seen[name] = true
			cases = append(cases, c)
		}
	}
	return cases
}

// TestBenchmarksAgreeWithTorch runs every benchmark once and compares the results with PyTorch's.
func TestBenchmarksAgreeWithTorch(t *testing.T) {
	const file = "testdata/torch.json"
	if *against != "" {
		writeGolden(t, file)
	}
	var golden map[string][]digest
	if b, err := os.ReadFile(file); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range smallest() {
		t.Run(c.key(), func(t *testing.T) {
			job := c.Start()
			if c.Benchmark.Torch != "" {
				want, ok := golden[c.key()]
				if !ok {
					t.Fatalf("%s lacks this benchmark; write the file again with -args -against PYTHON", file)
				}
				delete(golden, c.key())
				if err := c.compare(digests(job.Check()), want); err != nil {
					t.Error(err)
				}
			}
			job.Run(2)
		})
	}
	for key := range golden {
		t.Errorf("%s has %q, which is not a benchmark of the tables", file, key)
	}
}

func writeGolden(t *testing.T, file string) {
	p, err := StartPeer(t.Context(), *against, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	golden := map[string][]digest{}
	for _, c := range smallest() {
		if c.Benchmark.Torch == "" {
			continue
		}
		results, err := p.open(c, 1)
		if err != nil {
			t.Fatalf("%s: %v", c.key(), err)
		}
		for i := range results {
			r := &results[i]
			r.Sum, r.Size = nineDigits(r.Sum), nineDigits(r.Size)
			for k, v := range r.At {
				r.At[k] = nineDigits(v)
			}
		}
		golden[c.key()] = results
	}
	var lines []string // one for each benchmark, so that a new one changes one line
	for _, key := range slices.Sorted(maps.Keys(golden)) {
		line, err := json.Marshal(golden[key])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%q: %s", key, line))
	}
	if err := os.WriteFile(file, []byte("{\n"+strings.Join(lines, ",\n")+"\n}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// nineDigits rounds v to nine digits, enough for float32.
func nineDigits(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 9, 64), 64)
	return v
}

func TestTablesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Families() {
		if f.Name == "" || len(f.Benchmarks) == 0 {
			t.Errorf("family %q has %d benchmarks", f.Name, len(f.Benchmarks))
		}
	}
	for _, c := range Cases(true) {
		if seen[c.key()] {
			t.Errorf("%s is there twice", c.key())
		}
		seen[c.key()] = true
		if (c.Benchmark.Op == nil) == (c.Benchmark.Job == nil) {
			t.Errorf("%s wants either an Op or a Job", c.key())
		}
		if c.Benchmark.Op != nil && c.Benchmark.Inputs == nil {
			t.Errorf("%s has no inputs", c.key())
		}
		if c.Benchmark.Torch == "" && c.Family != "limits" {
			t.Errorf("%s has nothing for PyTorch to do", c.key())
		}
	}
	middle := Cases(false)
	if i := slices.IndexFunc(middle, func(c Case) bool { return c.Benchmark.Name == "exp" }); i < 0 || middle[i].Size[0] != 256<<10 {
		t.Errorf("the middle size of exp is not among the %d cases", len(middle))
	}
	if len(middle) != len(smallest()) {
		t.Errorf("%d middle cases of %d benchmarks", len(middle), len(smallest()))
	}
}

// TestCompare changes results within and beyond the tolerance.
func TestCompare(t *testing.T) {
	good := func() []digest { return []digest{{Shape: []int{2, 2}, Sum: 2, Size: 4, At: []float64{1, -1, 2, 0}}} }
	c := Case{Benchmark: Benchmark{Tolerance: 0.01}}
	for _, change := range []struct {
		name   string
		change func(d []digest) []digest
		agree  bool
	}{
		{"nothing", func(d []digest) []digest { return d }, true},
		{"element, little", func(d []digest) []digest { d[0].At[3] = 0.009; return d }, true},
		{"element", func(d []digest) []digest { d[0].At[3] = 0.011; return d }, false},
		{"large element, little", func(d []digest) []digest { d[0].At[2] = 2.019; return d }, true},
		{"large element", func(d []digest) []digest { d[0].At[2] = 2.021; return d }, false},
		{"NaN", func(d []digest) []digest { d[0].At[0] = math.NaN(); return d }, false},
		{"sum", func(d []digest) []digest { d[0].Sum = 2.05; return d }, false},
		{"sum of sizes", func(d []digest) []digest { d[0].Size = 4.05; return d }, false},
		{"shape", func(d []digest) []digest { d[0].Shape = []int{4}; return d }, false},
		{"number", func(d []digest) []digest { return append(d, d[0]) }, false},
	} {
		if err := c.compare(change.change(good()), good()); (err == nil) != change.agree {
			t.Errorf("%s: %v", change.name, err)
		}
	}
}

func TestStopwatch(t *testing.T) {
	done := 0
	w := stopwatch{run: func(n int) { done += n; time.Sleep(time.Duration(n) * time.Millisecond) }}
	took := w.time(50 * time.Millisecond) // long enough for a busy machine
	if w.n < 2 || w.n > 100 || done < 2*w.n {
		t.Errorf("%d runs at a stretch, %d in all", w.n, done)
	}
	if took < 1e-3 || took > 0.1 {
		t.Errorf("a run of a millisecond took %v s", took)
	}
	before := done
	w.time(50 * time.Millisecond)
	if done != before+w.n {
		t.Errorf("the second timing did %d runs, want %d", done-before, w.n)
	}
}

// BenchmarkCases runs every benchmark's middle size as a Go benchmark, with its allocations.
func BenchmarkCases(b *testing.B) {
	for _, c := range Cases(false) {
		b.Run(c.key(), func(b *testing.B) {
			job := c.Start()
			job.Run(1)
			b.ReportAllocs()
			b.ResetTimer()
			job.Run(b.N)
		})
	}
}
