// Package runs keeps the folders of trainings: runs/NAME/{config.yaml, results.csv, log.jsonl, status.json,
// weights/{best,last}.safetensors, curves.png, confusion.png, report.txt}, and files of the task beside them. It knows
// nothing about what is trained. Other processes watch a training by steps.jsonl and histograms.jsonl, and ask it to stop
// by files in the folder control.
//
// A folder is locked while a training writes to it. Every file is replaced atomically or appended line by line, so that
// a killed process leaves no torn file. The status is written last: a run is finished when status.json says so.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/filelock"
)

// The files of a run.
const (
	ConfigFile     = "config.yaml"              // the complete configuration, written first
	ResultsFile    = "results.csv"              // one line for each epoch
	LogFile        = "log.jsonl"                // what happened, one JSON object a line
	StatusFile     = "status.json"              // the state, and the results of a finished training
	BestFile       = "weights/best.safetensors" // the weights of the best epoch
	LastFile       = "weights/last.safetensors" // the weights of the last epoch
	CheckpointFile = "checkpoint.safetensors"   // the complete training
	CurvesFile     = "curves.png"               // losses and metrics
	ConfusionFile  = "confusion.png"            // of a classifier
	ReportFile     = "report.txt"               // what the trained model can do
	lockFile       = ".lock"
	oldConfigFile  = "config.json" // of runs that older versions wrote
)

// DefaultFolder is the folder of runs that are given by a name alone.
const DefaultFolder = "runs"

// Run is the folder of a training.
type Run struct {
	Folder string // its path

	lock *filelock.Lock // while a training uses it
}

// InUseError says that another training uses a run's folder.
type InUseError struct{ Folder string }

func (e *InUseError) Error() string { return e.Folder + ": another training uses it" }

// ExistsError says that a new run cannot use a folder, because something is in it.
type ExistsError struct {
	Folder string
	State  State // of the run in it; "" if there is none
}

func (e *ExistsError) Error() string {
	switch e.State {
	case "":
		return e.Folder + " is not empty"
	case Finished:
		return e.Folder + " contains a finished run, which is not overwritten"
	case Failed:
		return e.Folder + " contains a run that failed"
	}
	return e.Folder + " contains a run that is not finished"
}

// NotRunError says that a folder is not a run.
type NotRunError struct {
	Folder string
	Reason string
	Old    bool // an older version of Lamina wrote it
}

func (e *NotRunError) Error() string { return fmt.Sprintf("%s is not a run: %s", e.Folder, e.Reason) }

// Create creates and locks the folder of a new run, which must not exist or be empty. The error is an [*ExistsError] if
// it is not, and an [*InUseError] if a training uses it.
func Create(folder string) (*Run, error) {
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, and a run is a folder: choose another name for it", folder)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	r := &Run{Folder: folder}
	if err := r.Lock(); err != nil {
		return nil, err
	}
	err := r.checkNew()
	if err == nil {
		err = r.begin()
	}
	if err != nil {
		r.Unlock()
		return nil, err
	}
	return r, nil
}

// CreateNumbered creates and locks the first unused one of the folders NAME-001, NAME-002, … in a folder, such as
// [DefaultFolder].
func CreateNumbered(folder, name string) (*Run, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	for i := 1; ; i++ {
		path := filepath.Join(folder, fmt.Sprintf("%s-%03d", name, i))
		if err := os.Mkdir(path, 0o777); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		r := &Run{Folder: path}
		var used *InUseError
		if err := r.Lock(); errors.As(err, &used) {
			continue
		} else if err != nil {
			return nil, err
		}
		if err := r.begin(); err != nil {
			r.Unlock()
			return nil, err
		}
		return r, nil
	}
}

// begin marks a folder as that of a run whose configuration is not yet written.
func (r *Run) begin() error {
	if err := os.MkdirAll(r.Path("weights"), 0o777); err != nil {
		return err
	}
	return r.SetStatus(Status{State: Training})
}

// checkNew returns an error if a locked folder contains other files than the lock, unless they are of a training that
// was killed before it wrote its configuration.
func (r *Run) checkNew() error {
	entries, err := os.ReadDir(r.Folder)
	if err != nil || len(entries) == 1 && entries[0].Name() == lockFile {
		return err
	}
	if !r.Has(ConfigFile) {
		if r.Has(StatusFile) || len(entries) == 2 && r.Has("weights") {
			return nil
		}
		return &ExistsError{Folder: r.Folder}
	}
	status, err := r.Status()
	if err == nil && (status.State == Finished || status.State == Failed) {
		return &ExistsError{r.Folder, status.State}
	}
	return &ExistsError{r.Folder, Stopped}
}

// Open opens the run in a folder. It does not lock it.
func Open(folder string) (*Run, error) {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &NotRunError{Folder: folder, Reason: "there is no such folder"}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &NotRunError{Folder: folder, Reason: "it is a file; a run is a folder"}
	}
	r := &Run{Folder: folder}
	if r.Has(ConfigFile) {
		return r, nil
	}
	if r.old() {
		return nil, &NotRunError{folder, "an older version of Lamina wrote it (it has a file " + oldConfigFile +
			" instead of " + ConfigFile + "); train again with this version", true}
	}
	if r.Has(StatusFile) {
		return nil, &NotRunError{Folder: folder, Reason: "its training was killed before it wrote " + ConfigFile + "; start it again"}
	}
	return nil, &NotRunError{Folder: folder, Reason: "it has no file " + ConfigFile}
}

// old reports whether an older version of Lamina wrote the run.
func (r *Run) old() bool {
	var c struct {
		Format *int
		Task   *string
	}
	return r.ReadJSON(oldConfigFile, &c) == nil && c.Format != nil && c.Task != nil
}

// List returns the runs in a folder, sorted by name. A folder that does not exist has none.
func List(folder string) ([]*Run, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []*Run
	for _, e := range entries {
		if e.Type().IsRegular() {
			continue
		}
		if r, err := Open(filepath.Join(folder, e.Name())); err == nil {
			out = append(out, r)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Folder < out[j].Folder })
	return out, nil
}

// lockWait is how long Lock waits for those who only ask whether the folder is locked.
const lockWait = 100 * time.Millisecond

// Lock locks the folder. The error is an [*InUseError] if another training has locked it. It removes temporary files
// that a killed training left, and requests for an earlier training.
func (r *Run) Lock() error {
	lock, err := filelock.Wait(filepath.Join(r.Folder, lockFile), lockWait)
	if errors.Is(err, filelock.ErrLocked) {
		return &InUseError{r.Folder}
	}
	if err != nil {
		return err
	}
	r.lock = lock
	r.clean(r.Folder)
	r.clean(filepath.Join(r.Folder, "weights"))
	r.clean(filepath.Join(r.Folder, ControlFolder))
	r.TakeControl() // who asks after the folder is locked asks this training
	return nil
}

// clean removes the temporary files of a folder.
func (r *Run) clean(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if name, _, ok := strings.Cut(strings.TrimPrefix(e.Name(), "."), ".tmp-"); ok && strings.HasPrefix(e.Name(), ".") {
			atomicfile.Clean(filepath.Join(folder, name))
		}
	}
}

// Unlock unlocks the folder.
func (r *Run) Unlock() error {
	if r.lock == nil {
		return nil
	}
	lock := r.lock
	r.lock = nil
	return lock.Release()
}

// Locked reports whether a training uses the folder now.
func (r *Run) Locked() bool {
	if r.lock != nil {
		return true
	}
	held, _ := filelock.Held(filepath.Join(r.Folder, lockFile))
	return held
}

// Name returns the name of the folder.
func (r *Run) Name() string {
	if abs, err := filepath.Abs(r.Folder); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(r.Folder)
}

// Path returns the path of a file of the run, such as BestFile.
func (r *Run) Path(file string) string { return filepath.Join(r.Folder, filepath.FromSlash(file)) }

// Has reports whether the run has a file.
func (r *Run) Has(file string) bool {
	_, err := os.Stat(r.Path(file))
	return err == nil
}

// Modified returns when a file of the run was last changed; the zero time if there is none.
func (r *Run) Modified(file string) time.Time {
	info, err := os.Stat(r.Path(file))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
