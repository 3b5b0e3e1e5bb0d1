//go:build clients

package parquet_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
)

// TestNewFilesOfPyarrowAndDuckDB reads what the installed pyarrow and DuckDB write now.
func TestNewFilesOfPyarrowAndDuckDB(t *testing.T) {
	folder := t.TempDir()
	clients.Run(t, "parquet_files.py", folder)
	checkFiles(t, folder)
}
