package message

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// CommandLine returns "lamina" with the arguments, quoted so that the line can be pasted into a shell.
func CommandLine(args ...string) string {
	line := "lamina"
	for _, a := range args {
		line += " " + quote(a, runtime.GOOS == "windows")
	}
	return line
}

// quote quotes an argument if a shell would split or expand it.
func quote(arg string, windows bool) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%"
	safe := plain
	if windows {
		safe = strings.ReplaceAll(plain, "%", "") + `\`
	}
	if arg != "" && strings.Trim(arg, safe) == "" {
		return arg
	}
	if windows {
		return `"` + arg + `"` // file names on Windows contain no quotation mark
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// PathArgument returns a path in a form that is not read as a flag.
func PathArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		return "./" + path
	}
	return path
}

// ShortPath returns a path as a user would write it here: relative to the working directory, if that is shorter. Runs keep
// absolute paths, and messages show short ones.
func ShortPath(path string) string {
	folder, err := os.Getwd()
	if err != nil || !filepath.IsAbs(path) {
		return path
	}
	if short, err := filepath.Rel(folder, path); err == nil && len(short) < len(path) {
		return short
	}
	return path
}
