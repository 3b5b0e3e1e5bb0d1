package tune

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lamina-ml/lamina/internal/filelock"
	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Config says how a study searches.
type Config struct {
	Space    Space
	Maximize bool     // the measure is to be large, such as an accuracy
	Seed     uint64   // a search without parallel trials is repeated exactly with the same seed
	Sampler  Sampler  // nil means TPE{}
	Halving  *Halving // nil means that no trial is stopped early
}

// Study is a search whose trials are recorded in a file. Its methods may be called by several goroutines, and several
// processes may work on one file.
type Study struct {
	config Config

	mu     sync.Mutex
	file   appender
	active map[int]bool // trials that this Study runs
	worker string       // the name of this Study, whose lock it holds while it is open
	lock   *filelock.Lock
}

// Open opens the study in the file at path, or begins it if there is none. It returns an error if the file has a study
// with another space, goal or seed.
func Open(path string, c Config) (*Study, error) {
	if err := c.Space.Check(); err != nil {
		return nil, err
	}
	if c.Sampler == nil {
		c.Sampler = TPE{}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	s := &Study{config: c, file: appender{journal: journal{path: path}, f: f}, active: map[int]bool{}, worker: rand.Text()}
	if s.lock, err = acquire(s.workerLock(s.worker)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.clean()
	return s, nil
}

func (s *Study) workerLock(name string) string { return s.file.path + "." + name }

// isWorker reports whether name is a worker's: 26 letters and digits, as rand.Text returns.
func isWorker(name string) bool {
	return len(name) == 26 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// clean removes the locks that killed workers left.
func (s *Study) clean() {
	files, err := os.ReadDir(filepath.Dir(s.file.path))
	if err != nil {
		return
	}
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name(), filepath.Base(s.file.path)+"."); ok && isWorker(name) {
			s.dead(name)
		}
	}
}

// begin writes the header of a new file, or compares that of an old one.
func (s *Study) begin() error {
	h := header{Study: formatVersion, Maximize: s.config.Maximize, Seed: s.config.Seed}
	for _, p := range s.config.Space {
		h.Space = append(h.Space, p.String())
	}
	return s.file.locked(func() ([]event, error) {
		if s.file.line == 0 {
			line, err := json.Marshal(h)
			if err != nil {
				return nil, err
			}
			return nil, s.file.append(append(line, '\n'), true)
		}
		old := s.file.header
		switch {
		case !slices.Equal(h.Space, old.Space):
			return nil, fmt.Errorf("%s: the study searches %s, not %s; begin another one, or give the same ranges", s.file.path,
				strings.Join(old.Space, "; "), strings.Join(h.Space, "; "))
		case h.Maximize != old.Maximize:
			return nil, fmt.Errorf("%s: the study has the opposite goal", s.file.path)
		case h.Seed != old.Seed:
			return nil, fmt.Errorf("%s: the study has the seed %d, not %d", s.file.path, old.Seed, h.Seed)
		}
		return nil, nil
	})
}

// Close closes the file. Trials that still run are left to the next Run, here or in another process.
func (s *Study) Close() error {
	return errors.Join(s.file.f.Close(), s.lock.Release())
}

// Read returns the configuration and the trials of the study in a file, which another process may be writing.
func Read(path string) (Config, []Trial, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return Config{}, nil, err
	}
	defer f.Close()
	j := journal{path: path}
	if _, err := j.read(f); err != nil {
		return Config{}, nil, err
	}
	if j.line == 0 {
		return Config{}, nil, fmt.Errorf("%s: the file is no study: it is empty", path)
	}
	return Config{Space: j.space, Maximize: j.header.Maximize, Seed: j.header.Seed}, j.trials, nil
}

// Trials returns the trials of all processes, by their numbers.
func (s *Study) Trials() ([]Trial, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.file.locked(func() ([]event, error) { return nil, nil }); err != nil {
		return nil, err
	}
	trials := slices.Clone(s.file.trials)
	for i := range trials {
		trials[i].Reports = slices.Clone(trials[i].Reports)
	}
	return trials, nil
}

// Attempt is a trial that runs. Values are what to train with. Reports has the measures that an earlier process
// reported before it was killed: a training that resumes from a checkpoint may report them again, which changes nothing.
type Attempt struct {
	Trial
	Continued bool // an earlier process began the trial
	study     *Study
}

// ErrPruned is returned by the function given to Run after Report said that the trial is to be stopped.
var ErrPruned = errors.New("tune: the trial was stopped because others were better")

// Report records the measure after an epoch, counted from 1, and reports whether the trial is to be stopped. A measure
// that is not finite is an error, with which the trial should end.
func (a *Attempt) Report(epoch int, value float64) (stop bool, err error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return true, fmt.Errorf("the measure of epoch %d is %v", epoch, value)
	}
	s := a.study
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.file.locked(func() ([]event, error) {
		switch known := len(s.file.trials[a.Number].Reports); {
		case epoch < 1 || epoch > known+1:
			return nil, fmt.Errorf("trial %d reports epoch %d after epoch %d", a.Number, epoch, known)
		case epoch <= known:
			return nil, nil
		}
		return []event{{Trial: a.Number, Time: time.Now(), Epoch: epoch, Value: &value}}, nil
	})
	if err != nil {
		return true, err
	}
	t := s.file.trials[a.Number]
	a.Reports = slices.Clone(t.Reports)
	if s.config.Halving == nil {
		return false, nil
	}
	return s.config.Halving.stops(t.Reports[:epoch], s.file.trials, s.config.Maximize), nil
}

// maxFailures is the number of failed trials after which a study without a complete one ends.
const maxFailures = 3

// Run runs trials until the study has as many as given, counting those of earlier calls and of other processes, with
// up to parallel ones at a time. First it continues the trials that killed processes left.
//
// It calls train for each, which returns the trial's value; ErrPruned if Report said to stop; or another error, with
// which the trial failed. When ctx ends, train should save what it needs to continue, and return ctx's error: the trial
// is continued by the next Run. Run returns ctx's error then. It also returns an error if the first trials all fail.
func (s *Study) Run(ctx context.Context, trials, parallel int, train func(ctx context.Context, a *Attempt) (float64, error)) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for range max(parallel, 1) {
		group.Go(func() {
			for ctx.Err() == nil {
				a, err := s.next(trials)
				if err == nil && a != nil {
					err = s.try(ctx, a, train)
				}
				if err != nil {
					cancel(err)
				}
				if a == nil {
					return
				}
			}
		})
	}
	group.Wait()
	if err := outer.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// try calls train and records the trial's end.
func (s *Study) try(ctx context.Context, a *Attempt, train func(ctx context.Context, a *Attempt) (float64, error)) error {
	value, failure := train(ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, a.Number)
	end := event{Trial: a.Number, Time: time.Now(), End: Complete, Value: &value}
	switch {
	case ctx.Err() != nil && errors.Is(failure, ctx.Err()):
		return nil // the next Run continues it
	case errors.Is(failure, ErrPruned):
		end.End, end.Value = Pruned, nil
	case failure == nil && (math.IsNaN(value) || math.IsInf(value, 0)):
		failure = fmt.Errorf("the trial's value is %v", value)
		fallthrough
	case failure != nil:
		end.End, end.Value, end.Error = Failed, nil, failure.Error()
	}
	if err := s.file.locked(func() ([]event, error) { return []event{end}, nil }); err != nil {
		return err
	}
	if failed := s.failedOnly(); failed >= maxFailures {
		return fmt.Errorf("the first %d trials failed; the last: %w", failed, failure)
	}
	return nil
}

// failedOnly returns the number of failed trials if all that ended failed.
func (s *Study) failedOnly() (failed int) {
	for _, t := range s.file.trials {
		switch t.State {
		case Complete, Pruned:
			return 0
		case Failed:
			failed++
		}
	}
	return failed
}

// next returns a trial that a dead process left or a new one, and records its start. It returns nil if the study has as
// many trials as given.
func (s *Study) next(trials int) (*Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a *Attempt
	err := s.file.locked(func() ([]event, error) {
		for i, t := range s.file.trials {
			if t.State == Running && !s.active[i] && s.dead(s.file.workers[i]) {
				a = &Attempt{Trial: t, Continued: true}
				return []event{{Trial: i, Time: time.Now(), Worker: s.worker}}, nil
			}
		}
		n := len(s.file.trials)
		if n >= trials {
			return nil, nil
		}
		random := mathrand.New(mathrand.NewPCG(s.config.Seed, uint64(n)))
		values := s.config.Sampler.Suggest(s.config.Space, Rank(s.file.trials, s.config.Maximize), random)
		if err := s.config.Space.contains(values); err != nil { // in the file they would make it unreadable
			return nil, fmt.Errorf("the sampler %T: %w", s.config.Sampler, err)
		}
		a = &Attempt{Trial: Trial{Number: n, Values: values, State: Running}}
		return []event{{Trial: n, Time: time.Now(), Worker: s.worker, Values: values}}, nil
	})
	if err != nil || a == nil {
		return nil, err
	}
	a.study, a.Reports = s, slices.Clone(a.Reports)
	s.active[a.Number] = true
	return a, nil
}

// dead reports whether the worker holds its lock no more, and removes the lock's file then. This Study's own trials are
// in active.
func (s *Study) dead(worker string) bool {
	if worker == s.worker {
		return true
	}
	lock, err := filelock.Acquire(s.workerLock(worker))
	if err != nil {
		return false
	}
	return lock.Release() == nil
}
