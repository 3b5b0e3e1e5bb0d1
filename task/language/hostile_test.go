package language

import (
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// TestNoDigest reads the text of a run whose preparation was emptied: the error is about that file, not about the text.
func TestNoDigest(t *testing.T) {
	run := &runs.Run{Folder: t.TempDir()}
	path := run.Path("text.txt")
	if err := os.WriteFile(path, []byte("to be"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := readRunText(run, path, "", "Restore the file."); err == nil || !strings.Contains(err.Error(), preparationFile) {
		t.Errorf("error %v", err)
	}
}
