package language

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/message"
)

// maxText limits the size of a text, whose tokens are kept in memory.
const maxText = 1 << 30

// readText reads a text file and returns its content, without a byte order mark, and the digest of the file.
func readText(path string) (content, digest string, err error) {
	b, err := inputfile.Read(path, maxText)
	if err != nil {
		return "", "", err
	}
	if len(b) == 0 {
		return "", "", fmt.Errorf("%s is empty, want a text", path)
	}
	if i := invalidUTF8(b); i >= 0 {
		return "", "", fmt.Errorf("%s is not a text in UTF-8: byte %d is not part of a character", path, i+1)
	}
	sum := sha256.Sum256(b)
	content = strings.TrimPrefix(string(b), "\ufeff") // editors write a byte order mark
	if content == "" {
		return "", "", fmt.Errorf("%s is empty but for a byte order mark, want a text", path)
	}
	return content, hex.EncodeToString(sum[:]), nil
}

// readRunText reads the text that a run is trained on. If the file is missing or another one, the error comes with
// advice.
func readRunText(run *runs.Run, path, digest, advice string) (string, error) {
	path = message.ShortPath(path)
	if digest == "" {
		return "", message.Advise(fmt.Errorf("%s has no digest of the text: the file was changed or damaged",
			run.Path(preparationFile)), "Restore the file, or start a new run.")
	}
	content, now, err := readText(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", message.Missing(err, advice)
	case err == nil && now != digest:
		return "", message.Advise(fmt.Errorf("the text in %s is not the one that the run %s was trained on", path, run.Folder), "%s", advice)
	}
	return content, err
}

// invalidUTF8 returns the index of the first byte that is no part of a valid character, −1 if there is none.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
