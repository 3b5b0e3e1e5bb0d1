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
	"github.com/lamina-ml/lamina/tensor"
)

func newBench() *cobra.Command {
	var family, only, output string
	var all, asJSON bool
	var o bench.Options
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine, family by family, and PyTorch beside it",
		Long: `Measure how long Lamina takes on this machine, family by family: products, elementwise
work, reductions, layers, losses, optimizers, loading, training steps and more. Let nothing
else run meanwhile.

With --against and a Python interpreter that has PyTorch, PyTorch does the same works in
turn with Lamina (A B A B), with the same threads and from the same random numbers. Where
results differ there is no ratio. A ratio is PyTorch's time divided by Lamina's: above 1
Lamina is faster. At the end stand the families' means, and whatever is slower than PyTorch.

bench/README.md in the repository explains the JSON.`,
		Example: `  lamina bench
  lamina bench --family activations --threads 1
  lamina bench --against python3 --all
  lamina bench --against venv/bin/python --only softmax -o figures.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if slices.ContainsFunc(o.Threads, func(n int) bool { return n < 1 || n > maxThreads }) {
				return usagef("--threads wants numbers from 1 to %d, not %v", maxThreads, o.Threads)
			}
			if o.Rounds < 1 || o.Each <= 0 || o.Timeout <= 0 {
				return usagef("--rounds, --time and --timeout want to be above 0")
			}
			if o.Against == "" && cmd.Flags().Changed("against") {
				return usagef("--against wants a Python interpreter")
			}
			cases, err := choose(all, family, only)
			if err != nil {
				return err
			}
			picture := strings.EqualFold(filepath.Ext(output), ".svg")
			if picture && o.Against == "" {
				return usagef("a picture shows ratios, which need --against")
			}
			if len(o.Threads) == 0 {
				o.Threads = []int{tensor.Threads()}
				if n := tensor.Threads(); o.Against != "" && n > 1 {
					o.Threads = []int{1, n}
				}
			}
			if output != "" { // before the measuring, which takes long
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
				if picture {
					write = report.WriteSVG
				}
				if err := atomicfile.Write(output, write); err != nil {
					return err
				}
			}
			if n := len(report.Failed()); n > 0 {
				return fmt.Errorf("%d of %d works could not be compared", n, len(report.Figures))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Against, "against", "", "also measure PyTorch, with this Python `interpreter`")
	cmd.Flags().StringVar(&family, "family", "", "measure only families whose name contains this")
	cmd.Flags().StringVar(&only, "only", "", "measure only works whose name contains this")
	cmd.Flags().BoolVar(&all, "all", false, "measure every work in all its sizes, not in the middle one alone")
	cmd.Flags().IntSliceVar(&o.Threads, "threads", nil, "numbers of threads, as in 1,2 (default all, with --against 1 and all)")
	cmd.Flags().IntVar(&o.Rounds, "rounds", 3, "timings of each work, whose median counts")
	cmd.Flags().DurationVar(&o.Each, "time", 10*time.Millisecond, "how long a timing takes")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 2*time.Minute, "how long PyTorch may take to answer")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of tables")
	cmd.Flags().StringVarP(&output, "output", "o", "", "also write the JSON to this `file`, or a picture of the ratios where it ends in .svg")
	return cmd
}

// choose returns the cases whose family and work have the given parts in their names.
func choose(all bool, family, only string) ([]bench.Case, error) {
	contains := func(name, part string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(part)) }
	var cases []bench.Case
	var names []string
	for _, c := range bench.Cases(all) {
		if contains(c.Family, family) && contains(c.Work.Name, only) {
			cases = append(cases, c)
		}
		if !slices.Contains(names, c.Family) {
			names = append(names, c.Family)
		}
	}
	if len(cases) == 0 {
		return nil, usagef("no work has %q in its name and %q in that of its family; the families are: %s", only, family, strings.Join(names, "; "))
	}
	return cases, nil
}

// measure measures cases and prints tables as it goes, or JSON at the end.
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
		fmt.Fprintf(progress, "\r\x1b[K%d/%d  %s: %s", len(report.Figures), total, f.Family, f.Work)
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
