package writing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLargeTemplate: a template that is longer than the limit is an error, not a shorter template.
func TestLargeTemplate(t *testing.T) {
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "chat_template.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(maxFile + 1); err != nil {
		t.Fatal(err)
	}
	if source, err := chatTemplate(folder); err == nil || !strings.Contains(err.Error(), "has more than") {
		t.Errorf("read %d bytes, %v", len(source), err)
	}
}
