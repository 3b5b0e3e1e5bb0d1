package texts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task/message"
)

// maxLine limits the length of a line that is a text.
const maxLine = 16 << 20

// isFile reports whether an argument of predict names a file, not a text.
func isFile(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && !info.IsDir()
}

// isTableFile reports whether an argument of predict is a table.
func isTableFile(arg string) bool { return parquet.IsTable(arg) && isFile(arg) }

// looksLikeFile reports whether an argument of predict is one word with the ending of a file with texts.
func looksLikeFile(arg string) bool {
	if strings.ContainsAny(arg, " \t\n") {
		return false
	}
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".txt", ".gz", ".json", ".md", ".log", ".xlsx":
		return true
	}
	return parquet.IsTable(arg)
}

// checkInputs returns an error if an argument of predict is meant as a file that does not exist.
func checkInputs(args []string) error {
	for _, arg := range args {
		if arg != "-" && !isFile(arg) && looksLikeFile(arg) {
			return message.Advise(fmt.Errorf("there is no file %q", arg),
				"If it is a text: echo %s | lamina predict RUN -", message.PathArgument(arg))
		}
	}
	return nil
}

// eachText calls f with each text of an argument that is no table: the lines of stdin for -, those of a file, or the
// argument itself. Lines without a word are left out.
func eachText(ctx context.Context, arg string, stdin io.Reader, f func(text string) error) error {
	switch {
	case arg == "-":
		return eachLine(ctx, "standard input", stdin, f)
	case !isFile(arg):
		return f(arg)
	}
	file, err := inputfile.Open(arg)
	if err != nil {
		return err
	}
	defer file.Close()
	return eachLine(ctx, arg, file, f)
}

func eachLine(ctx context.Context, name string, r io.Reader, f func(text string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		switch {
		case !utf8.ValidString(line) || strings.ContainsRune(line, 0):
			return fmt.Errorf("%s: line %d is no text in UTF-8", name, n)
		case strings.TrimSpace(line) == "":
			continue
		}
		if err := f(line); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: line %d is longer than %d MiB", name, n+1, maxLine>>20)
	} else if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
