// Package tabular turns tables into the tensors of a training: typed columns from CSV, TSV and JSON lines, a
// preparation that is fitted on the training rows and saved with the model, and datasets that may be larger than memory.
// Package tabular/parquet adds Parquet files.
//
//	src, err := tabular.Open("houses.csv", tabular.Options{})
//	profile, err := tabular.Inspect(ctx, src)                      // types, missing values, ranges, examples
//	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"price"}})
//	parts := tabular.SplitRandom(profile.Rows, 1, 0.8, 0.2)        // 80% of the rows train, 20% test
//	prep, err := tabular.Fit(ctx, src, schema, parts.Is(0), tabular.PreparationConfig{})
//	sets, err := prep.Load(ctx, src, parts, tabular.LoadConfig{})  // one dataset for each part
//
// A [Source] is read several times, in blocks of rows, by several goroutines; nothing holds the whole table. What the
// passes compute does not depend on the number of goroutines. Prepared rows that exceed [LoadConfig].Memory lie in a
// temporary file.
//
// A cell is missing if it is empty or one of NA, N/A, n/a, NaN, nan, null, NULL, None, ?, - and #N/A, with or without
// spaces around it. Errors name the file, the row (counted from 1 after the header) and the column.
package tabular
