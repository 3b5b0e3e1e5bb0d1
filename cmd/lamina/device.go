package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// computing holds the flags for device and threads.
type computing struct{ device, threads string }

func (c *computing) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.device, "device", "auto", "device: auto (cuda if available, else cpu), cpu or cuda")
	flags.StringVar(&c.threads, "threads", "0", "number of threads; 0 means one per processor")
}

// maxThreads limits the threads, so that a typing error does not exhaust the memory.
const maxThreads = 4096

// open sets the number of threads and returns the device.
func (c *computing) open() (tensor.Device, error) {
	n, err := strconv.Atoi(c.threads)
	switch {
	case err != nil || n < 0 || n > maxThreads:
		return tensor.Device{}, message.Usagef("--threads %s: want a whole number from 0 to %d", c.threads, maxThreads)
	case n > 0:
		pool.SetThreads(n)
	}
	switch c.device {
	case "auto":
		return tensor.BestDevice(), nil
	case "cpu", "cuda":
	default:
		return tensor.Device{}, message.Usagef("--device %q: want auto, cpu or cuda", c.device)
	}
	d, err := tensor.OpenDevice(c.device)
	if err != nil {
		err = message.Advise(err, "Omit --device to use the best available device.")
	}
	return d, err
}

// describe returns a text such as "cpu, 2 threads".
func (c *computing) describe(d tensor.Device) string {
	text := fmt.Sprintf("%v, %d threads", d, pool.Threads())
	if pool.Threads() == 1 {
		text = fmt.Sprintf("%v, 1 thread", d)
	}
	if c.device == "auto" && d == tensor.CPU() {
		text += " (no cuda in this program)"
	}
	return text
}

func newDevices() *cobra.Command {
	return &cobra.Command{
		Use:     "devices",
		Short:   "List the devices that can train",
		Example: `  lamina devices`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "cpu   %d threads, kernels for %s\n", pool.Threads(), cpu.Chosen())
			if d, err := tensor.OpenDevice("cuda"); err == nil {
				fmt.Fprintf(w, "cuda  %v\n", d)
			} else {
				fmt.Fprintf(w, "cuda  not available: %v\n", err)
			}
			fmt.Fprintf(w, "--device auto takes %v\n", tensor.BestDevice())
			return nil
		},
	}
}
