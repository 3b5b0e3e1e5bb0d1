package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// folderExporter is implemented by models that have a layout with several files.
type folderExporter interface{ ExportFolder(folder string) error }

func newExport() *cobra.Command {
	var weights string
	var force bool
	cmd := &cobra.Command{
		ValidArgsFunction: completeRuns,
		Use:               "export RUN FILE",
		Short:             "Write the weights of a run for PyTorch and other programs",
		Long: `Write the weights of a run to a safetensors file, with the names that PyTorch gives them in its state dict.
If FILE does not end in .safetensors, it is a folder: for a language model one in Hugging Face's layout
(config.json, model.safetensors, tokenizer.json), which Python's from_pretrained reads.`,
		Example: `  lamina export runs/mnist-001 mnist.safetensors
  lamina export runs/mytext-001 mymodel`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, _, err := tasks().Load(cmd.Context(), args[0], weights, tensor.CPU())
			if err != nil {
				return advised(err)
			}
			if _, err := os.Stat(args[1]); !errors.Is(err, fs.ErrNotExist) && !force {
				if err == nil {
					err = message.Advise(fmt.Errorf("%s exists", args[1]), "Choose another name, or replace it with --force.")
				}
				return err
			}
			graceful.Store(true) // let the files be complete
			if strings.HasSuffix(strings.ToLower(args[1]), ".safetensors") {
				err = safetensors.SaveModel(args[1], m.Module())
			} else if x, ok := m.(folderExporter); ok {
				err = x.ExportFolder(args[1])
			} else {
				err = message.Usagef("%s: want a file whose name ends in .safetensors", args[1])
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "written to %s\n", args[1])
			}
			return err
		},
	}
	cmd.Flags().StringVar(&weights, "weights", "", "the run's weights: best or last (default: those that its report is about)")
	cmd.Flags().BoolVar(&force, "force", false, "replace files")
	return cmd
}
