package archtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// outsidePieces are the files of testdata/outside that hold one piece each: what a user writes in his own module.
var outsidePieces = []string{"elementwise.go", "layer.go", "fused.go", "optimizer.go", "dataset.go"}

// TestOutside builds and runs a module outside the repository that has an elementwise function, a layer with
// parameters, a fused op, an optimizer and a dataset of its own, each in fewer than 40 lines. Nothing is downloaded:
// the module cache is empty, and golang.org/x/sys is the vendored copy.
func TestOutside(t *testing.T) {
	openFolders(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, "testdata", "outside")
	for _, name := range outsidePieces {
		b, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n >= 40 {
			t.Errorf("%s has %d lines; a piece is to have fewer than 40", name, n)
		}
	}

	folder := t.TempDir()
	module, sys, out := filepath.Join(folder, "outside"), filepath.Join(folder, "sys"), filepath.Join(folder, "out")
	copyFolder(t, module, source)
	copyFolder(t, sys, filepath.Join(root, "vendor", "golang.org", "x", "sys"))
	if err := os.WriteFile(filepath.Join(sys, "go.mod"), []byte("module golang.org/x/sys\n\ngo 1.25\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	// With -trimpath the build cache does not depend on the temporary folder.
	env := append(os.Environ(), "GOFLAGS=-mod=mod -trimpath -buildvcs=false", "GOPROXY=off", "GOSUMDB=off",
		"GOWORK=off", "GOTOOLCHAIN=local",
		"GOMODCACHE="+filepath.Join(folder, "cache"), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	run := func(name string, args ...string) string {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir, c.Env = module, env
		b, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, b)
		}
		return string(b)
	}
	run("go", "mod", "edit", "-replace=github.com/lamina-ml/lamina="+root, "-replace=golang.org/x/sys="+sys)
	run("go", "build", "-o", out+string(filepath.Separator), "./...")

	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	for _, c := range []struct {
		program, argument, want string
	}{
		{"train", out, "train.txt"},
		{"predict", filepath.Join(out, "model.safetensors"), "predict.txt"},
	} {
		want, err := os.ReadFile(filepath.Join(source, "testdata", c.want))
		if err != nil {
			t.Fatal(err)
		}
		if got := run(filepath.Join(out, c.program+exe), c.argument); got != string(want) {
			t.Errorf("%s printed\n%s\nwant\n%s", c.program, got, want)
		}
	}
}

func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
