package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/task/table"
)

func newDataConvert() *cobra.Command {
	return &cobra.Command{
		Use:   "convert FROM TO",
		Short: "Write a table in another format: Parquet, CSV or TSV",
		Long: `Write the table in the file FROM, in any format that train reads, to the file TO. The end of its name says the
format: .parquet, .csv or .tsv. In Parquet, a column gets the narrowest type that keeps what its cells say:
booleans, whole numbers, numbers, dates, times, else texts; 007 stays a text. Cells such as NA among numbers are null.`,
		Example: `  lamina data convert houses.csv houses.parquet
  lamina data convert houses.parquet houses.csv`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			graceful.Store(true) // it removes the temporary file
			rows, err := table.Convert(cmd.Context(), args[0], args[1])
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%d rows written to %s\n", rows, args[1])
			}
			return err
		},
	}
}
