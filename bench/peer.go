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

// A Peer is a Python process that runs PyTorch's side.
type Peer struct {
	Torch  string // PyTorch's version
	Python string

	timeout time.Duration
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	lines   chan []byte // what the process writes; closed when it has ended
	readErr error
	stderr  tail
	failure error // why nothing more comes
}

// A NoTorchError says that a Python interpreter cannot load PyTorch.
type NoTorchError struct{ Python, Msg string }

func (e *NoTorchError) Error() string {
	return fmt.Sprintf("%s cannot load PyTorch (%s); install it with: %s -m pip install torch", e.Python, e.Msg, e.Python)
}

// A PeerError says that PyTorch's process is of no more use: it ended, took too long or wrote what is no answer.
type PeerError struct{ Msg string }

func (e *PeerError) Error() string { return e.Msg }

// StartPeer starts the interpreter python, which must have PyTorch. An answer may take as long as timeout. The process ends with ctx, or
// by Close.
func StartPeer(ctx context.Context, python string, timeout time.Duration) (*Peer, error) {
	path, err := exec.LookPath(python)
	if err != nil {
		return nil, fmt.Errorf("there is no Python interpreter %q: %w", python, err)
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
		return nil, fmt.Errorf("starting %s: %w", python, &PeerError{"it did not say which PyTorch it has"})
	}
	p.Torch, p.Python = hello.Torch, hello.Python
	return p, nil
}

// Close ends the process.
func (p *Peer) Close() {
	p.kill()
	for range p.lines { // read ends, and with it the process is waited for
	}
}

// kill closes the pipes too: the interpreter may have been a wrapper, and what it started goes on.
func (p *Peer) kill() error {
	p.in.Close()
	p.out.Close()
	return p.cmd.Process.Kill()
}

// longest is how long a line of an answer may be.
const longest = 1 << 20

func (p *Peer) read() {
	lines := bufio.NewScanner(p.out)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		p.lines <- bytes.Clone(lines.Bytes())
	}
	if p.readErr = lines.Err(); p.readErr != nil {
		p.kill()
	}
	p.cmd.Wait()
	close(p.lines)
}

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
	p.in.Write(append(line, '\n')) // where that fails the process has ended, which receive explains
	return p.receive(answer)
}

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
				return fail("what PyTorch's process wrote cannot be read: %v", p.readErr)
			}
			return fail("PyTorch's process ended (%v)%s", p.cmd.ProcessState, p.stderr.last())
		}
		if err := json.Unmarshal(line, answer); err != nil {
			p.Close()
			return fail("PyTorch's process wrote what is no answer, %q: %v", short(line), err)
		}
		return nil
	case <-timer.C:
		p.Close()
		return fail("PyTorch's process gave no answer in %v%s", p.timeout, p.stderr.last())
	}
}

func short(line []byte) string {
	if len(line) > 60 {
		return string(line[:60]) + "…"
	}
	return string(line)
}

// open prepares a case and returns what comes out of it.
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
		Setup: c.Work.Setup, Run: c.Work.Torch, Forms: c.Work.Forms, Inference: c.Work.Inference,
	}
	if c.Work.Op != nil {
		for i, in := range c.Work.Inputs(c.Size) {
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

// time returns the seconds of one run of the case that was opened last.
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
		p.failure = &PeerError{fmt.Sprintf("PyTorch's process says that a run took %v seconds", answer.Seconds)}
		err = p.failure
	}
	return answer.Seconds, err
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	if n := len(t.b); n > 4096 {
		t.b = append(t.b[:0], t.b[n-4096:]...)
	}
	return len(b), nil
}

// last returns the last line, after a colon.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return ": " + last
	}
	return ""
}
