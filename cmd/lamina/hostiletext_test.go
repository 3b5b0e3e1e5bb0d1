package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestTextWithoutNewLines trains on a text of one line, whose network cannot begin with a new line, and runs the command that train proposes.
func TestTextWithoutNewLines(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "line.txt"), []byte(strings.Repeat("to be or not to be ", 50)))
	out := must(t, folder, append([]string{"train", "line.txt", "--out", "run"}, tiny...)...)
	says(t, out, "a sample:", "lamina generate run")
	if text := must(t, folder, "generate", "run", "--length", "30"); len(text) != 31 {
		t.Errorf("it wrote %q, want 30 letters", text)
	}
}

// TestByteOrderMark trains on a text that begins with a byte order mark, which is no character of it.
func TestByteOrderMark(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mark.txt"), []byte("\ufeff"+strings.Repeat("to be or not to be\n", 50)))
	write(t, filepath.Join(folder, "only.txt"), []byte("\ufeff"))
	out := must(t, folder, append([]string{"train", "mark.txt", "--out", "run"}, tiny...)...)
	says(t, out, "network:  gpt, 2 layers of 16 with 2 heads, context 16, 8 tokens")
	if strings.Contains(out, "\ufeff") {
		t.Errorf("the byte order mark is in the output:\n%s", out)
	}
	must(t, folder, "evaluate", "run")
	mustFail(t, exitFailed, folder, []string{"train", "only.txt"}, "only.txt is empty but for a byte order mark")
}

// TestHostileSampling samples with settings of which no distribution can be made.
func TestHostileSampling(t *testing.T) {
	folder := t.TempDir()
	verse(t, folder)
	must(t, folder, append([]string{"train", "verse.txt", "--out", "run"}, tiny...)...)
	for _, args := range []string{"--temperature 1e-45", "--repetition-penalty 1e-40", "--temperature 1e-45 --top-p 0.5", "--temperature 1e-45 --min-p 0.5"} {
		mustFail(t, exitFailed, folder, append([]string{"generate", "run", "--prompt", "the cat"}, strings.Fields(args)...), "infinite")
	}
}
