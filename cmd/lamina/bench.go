package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/bench"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

func newBench() *cobra.Command {
	var family, only, output string
	var all, asJSON bool
	var o bench.Options
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Benchmark Lamina on this machine, and compare with PyTorch",
		Long: `Run Lamina's benchmarks on this machine, by families: matrix products, elementwise functions,
reductions, layers, losses, optimizers, data loading, training steps and more. Run no other
program meanwhile.

With --against and a Python interpreter that has PyTorch, the command alternates each benchmark
between Lamina and PyTorch (A B A B), with the same threads and the same random numbers. If
results differ there is no ratio. A ratio is PyTorch's time divided by Lamina's: above 1
Lamina is faster. The last lines are the families' means and the benchmarks slower than PyTorch.

bench/README.md in the repository explains the JSON.`,
		Example: `  lamina bench
  lamina bench --family activations --threads 1
  lamina bench --against python3 --all
  lamina bench --against venv/bin/python --only softmax -o figures.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if slices.ContainsFunc(o.Threads, func(n int) bool { return n < 1 || n > maxThreads }) {
				return message.Usagef("--threads is %v, want numbers of 1 to %d", o.Threads, maxThreads)
			}
			if o.Rounds < 1 || o.Each <= 0 || o.Timeout <= 0 {
				return message.Usagef("--rounds, --time and --timeout must be above 0")
			}
			if o.Against == "" && cmd.Flags().Changed("against") {
				return message.Usagef("--against needs a Python interpreter")
			}
			cases, err := selectCases(all, family, only)
			if err != nil {
				return err
			}
			svg := strings.EqualFold(filepath.Ext(output), ".svg")
			if svg && o.Against == "" {
				return message.Usagef("an .svg output shows ratios, which need --against")
			}
			if len(o.Threads) == 0 {
				o.Threads = []int{tensor.Threads()}
				if n := tensor.Threads(); o.Against != "" && n > 1 {
					o.Threads = []int{1, n}
				}
			}
			if output != "" { // before measuring, which takes long
				if err := atomicfile.Check(output); err != nil {
					return err
				}
			}
			graceful.Store(true)
			report, err := measure(cmd, cases, o, asJSON)
			if err != nil {
				return err
			}
			if output != "" {
				write := report.WriteJSON
				if svg {
					write = report.WriteSVG
				}
				if err := atomicfile.Write(output, write); err != nil {
					return err
				}
			}
			if n := len(report.Failed()); n > 0 {
				return fmt.Errorf("%d of %d benchmarks could not be compared", n, len(report.Figures))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Against, "against", "", "compare with PyTorch, run by this Python `interpreter`")
	cmd.Flags().StringVar(&family, "family", "", "run only families whose name contains this")
	cmd.Flags().StringVar(&only, "only", "", "run only benchmarks whose name contains this")
	cmd.Flags().BoolVar(&all, "all", false, "run every benchmark in all its sizes, not only in the middle one")
	cmd.Flags().IntSliceVar(&o.Threads, "threads", nil, "numbers of threads, such as 1,2 (default: all; with --against: 1 and all)")
	cmd.Flags().IntVar(&o.Rounds, "rounds", 3, "timings of each benchmark; the result is their median")
	cmd.Flags().DurationVar(&o.Each, "time", 10*time.Millisecond, "duration of a timing")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 2*time.Minute, "longest time to wait for an answer of PyTorch")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of tables")
	cmd.Flags().StringVarP(&output, "output", "o", "",
		"also write the JSON to this `file`, or a chart of the ratios if its name ends in .svg")
	return cmd
}

// selectCases returns the cases whose family's and benchmark's names contain the given parts.
func selectCases(all bool, family, only string) ([]bench.Case, error) {
	contains := func(name, part string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(part)) }
	var cases []bench.Case
	var names []string
	for _, c := range bench.Cases(all) {
		if contains(c.Family, family) && contains(c.Benchmark.Name, only) {
			cases = append(cases, c)
		}
		if !slices.Contains(names, c.Family) {
			names = append(names, c.Family)
		}
	}
	if len(cases) == 0 {
		return nil, message.Usagef("no benchmark's name contains %q in a family whose name contains %q; the families are: %s",
			only, family, strings.Join(names, "; "))
	}
	return cases, nil
}

// measure runs the cases and prints tables during the run, or JSON at the end.
func measure(cmd *cobra.Command, cases []bench.Case, o bench.Options, asJSON bool) (*bench.Report, error) {
	report := bench.NewReport()
	out, progress := cmd.OutOrStdout(), io.Discard
	if asJSON {
		out = io.Discard
		if isTerminal(cmd.ErrOrStderr()) {
			progress = cmd.ErrOrStderr()
		}
	}
	table := bench.Table{W: out, Threads: o.Threads, Against: o.Against != ""}
	fmt.Fprintln(out, report.Head())
	total := len(cases) * len(o.Threads)
	torch, err := bench.Measure(cmd.Context(), cases, o, func(f bench.Figure) {
		report.Figures = append(report.Figures, f)
		table.Add(f)
		fmt.Fprintf(progress, "\r\x1b[K%d/%d  %s: %s", len(report.Figures), total, f.Family, f.Benchmark)
	})
	fmt.Fprint(progress, "\r\x1b[K")
	if err != nil {
		return nil, err
	}
	report.Torch = torch
	report.Summarize()
	table.End(report)
	if asJSON {
		return report, report.WriteJSON(cmd.OutOrStdout())
	}
	return report, nil
}
