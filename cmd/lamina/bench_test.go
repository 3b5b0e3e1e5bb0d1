package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/bench"
)

func TestBench(t *testing.T) {
	folder := t.TempDir()
	quick := []string{"bench", "--family", "Arithmetic", "--only", "add a", "--time", "100us", "--rounds", "1", "--threads", "1,2"}
	write(t, filepath.Join(folder, "figures.json"), bytes.Repeat([]byte("an old file, longer than the new one; "), 1000))
	out := must(t, folder, append(quick, "-o", "figures.json")...)
	says(t, out, "kernels", "arithmetic", "1 thread", "2 threads", "add a number", "256 Ki", "add a row", "256×1024", "µs")
	if strings.Contains(out, "ratio") || strings.Contains(out, "8 Mi") {
		t.Errorf("without --against and --all there are neither ratios nor other sizes:\n%s", out)
	}
	written, err := os.ReadFile(filepath.Join(folder, "figures.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(written), must(t, folder, append(quick, "--json")...)} {
		var r bench.Report
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(r.Figures) != 8 || r.Figures[0].Family != "arithmetic" || r.Figures[1].Threads != 2 ||
			!(r.Figures[0].Lamina > 0) || r.Version != 2 {
			t.Errorf("%+v", r)
		}
	}
	if out := must(t, folder, append(quick, "--all")...); strings.Count(out, "add a number") != 4 {
		t.Errorf("--all shows not four sizes:\n%s", out)
	}
}

func TestBenchMistakes(t *testing.T) {
	folder := t.TempDir()
	mustFail(t, exitUsage, folder, []string{"bench", "--family", "poetry"}, "poetry", "the families are: limits; matrix products")
	mustFail(t, exitUsage, folder, []string{"bench", "--threads", "0"}, "--threads")
	mustFail(t, exitUsage, folder, []string{"bench", "--threads", "100000"}, "want numbers of 1 to 4096")
	mustFail(t, exitUsage, folder, []string{"bench", "--rounds", "0"}, "--rounds")
	mustFail(t, exitUsage, folder, []string{"bench", "--timeout", "0s"}, "--timeout")
	mustFail(t, exitUsage, folder, []string{"bench", "--against", ""}, "--against needs a Python interpreter")
	mustFail(t, exitUsage, folder, []string{"bench", "-o", "x.SVG"}, "--against")
	write(t, filepath.Join(folder, "old.json"), []byte("old"))
	mustFail(t, exitFailed, folder, []string{"bench", "--against", "no-such-python", "-o", "old.json"},
		`no Python interpreter "no-such-python"`)
	if got := string(read(t, filepath.Join(folder, "old.json"))); got != "old" {
		t.Errorf("where nothing was measured, the file with old figures became %q", got)
	}
	// The tool itself, as interpreter, rejects Python's flags.
	mustFail(t, exitFailed, folder, []string{"bench", "--against", os.Args[0]}, "process ended (exit status 2)")
	mustFail(t, exitFailed, folder, []string{"bench", "--only", "mish", "-o", "no-such-folder/x.json"}, "no-such-folder")
}
