// Package clients runs the real programs with which the tests behind the build tag clients compare: PyTorch,
// TensorBoard, scikit-learn and others in Python, Chromium from node. testdata/clients/setup installs them and says
// which environment variables to set:
//
//	eval "$(testdata/clients/setup /tmp/clients)" && go test -tags clients ./...
package clients

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Python returns the path of the Python interpreter with the installed packages.
func Python(t testing.TB) string { return variable(t, "LAMINA_PYTHON") }

// Node returns the folder that has the node modules, in its folder node_modules.
func Node(t testing.TB) string { return variable(t, "LAMINA_NODE") }

func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run eval \"$(testdata/clients/setup DIR)\", which installs the programs and sets it", name)
	}
	return value
}

// Run runs a script of testdata/clients with Python and returns what it prints. The test fails if the script does.
func Run(t testing.TB, script string, args ...string) string {
	t.Helper()
	cmd := exec.Command(Python(t), append([]string{File(t, script)}, args...)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "PYTHONUNBUFFERED=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s%s", script, args, err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.String()
}

// File returns the path of a file of testdata/clients, from any package of the module.
func File(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "testdata", "clients", name)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
