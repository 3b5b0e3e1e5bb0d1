package table

import "github.com/lamina-ml/lamina/tabular"

// openFile opens a table of any format.
func openFile(path string, o tabular.Options) (tabular.Source, error) { return tabular.Open(path, o) }
