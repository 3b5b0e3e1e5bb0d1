package parquet_test

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/lamina-ml/lamina/tabular/parquet"
)

// TestBrokenFilesAreClosed opens broken files: each error closes its file, without the garbage collector's help.
func TestBrokenFilesAreClosed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	path := filepath.Join(t.TempDir(), "broken.parquet")
	if err := os.WriteFile(path, []byte("PAR1 no footer \x01\x00\x00\x00PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := open()
	for range 50 {
		if _, err := parquet.Open(path); err == nil {
			t.Fatal("no error for a broken file")
		}
	}
	if after := open(); after > before+10 {
		t.Errorf("%d files are open, %d were before", after, before)
	}
}
