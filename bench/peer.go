package bench

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

//go:embed peer.py
var peerProgram string

// Peer is a Python process that runs the benchmarks in PyTorch.
type Peer struct {
	Torch  string // PyTorch's version
	Python string

	timeout time.Duration
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	lines   chan []byte // the process's output; closed when the process has ended
	readErr error
	stderr  tail
	failure error // set when the process cannot answer any more
}

// NoTorchError is the error of a Python interpreter that cannot import PyTorch.
type NoTorchError struct{ Python, Msg string }

func (e *NoTorchError) Error() string {
	return fmt.Sprintf("%s cannot import PyTorch (%s); install it with: %s -m pip install torch", e.Python, e.Msg, e.Python)
}

// PeerError is the error of a PyTorch process that is not usable any more: it ended, took too long or wrote an
// invalid answer.
type PeerError struct{ Msg string }

func (e *PeerError) Error() string { return e.Msg }

// StartPeer starts the interpreter python, which must have PyTorch. timeout limits the time of an answer. The process
// ends with ctx, or by Close.
func StartPeer(ctx context.Context, python string, timeout time.Duration) (*Peer, error) {
	path, err := exec.LookPath(python)
	if err != nil {
		return nil, fmt.Errorf("no Python interpreter %q: %w", python, err)
	}
	p := &Peer{timeout: timeout, lines: make(chan []byte)}
	p.cmd = exec.CommandContext(ctx, path, "-u", "-c", peerProgram)
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = time.Second
	p.cmd.Cancel = p.kill
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", python, err)
	}
	go p.read()
	var hello struct {
		reply
		Torch, Python, Missing string
	}
	if err := p.receive(&hello); err != nil {
		p.Close()
		return nil, fmt.Errorf("starting %s: %w", python, err)
	}
	if hello.Missing != "" {
		p.Close()
		return nil, &NoTorchError{python, hello.Error}
	}
	if hello.Torch == "" {
		p.Close()
		return nil, fmt.Errorf("starting %s: %w", python, &PeerError{"its first answer has no PyTorch version"})
	}
	p.Torch, p.Python = hello.Torch, hello.Python
	return p, nil
}

// Close ends the process and waits for it.
func (p *Peer) Close() {
	p.kill()
	for range p.lines { // until read has waited for the process
	}
}

// kill kills the process and closes the pipes: if the interpreter is a wrapper, its child process is still running.
func (p *Peer) kill() error {
	p.in.Close()
	p.out.Close()
	return p.cmd.Process.Kill()
}

// maxLine is the longest line of an answer, in bytes.
const maxLine = 1 << 20

// read sends the process's lines to p.lines until the process ends.
func (p *Peer) read() {
	lines := bufio.NewScanner(p.out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		p.lines <- bytes.Clone(lines.Bytes())
	}
	if p.readErr = lines.Err(); p.readErr != nil {
		p.kill()
	}
	p.cmd.Wait()
	close(p.lines)
}

// reply is the common part of all answers.
type reply struct {
	Error string `json:"error"`
}

func (r reply) err() error {
	if r.Error != "" {
		return errors.New("PyTorch: " + r.Error)
	}
	return nil
}

// call sends a request and waits for its answer.
func (p *Peer) call(request, answer any) error {
	if p.failure != nil {
		return p.failure
	}
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	p.in.Write(append(line, '\n')) // if this fails the process has ended, and receive returns the reason
	return p.receive(answer)
}

// receive waits for a line of the process and parses it. After an error the process is not usable any more.
func (p *Peer) receive(answer any) error {
	timer := time.NewTimer(p.timeout)
	defer timer.Stop()
	fail := func(format string, args ...any) error {
		p.failure = &PeerError{fmt.Sprintf(format, args...)}
		return p.failure
	}
	select {
	case line, ok := <-p.lines:
		if !ok {
			if p.readErr != nil {
				return fail("reading the output of PyTorch's process: %v", p.readErr)
			}
			return fail("PyTorch's process ended (%v)%s", p.cmd.ProcessState, p.stderr.last())
		}
		if err := json.Unmarshal(line, answer); err != nil {
			p.Close()
			return fail("PyTorch's process wrote %q, want an answer in JSON: %v", short(line), err)
		}
		return nil
	case <-timer.C:
		p.Close()
		return fail("PyTorch's process gave no answer in %v%s", p.timeout, p.stderr.last())
	}
}

// short returns the beginning of line, for an error text.
func short(line []byte) string {
	if len(line) > 60 {
		return string(line[:60]) + "…"
	}
	return string(line)
}

// open prepares a case and returns its results.
func (p *Peer) open(c Case, threads int) ([]digest, error) {
	r := struct {
		Do        string   `json:"do"`
		Seed      int      `json:"seed"`
		Threads   int      `json:"threads"`
		Size      Size     `json:"size"`
		Inputs    []string `json:"inputs"`
		Leaves    []int    `json:"leaves"`
		Setup     string   `json:"setup"`
		Run       string   `json:"run"`
		Forms     []string `json:"forms"`
		Inference bool     `json:"inference"`
	}{
		Do: "open", Seed: seed, Threads: threads, Size: c.Size, Inputs: []string{}, Leaves: []int{},
		Setup: c.Benchmark.Setup, Run: c.Benchmark.Torch, Forms: c.Benchmark.Forms, Inference: c.Benchmark.Inference,
	}
	if c.Benchmark.Op != nil {
		for i, in := range c.Benchmark.Inputs(c.Size) {
			r.Inputs = append(r.Inputs, in.torch)
			if in.isLeaf {
				r.Leaves = append(r.Leaves, i)
			}
		}
		r.Inference = len(r.Leaves) == 0
	}
	var answer struct {
		reply
		Result []digest `json:"result"`
	}
	if err := p.call(r, &answer); err != nil {
		return nil, err
	}
	return answer.Result, answer.err()
}

// time returns the seconds of one run of the last opened case. Timing takes about the duration each.
func (p *Peer) time(each time.Duration) (float64, error) {
	var answer struct {
		reply
		Seconds float64 `json:"seconds"`
	}
	err := p.call(struct {
		Do      string  `json:"do"`
		Seconds float64 `json:"seconds"`
	}{"time", each.Seconds()}, &answer)
	if err == nil {
		err = answer.err()
	}
	if err == nil && !(answer.Seconds > 0) {
		p.Close()
		p.failure = &PeerError{fmt.Sprintf("PyTorch's process reports a run of %v seconds, want more than 0",
			answer.Seconds)}
		err = p.failure
	}
	return answer.Seconds, err
}

// tail is a writer that keeps the last 4096 bytes.
type tail struct{ b []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	if n := len(t.b); n > 4096 {
		t.b = append(t.b[:0], t.b[n-4096:]...)
	}
	return len(b), nil
}

// last returns the last line with a colon before it, or nothing.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return ": " + last
	}
	return ""
}
