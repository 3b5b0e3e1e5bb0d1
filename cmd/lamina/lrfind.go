package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/train"
)

func newLRFind() *cobra.Command {
	var d describing
	var where computing
	var f train.LRConfig
	var out string
	cmd := &cobra.Command{
		Use:   "lrfind TARGET",
		Short: "Find a learning rate for a training",
		Long: `Find a learning rate for a training: train some steps while the rate rises from very small to very large, and
draw the loss over the rate. The suggestion is where the loss falls fastest, but at least a tenth and at most a
quarter of the rate beyond which it rises. Nothing is kept of the training.`,
		Example: `  lamina lrfind mnist
  lamina lrfind mnist --model cnn --optimizer sgd --low 1e-5 --high 10
  lamina lrfind --config mnist.yaml --rates 500`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && d.config == "":
				return message.Usagef("lrfind needs to know what to train on: %s; try: lamina lrfind mnist", targets)
			case !(f.Low > 0 && f.Low < f.High && f.High <= 1e6):
				return message.Usagef("--low %v --high %v: want a low rate above 0 and a high one above it, of at most 1e6", f.Low, f.High)
			case f.Steps < 10 || f.Steps > 1e6:
				return message.Usagef("--rates %d: want 10 to 1000000", f.Steps)
			}
			device, err := where.open()
			if err != nil {
				return err
			}
			graceful.Store(true) // it removes temporary files of the data
			r, name, err := d.recipe(cmd, args)
			if err != nil {
				return err
			}
			if out == "" {
				out = "lrfind-" + name + ".png"
			}
			if err := atomicfile.Check(out); err != nil {
				return err
			}
			curve, err := search.FindLR(cmd.Context(), tasks(), task.Config{Recipe: r, Device: device,
				Count: newCounter(cmd.ErrOrStderr())}, f)
			if err != nil {
				return err
			}
			if err := atomicfile.Write(out, search.LRCurves(curve).Picture().WritePNG); err != nil {
				return err
			}
			return printRate(cmd, d.again(cmd, args), curve, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&out, "out", "o", "", "draw the picture to this file (default lrfind-NAME.png)")
	flags.Float64Var(&f.Low, "low", 1e-6, "first learning rate")
	flags.Float64Var(&f.High, "high", 10, "last learning rate")
	flags.IntVar(&f.Steps, "rates", 200, "number of rates that are tried, each for a step")
	d.add(cmd)
	where.add(flags)
	return cmd
}

// printRate prints the result of a range test; again are the arguments that describe the training.
func printRate(cmd *cobra.Command, again []string, curve *train.LRCurve, out string) error {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "tried:     %d steps with rates from %s to %s\n", len(curve.LR), readable.Number(curve.LR[0], 2),
		readable.Number(curve.LR[len(curve.LR)-1], 2))
	lr, ok := curve.Suggestion()
	if !ok {
		return message.Advise(fmt.Errorf("the loss falls at none of the rates; see %s", out),
			"Try more --rates, or other rates with --low and --high.")
	}
	steepest, _ := curve.Steepest()
	fmt.Fprintf(w, "steepest:  the loss falls fastest at %s\n", readable.Number(steepest, 2))
	if d, ok := curve.Divergence(); ok {
		fmt.Fprintf(w, "diverges:  the loss rises beyond %s\n", readable.Number(d, 2))
	}
	fmt.Fprintf(w, "picture:   %s\n\nSuggested learning rate: %s\n\nNext:\n  %s\n", out, readable.Number(lr, 2),
		message.CommandLine(append(append([]string{"train"}, again...), "--set", "optimizer.lr="+readable.Number(lr, 2))...))
	return nil
}

// again returns the arguments that describe the same training.
func (d *describing) again(cmd *cobra.Command, args []string) []string {
	var out []string
	for _, a := range args {
		out = append(out, message.PathArgument(a))
	}
	if d.config != "" {
		out = append(out, "--config", d.config)
	}
	for _, x := range d.flags {
		switch {
		case !cmd.Flags().Changed(x.name):
		case x.boolean:
			out = append(out, "--"+x.name+"="+x.value)
		default:
			out = append(out, "--"+x.name, x.value)
		}
	}
	for _, s := range d.set {
		out = append(out, "--set", s)
	}
	return out
}
