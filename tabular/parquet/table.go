package parquet

import (
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/tabular"
)

// IsTable reports whether a file's name says that it is a table: .csv, .tsv, .tab, .jsonl or .ndjson, each also with
// .gz, or .parquet.
func IsTable(path string) bool {
	path = strings.ToLower(path)
	switch filepath.Ext(strings.TrimSuffix(path, ".gz")) {
	case ".csv", ".tsv", ".tab", ".jsonl", ".ndjson":
		return true
	}
	return filepath.Ext(path) == ".parquet"
}

// OpenTable opens a table in any format: a Parquet file by its name, else what [tabular.Open] reads.
func OpenTable(path string, o tabular.Options) (tabular.Source, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return Open(path)
	}
	return tabular.Open(path, o)
}
