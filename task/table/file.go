package table

import (
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
)

// openFile opens a table: a Parquet file by its name, else text.
func openFile(path string, o tabular.Options) (tabular.Source, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return parquet.Open(path)
	}
	return tabular.Open(path, o)
}
