//go:build unix

package inputfile

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Open must not wait for the writer of a pipe or read a device, which may never end.
func TestOpenIrregular(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, what := range map[string]string{pipe: "a pipe", "/dev/zero": "a device"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path+": it is "+what) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
