package parquet_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/tabular/parquet"
)

// TestBrokenFiles changes bytes of real files, most often in the footer and in the pages' headers: no panic, no loop
// without end, no memory beyond what the pages justify.
func TestBrokenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.parquet")
	opened := 0
	for _, name := range []string{"snappy", "zstd_v2", "duckdb", "plain_gzip", "lz4_v2", "encodings"} {
		whole, err := os.ReadFile("testdata/" + name + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(150) {
			r := rand.New(rand.NewPCG(seed, 7))
			content := append([]byte{}, whole...)
			for range 1 + r.IntN(4) {
				at := r.IntN(len(content))
				if r.IntN(2) == 0 { // in the footer
					at = len(content) - 1 - r.IntN(min(len(content), 3000))
				}
				content[at] = byte(r.Uint32())
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			done := make(chan bool)
			go func() {
				defer close(done)
				src, err := parquet.Open(path)
				if err != nil {
					return
				}
				opened++
				_, _ = readUpTo(src, 10_000)
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatalf("%s, seed %d: no end after %v", name, seed, time.Since(start))
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("%s, seed %d: %d MB were allocated", name, seed, used>>20)
			}
		}
	}
	if opened < 50 {
		t.Errorf("only %d files could be opened: the test does not reach the pages", opened)
	}
}
