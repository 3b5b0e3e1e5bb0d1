package bench

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// Report holds all measurements, as `lamina bench --json` writes them.
type Report struct {
	Version  int       `json:"version"` // of this format: 2
	OS       string    `json:"os"`
	Arch     string    `json:"arch"`
	CPU      string    `json:"cpu,omitempty"`
	ISA      string    `json:"isa"` // the instruction set of Lamina's kernels
	Cores    int       `json:"cores"`
	Load     float64   `json:"load"` // average number of running programs before the benchmarks, if the system reports it
	Go       string    `json:"go"`
	Torch    string    `json:"torch,omitempty"`
	Figures  []Figure  `json:"figures"`
	Families []Summary `json:"families,omitempty"`
}

// Summary summarizes a family's figures with one number of threads.
type Summary struct {
	Family         string  `json:"family"`
	Threads        int     `json:"threads"`
	Figures        int     `json:"figures"`
	Mean           float64 `json:"mean"`  // geometric mean of the ratios
	Worst          float64 `json:"worst"` // smallest ratio
	WorstBenchmark string  `json:"worst_benchmark"`
	Failed         int     `json:"failed,omitempty"` // figures without a ratio
}

// NewReport returns a report that describes this machine and has no figures.
func NewReport() *Report {
	return &Report{
		Version: 2, OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuName(), ISA: cpu.ISA().String(),
		Cores: runtime.NumCPU(), Load: load(), Go: runtime.Version(),
		Figures: []Figure{},
	}
}

// cpuName returns the processor's name on Linux, and "" on other systems.
func cpuName() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// load returns Linux's load average of the last minute, and 0 on other systems.
func load() (mean float64) {
	b, _ := os.ReadFile("/proc/loadavg")
	fmt.Sscan(string(b), &mean)
	return mean
}

// Summarize computes Families from Figures.
func (r *Report) Summarize() {
	r.Families = nil
	logs := map[int]float64{}
	for _, f := range r.Figures {
		if f.Ratio == 0 && f.Error == "" {
			continue
		}
		i := slices.IndexFunc(r.Families, func(s Summary) bool { return s.Family == f.Family && s.Threads == f.Threads })
		if i < 0 {
			i = len(r.Families)
			r.Families = append(r.Families, Summary{Family: f.Family, Threads: f.Threads})
		}
		s := &r.Families[i]
		if f.Error != "" {
			s.Failed++
			continue
		}
		s.Figures++
		logs[i] += math.Log(f.Ratio)
		s.Mean = math.Exp(logs[i] / float64(s.Figures))
		if s.Worst == 0 || f.Ratio < s.Worst {
			s.Worst, s.WorstBenchmark = f.Ratio, f.Benchmark+" "+f.Size
		}
	}
}

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Slower returns the figures with a ratio below 1, in ascending order of the ratio.
func (r *Report) Slower() []Figure {
	slower := slices.DeleteFunc(slices.Clone(r.Figures), func(f Figure) bool { return f.Ratio == 0 || f.Ratio >= 1 })
	slices.SortStableFunc(slower, func(a, b Figure) int { return cmp.Compare(a.Ratio, b.Ratio) })
	return slower
}

// Failed returns the figures with an error.
func (r *Report) Failed() []Figure {
	return slices.DeleteFunc(slices.Clone(r.Figures), func(f Figure) bool { return f.Error == "" })
}

// Head returns the line above all tables, which describes the machine.
func (r *Report) Head() string {
	parts := []string{r.OS + "/" + r.Arch}
	if r.CPU != "" {
		parts = append(parts, r.CPU)
	}
	parts = append(parts, fmt.Sprintf("%d cores", r.Cores), "kernels "+r.ISA, r.Go)
	if r.Torch != "" {
		parts = append(parts, "PyTorch "+r.Torch)
	}
	if r.Load > 0 {
		parts = append(parts, fmt.Sprintf("load %.1f", r.Load))
	}
	return strings.Join(parts, ", ")
}

// Table prints figures during the measurement: one line per case, with the figures for each number of threads, and
// with the results of Lamina and PyTorch if they are scalars.
type Table struct {
	W       io.Writer
	Threads []int
	Against bool // print PyTorch's times and ratios, not rates

	family, row string
	line        strings.Builder
	results     []float64 // of the row
}

// Add prints a figure.
func (t *Table) Add(f Figure) {
	if f.Family != t.family {
		t.end()
		t.head(f.Family)
	}
	if row := f.Benchmark + "\x00" + f.Size; row != t.row {
		t.end()
		t.row = row
		fmt.Fprintf(&t.line, "  %s %16s", pad(f.Benchmark, 34), f.Size)
	}
	t.results = f.Results
	fmt.Fprintf(&t.line, "  %9s", Duration(f.Lamina))
	switch {
	case !t.Against && f.Rate > 0:
		fmt.Fprintf(&t.line, "  %6.1f %-7s", f.Rate/1e9, "G"+f.Unit)
	case !t.Against:
		fmt.Fprintf(&t.line, "%16s", "")
	case f.Error != "":
		fmt.Fprintf(&t.line, "  %s", f.Error)
	case f.Ratio == 0:
		fmt.Fprintf(&t.line, " %9s %6s", "–", "–")
	default:
		fmt.Fprintf(&t.line, " %9s %6.2f", Duration(f.Torch), f.Ratio)
	}
}

// head prints the line above a family.
func (t *Table) head(family string) {
	t.family = family
	fmt.Fprintln(t.W)
	fmt.Fprintf(&t.line, "%-53s", family)
	for _, n := range t.Threads {
		switch {
		case t.Against:
			fmt.Fprintf(&t.line, "  %9s %9s %6s", "Lamina", "PyTorch", fmt.Sprintf("×(%d)", n))
		case n == 1:
			fmt.Fprintf(&t.line, "  %9s%16s", "1 thread", "")
		default:
			fmt.Fprintf(&t.line, "  %9s%16s", fmt.Sprintf("%d threads", n), "")
		}
	}
	t.end()
}

// end prints the current line.
func (t *Table) end() {
	if t.line.Len() == 0 {
		return
	}
	if t.results != nil {
		fmt.Fprintf(&t.line, "   %.7g and %.7g", t.results[0], t.results[1])
	}
	fmt.Fprintln(t.W, strings.TrimRight(t.line.String(), " "))
	t.line.Reset()
	t.row, t.results = "", nil
}

// End prints the summary of r, whose figures were added.
func (t *Table) End(r *Report) {
	t.end()
	if !t.Against {
		return
	}
	fmt.Fprintf(t.W, "\nPyTorch's time divided by Lamina's, geometric mean and worst of each family; above 1 Lamina is faster.\n\n")
	for _, line := range r.Markdown() {
		fmt.Fprintln(t.W, line)
	}
	if slower := r.Slower(); len(slower) > 0 {
		fmt.Fprintf(t.W, "\nSlower than PyTorch: %d of %d\n", len(slower), len(r.Figures))
		for _, f := range slower {
			fmt.Fprintf(t.W, "  %.2f  %s: %s %s, threads %d, %s and %s\n", f.Ratio, f.Family, f.Benchmark, f.Size,
				f.Threads, Duration(f.Lamina), Duration(f.Torch))
		}
	}
	if failed := r.Failed(); len(failed) > 0 {
		fmt.Fprintf(t.W, "\nNot compared: %d\n", len(failed))
		for _, f := range failed {
			fmt.Fprintf(t.W, "  %s: %s %s, threads %d: %s\n", f.Family, f.Benchmark, f.Size, f.Threads, f.Error)
		}
	}
}

// Markdown returns the summary as the lines of a table: a row per family, two columns per number of threads.
func (r *Report) Markdown() []string {
	var families []string
	var threads []int
	for _, s := range r.Families {
		if !slices.Contains(families, s.Family) {
			families = append(families, s.Family)
		}
		if !slices.Contains(threads, s.Threads) {
			threads = append(threads, s.Threads)
		}
	}
	row := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }
	head, rule := []string{pad("family", 26)}, []string{"---"}
	for _, n := range threads {
		head = append(head, fmt.Sprintf("mean (%d)", n), fmt.Sprintf("worst (%d)", n))
		rule = append(rule, "---", "---")
	}
	lines := []string{row(head), row(rule)}
	for _, family := range families {
		cells := []string{pad(family, 26)}
		for _, n := range threads {
			i := slices.IndexFunc(r.Families, func(s Summary) bool { return s.Family == family && s.Threads == n })
			if i < 0 || r.Families[i].Figures == 0 {
				cells = append(cells, "–", "–")
				continue
			}
			s := r.Families[i]
			cells = append(cells, fmt.Sprintf("%.2f", s.Mean), fmt.Sprintf("%.2f %s", s.Worst, s.WorstBenchmark))
		}
		lines = append(lines, row(cells))
	}
	return lines
}

// Duration returns a time with three significant digits, in s, ms, µs or ns.
func Duration(seconds float64) string {
	unit := "s"
	for _, u := range []string{"ms", "µs", "ns"} {
		if seconds >= 1 {
			break
		}
		seconds, unit = seconds*1000, u
	}
	digits := 2
	if seconds >= 100 {
		digits = 0
	} else if seconds >= 10 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, seconds, unit)
}

// pad appends spaces to s up to n characters.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len([]rune(s)))) }
