package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/bench"
	"github.com/lamina-ml/lamina/tensor"
)

func newBench() *cobra.Command {
	var only string
	var asJSON bool
	threads := tensor.Threads()
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: products, elementwise work, training steps, predictions",
		Long: `Measure this machine: its limits (multiply-adds on registers alone, copying), matrix products,
elementwise work, training steps and predictions. Let nothing else run meanwhile.

To compare with PyTorch, see bench/README.md in the repository.`,
		Example: `  lamina bench
  lamina bench --only train --threads 1
  lamina bench --json > figures.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if threads < 1 {
				return usagef("--threads wants a number from 1 up, not %d", threads)
			}
			var works []bench.Work
			for _, w := range bench.Works() {
				if strings.Contains(w.Name, only) {
					works = append(works, w)
				}
			}
			if len(works) == 0 {
				return usagef("no work has %q in its name; 'lamina bench' shows all names", only)
			}
			tensor.SetThreads(threads)
			out := cmd.OutOrStdout()
			if !asJSON {
				fmt.Fprintf(out, "%s/%s, %s, %d threads, kernels %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.Version(), threads, bench.ISA())
			}
			var figures []bench.Figure
			for _, w := range works {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				f := bench.Measure(w, 5, 100*time.Millisecond)
				figures = append(figures, f)
				if !asJSON {
					printFigure(out, f)
				}
			}
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(figures)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "measure only works whose name contains this")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print figures as JSON, with seconds for one run")
	cmd.Flags().IntVar(&threads, "threads", threads, "threads to use")
	return cmd
}

// printFigure prints a line of the table: the name, the time of one run, and the rate where there is one.
func printFigure(w io.Writer, f bench.Figure) {
	took := fmt.Sprintf("%.4g µs", f.Seconds*1e6)
	if f.Seconds >= 1e-3 {
		took = fmt.Sprintf("%.4g ms", f.Seconds*1e3)
	}
	if f.Seconds < 1e-7 {
		took = "" // an iteration of a loop: only the rate says something
	}
	rate := ""
	if f.Rate > 0 {
		rate = fmt.Sprintf("%8.1f G%s", f.Rate/1e9, f.Unit)
	}
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-26s %12s  %s", f.Name, took, rate), " "))
}
