// Package python runs a Python program that answers lines, for benchmarks that compare with it.
package python

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Process is a running Python program.
type Process struct {
	interpreter string
	in          io.Writer
	out         *bufio.Reader
}

// Start runs the source of a program with arguments. The program answers each line of its standard input with a line,
// and ends when its standard input does: at the latest with this process.
func Start(interpreter, source string, args ...string) (*Process, error) {
	cmd := exec.Command(interpreter, append([]string{"-c", source}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &Process{interpreter, in, bufio.NewReader(out)}, cmd.Start()
}

// Ask sends a line and returns the numbers of the answer, which may begin with the word "ok".
func (p *Process) Ask(format string, args ...any) ([]float64, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return nil, fmt.Errorf("%s: %w", p.interpreter, err)
	}
	answer, err := p.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("no answer of %s: %w", p.interpreter, err)
	}
	v, err := numbers(answer)
	if err != nil {
		return nil, fmt.Errorf("answer of %s: %w", p.interpreter, err)
	}
	return v, nil
}

func numbers(answer string) (list []float64, err error) {
	for _, field := range strings.Fields(strings.TrimPrefix(answer, "ok")) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
