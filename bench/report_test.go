package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func sample() *Report {
	r := NewReport()
	r.Torch = "2.0"
	r.Figures = []Figure{
		{Family: "f", Benchmark: "a", Size: "4 Ki", Threads: 1, Lamina: 2e-6, Rate: 3e9, Unit: "B/s", Torch: 4e-6,
			Ratio: 2, Low: 1.9, High: 2.1},
		{Family: "f", Benchmark: "a", Size: "4 Ki", Threads: 2, Lamina: 2e-6, Torch: 6e-6, Ratio: 3, Low: 3, High: 3,
			Results: []float64{0.25, 0.2500001}},
		{Family: "f", Benchmark: "b", Size: "3×5", Threads: 1, Lamina: 0.4, Torch: 0.2, Ratio: 0.5, Low: 0.5, High: 0.5},
		{Family: "f", Benchmark: "b", Size: "3×5", Threads: 2, Lamina: 1.5, Error: "result 1 differs"},
		{Family: "g", Benchmark: "c", Size: "7", Threads: 1, Lamina: 123e-9},
	}
	r.Summarize()
	return r
}

func TestSummarize(t *testing.T) {
	r := sample()
	want := []Summary{
		{Family: "f", Threads: 1, Figures: 2, Mean: 1, Worst: 0.5, WorstBenchmark: "b 3×5"},
		{Family: "f", Threads: 2, Figures: 1, Mean: 3, Worst: 3, WorstBenchmark: "a 4 Ki", Failed: 1},
	}
	for i := range r.Families {
		if math.Abs(r.Families[i].Mean-want[i].Mean) < 1e-12 {
			r.Families[i].Mean = want[i].Mean
		}
	}
	if !reflect.DeepEqual(r.Families, want) {
		t.Errorf("got  %+v\nwant %+v", r.Families, want)
	}
	if s := r.Slower(); len(s) != 1 || s[0].Benchmark != "b" {
		t.Errorf("slower: %+v", s)
	}
	if f := r.Failed(); len(f) != 1 || f[0].Threads != 2 {
		t.Errorf("failed: %+v", f)
	}
}

// A family without a successful comparison has no mean, not a mean of 0.
func TestMarkdownFailed(t *testing.T) {
	r := &Report{Figures: []Figure{{Family: "f", Benchmark: "a", Size: "1", Threads: 1, Error: "no answer"}}}
	r.Summarize()
	lines := r.Markdown()
	if last := lines[len(lines)-1]; strings.Contains(last, "0") || !strings.Contains(last, "| – | – |") {
		t.Errorf("%q", last)
	}
	var b bytes.Buffer
	if err := r.WriteSVG(&b); err != nil || strings.Contains(b.String(), "NaN") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// TestJSON checks the keys that bench/README.md documents.
func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["version"] != 2.0 || got["torch"] != "2.0" || got["isa"] == "" || got["go"] == "" {
		t.Errorf("%v", got)
	}
	want := map[string]any{"family": "f", "benchmark": "a", "size": "4 Ki", "threads": 1.0, "lamina": 2e-6, "rate": 3e9,
		"unit": "B/s", "torch": 4e-6, "ratio": 2.0, "low": 1.9, "high": 2.1}
	if f := got["figures"].([]any)[0]; !reflect.DeepEqual(f, want) {
		t.Errorf("got  %v\nwant %v", f, want)
	}
	want = map[string]any{"family": "f", "threads": 2.0, "figures": 1.0, "mean": got["families"].([]any)[1].(map[string]any)["mean"],
		"worst": 3.0, "worst_benchmark": "a 4 Ki", "failed": 1.0}
	if f := got["families"].([]any)[1]; !reflect.DeepEqual(f, want) {
		t.Errorf("got  %v\nwant %v", f, want)
	}
}

func TestTable(t *testing.T) {
	r := sample()
	var b strings.Builder
	table := Table{W: &b, Threads: []int{1, 2}, Against: true}
	for _, f := range r.Figures {
		table.Add(f)
	}
	table.End(r)
	for _, line := range []string{
		"f                                                         Lamina   PyTorch   ×(1)     Lamina   PyTorch   ×(2)",
		"  a                                              4 Ki    2.00 µs   4.00 µs   2.00    2.00 µs   6.00 µs   3.00   0.25 and 0.2500001",
		"  b                                               3×5     400 ms    200 ms   0.50     1.50 s  result 1 differs",
		"  c                                                 7     123 ns         –      –",
		"| f                          | 1.00 | 0.50 b 3×5 | 3.00 | 3.00 a 4 Ki |",
		"Slower than PyTorch: 1 of 5",
		"  0.50  f: b 3×5, threads 1, 400 ms and 200 ms",
		"  f: b 3×5, threads 2: result 1 differs",
	} {
		if !strings.Contains("\n"+b.String(), "\n"+line+"\n") {
			t.Errorf("the table lacks %q:\n%s", line, b.String())
		}
	}
	b.Reset()
	table = Table{W: &b, Threads: []int{1}}
	table.Add(r.Figures[0])
	table.End(r)
	if want := "\nf                                                       1 thread\n" +
		"  a                                              4 Ki    2.00 µs     3.0 GB/s\n"; b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestSVG checks the chart's bars and dots: one for each family and number of threads, at the right positions.
func TestSVG(t *testing.T) {
	r := sample()
	r.Families = append(r.Families, Summary{Family: "slow & <small>", Threads: 1, Figures: 2, Mean: 0.25, Worst: 0.125})
	var b bytes.Buffer
	if err := r.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	type mark struct {
		X     float64 `xml:"x,attr"`
		Width string  `xml:"width,attr"`
		CX    float64 `xml:"cx,attr"`
	}
	var svg struct {
		Bars []mark   `xml:"rect"`
		Dots []mark   `xml:"circle"`
		Text []string `xml:"text"`
	}
	if err := xml.Unmarshal(b.Bytes(), &svg); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if len(svg.Bars) != 4 || len(svg.Dots) != 3 || !slices.Contains(svg.Text, "slow & <small>") || !slices.Contains(svg.Text, "1/8") {
		t.Fatalf("%+v", svg)
	}
	// The scale is 1/8 to 4: five doublings over 470 points, starting at 190.
	if at := svg.Bars[3]; at.X != 190+94 || at.Width != "188.0" {
		t.Errorf("the bar from 1/4 to 1 is at %+v", at)
	}
	if svg.Dots[2].CX != 190 || svg.Dots[0].CX != 190+2*94 {
		t.Errorf("the dots are at %+v", svg.Dots)
	}
}

func TestSizes(t *testing.T) {
	for want, d := range map[string]Size{"4 Ki": {4096}, "16 Mi": {16 << 20}, "1000": {1000}, "3×4096": {3, 4096}} {
		if d.String() != want {
			t.Errorf("%q, want %q", d.String(), want)
		}
	}
	if m := median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("median %v", m)
	}
	if m := median([]float64{4, 1, 2, 3}); m != 2.5 {
		t.Errorf("median %v", m)
	}
}
