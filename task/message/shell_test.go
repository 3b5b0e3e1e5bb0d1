package message

import (
	"os"
	"path/filepath"
	"testing"
)

// TestQuote quotes arguments for shells.
func TestQuote(t *testing.T) {
	for _, c := range []struct{ arg, unix, windows string }{
		{"runs/mnist-001", "runs/mnist-001", "runs/mnist-001"},
		{"", "''", `""`},
		{"my run", "'my run'", `"my run"`},
		{"it's", `'it'\''s'`, `"it's"`},
		{"$x", "'$x'", `"$x"`},
		{`runs\x`, `'runs\x'`, `runs\x`},
		{"a;b", "'a;b'", `"a;b"`},
		{"~x", "'~x'", `"~x"`},
		{"ä*", "'ä*'", `"ä*"`},
	} {
		if got := quote(c.arg, false); got != c.unix {
			t.Errorf("%q is quoted %s, want %s", c.arg, got, c.unix)
		}
		if got := quote(c.arg, true); got != c.windows {
			t.Errorf("on Windows %q is quoted %s, want %s", c.arg, got, c.windows)
		}
	}
	if got := CommandLine("evaluate", PathArgument("-x y")); got != `lamina evaluate './-x y'` && got != `lamina evaluate "./-x y"` {
		t.Error(got)
	}
}

// TestShortPath shortens paths in and near the working directory.
func TestShortPath(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	far := filepath.Join(filepath.VolumeName(here)+string(filepath.Separator), "x")
	for path, want := range map[string]string{
		filepath.Join(here, "a", "b.csv"):          filepath.Join("a", "b.csv"),
		filepath.Join(filepath.Dir(here), "b.csv"): filepath.Join("..", "b.csv"),
		far: far, "mnist": "mnist", here: ".",
	} {
		if got := ShortPath(path); got != want {
			t.Errorf("%s is shown as %s, want %s", path, got, want)
		}
	}
}
