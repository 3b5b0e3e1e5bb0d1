package tune

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/lamina-ml/lamina/internal/filelock"
)

// A study's file has a line for each event. The first is a header; the others begin a trial, report the measure of an
// epoch or end a trial. Processes append under a lock, after reading what others have appended.

type header struct {
	Study    int      `json:"study"` // the format's version
	Space    []string `json:"space"`
	Maximize bool     `json:"maximize,omitempty"`
	Seed     uint64   `json:"seed"`
}

type event struct {
	Trial  int       `json:"trial"`
	Time   time.Time `json:"time"`
	Worker string    `json:"worker,omitempty"` // a start, by this process; a second start continues the trial
	Values Values    `json:"values,omitempty"` // in the first start
	Epoch  int       `json:"epoch,omitempty"`  // a report
	Value  *float64  `json:"value,omitempty"`  // of a report or of a complete trial
	End    State     `json:"end,omitempty"`
	Error  string    `json:"error,omitempty"` // of a failed trial
}

const formatVersion = 1

// maxLine limits a line of the file. Longer ones are errors, so that a wrong file is not read into memory.
const maxLine = 1 << 20

// journal is the state that a study's file describes, and how far the file has been read.
type journal struct {
	path    string
	header  header
	space   Space
	trials  []Trial
	workers []string // of the trials
	offset  int64
	line    int // lines that have been read
}

// read reads the lines that were appended since the last call. An incomplete line at the end, which a killed process
// leaves, is not read; torn reports whether there is one.
func (j *journal) read(f io.ReaderAt) (torn bool, err error) {
	var buf []byte
	chunk := make([]byte, 1<<16)
	for {
		n, err := f.ReadAt(chunk, j.offset+int64(len(buf)))
		buf = append(buf, chunk[:n]...)
		for {
			line, rest, complete := bytes.Cut(buf, []byte("\n"))
			if len(line) > maxLine {
				return false, fmt.Errorf("%s:%d: a line of more than %d bytes", j.path, j.line+1, maxLine)
			}
			if !complete {
				break
			}
			if err := j.apply(line); err != nil {
				return false, fmt.Errorf("%s:%d: %w", j.path, j.line+1, err)
			}
			j.line++
			j.offset += int64(len(line)) + 1
			buf = rest
		}
		if errors.Is(err, io.EOF) {
			return len(buf) > 0, nil
		} else if err != nil {
			return false, err
		}
	}
}

// apply changes the state by a line.
func (j *journal) apply(line []byte) error {
	if j.line == 0 {
		return j.applyHeader(line)
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("the line is no event of a study: %w", err)
	}
	if e.Trial < 0 || e.Trial > len(j.trials) || e.Trial == len(j.trials) && e.Values == nil {
		return fmt.Errorf("trial %d has not begun", e.Trial)
	}
	if e.Worker != "" && !isWorker(e.Worker) {
		return fmt.Errorf("%q is no worker", e.Worker)
	}
	if e.Value != nil && (math.IsNaN(*e.Value) || math.IsInf(*e.Value, 0)) {
		return fmt.Errorf("the value %v is not finite", *e.Value)
	}
	if e.Trial == len(j.trials) {
		if err := j.space.contains(e.Values); err != nil {
			return err
		}
		j.trials = append(j.trials, Trial{Number: e.Trial, Values: e.Values, State: Running, Start: e.Time})
		j.workers = append(j.workers, e.Worker)
		return nil
	}
	t := &j.trials[e.Trial]
	if t.State != Running {
		return fmt.Errorf("trial %d has ended", e.Trial)
	}
	switch {
	case e.Worker != "":
		j.workers[e.Trial] = e.Worker
	case e.Epoch > 0:
		if e.Epoch != len(t.Reports)+1 || e.Value == nil {
			return fmt.Errorf("trial %d reports epoch %d after epoch %d", e.Trial, e.Epoch, len(t.Reports))
		}
		t.Reports = append(t.Reports, *e.Value)
	case e.End == Complete && e.Value != nil, e.End == Pruned && len(t.Reports) > 0, e.End == Failed:
		t.State, t.Error, t.End = e.End, e.Error, e.Time
		if e.Value != nil {
			t.Value = *e.Value
		} else if e.End == Pruned {
			t.Value = t.Reports[len(t.Reports)-1]
		}
	default:
		return errors.New("the line is no event of a study")
	}
	return nil
}

func (j *journal) applyHeader(line []byte) error {
	if err := json.Unmarshal(line, &j.header); err != nil {
		return fmt.Errorf("the file is no study: %w", err)
	}
	if j.header.Study == 0 {
		return errors.New("the file is no study: its first line has no version")
	}
	if j.header.Study != formatVersion {
		return fmt.Errorf("a study of version %d; this program reads version %d", j.header.Study, formatVersion)
	}
	for _, text := range j.header.Space {
		p, err := parsePair(text)
		if err != nil {
			return err
		}
		j.space = append(j.space, p)
	}
	return j.space.Check()
}

// appender appends events to a study's file.
type appender struct {
	journal
	f *os.File
}

// locked calls change while this process has the lock, after reading what others have appended, and appends the events
// that it returns.
func (a *appender) locked(change func() ([]event, error)) (err error) {
	lock, err := acquire(a.path + ".lock")
	if err != nil {
		return fmt.Errorf("study %s: %w", a.path, err)
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	torn, err := a.read(a.f)
	if err != nil {
		return err
	}
	if torn {
		if err := a.f.Truncate(a.offset); err != nil {
			return err
		}
	}
	events, err := change()
	if err != nil || len(events) == 0 {
		return err
	}
	var lines []byte
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	return a.append(lines, slices.ContainsFunc(events, func(e event) bool { return e.End != "" }))
}

// append appends lines and reads them. If sync is true they are on the disk when it returns.
func (a *appender) append(lines []byte, sync bool) error {
	if _, err := a.f.WriteAt(lines, a.offset); err != nil {
		return err
	}
	if sync {
		if err := a.f.Sync(); err != nil {
			return err
		}
	}
	_, err := a.read(a.f)
	return err
}

// acquire waits for a lock that processes hold for milliseconds.
func acquire(path string) (*filelock.Lock, error) { return filelock.Wait(path, time.Minute) }
