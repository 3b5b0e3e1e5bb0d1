package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/task/table"
)

func newDataConvert() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "convert FROM TO",
		Short: "Write a table in another format: Parquet, CSV, TSV or JSON lines",
		Long: `Write the table in the file FROM, in any format that train reads, to the file TO. The end of its name says the
format: .csv, .tsv or .jsonl, each also with .gz, or .parquet. In Parquet, a column gets the narrowest type that keeps
what its cells say: booleans, whole numbers, numbers, dates, times, else texts; 007 stays a text. Cells such as NA among
numbers are null. JSON lines have the same types, with dates and times as texts. A file that exists is replaced only with
--force.`,
		Example: `  lamina data convert houses.csv houses.parquet
  lamina data convert houses.parquet houses.csv`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			graceful.Store(true) // it removes the temporary file
			rows, err := table.Convert(cmd.Context(), args[0], args[1], force)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s written to %s\n", readable.Count(rows, "row"), args[1])
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the file TO")
	return cmd
}
