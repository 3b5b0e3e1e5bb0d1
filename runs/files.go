package runs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/internal/readable"
)

// State is the state of a run.
type State string

// The states.
const (
	Training State = "training" // a process trains it now
	Stopped  State = "stopped"  // it can be resumed
	Finished State = "finished"
	Failed   State = "failed" // it ended with an error; it can be resumed
)

// What ends a training before its last epoch, such that it is finished.
const (
	EndedByTimeLimit = "time limit"
	EndedByPatience  = "patience" // no epoch was better for a while
	EndedByCallback  = "callback" // such as of a search that gives it up
)

// Status is what status.json holds.
type Status struct {
	State     State              `json:"state"`
	Task      string             `json:"task"`
	Started   time.Time          `json:"started"`
	Updated   time.Time          `json:"updated"`
	Epoch     int                `json:"epoch"` // finished epochs
	Epochs    int                `json:"epochs"`
	BestEpoch int                `json:"best_epoch,omitempty"` // from 1; 0 before the first
	Monitor   string             `json:"monitor,omitempty"`    // the measure that decides which epoch is the best
	Best      float64            `json:"best,omitempty"`       // its value in the best epoch
	Metrics   map[string]float64 `json:"metrics,omitempty"`    // of the finished model on the test data
	Verdict   string             `json:"verdict,omitempty"`    // the results in a line
	Ended     string             `json:"ended,omitempty"`      // what ended a finished training before its last epoch: one of EndedBy…; "" nothing
	Error     string             `json:"error,omitempty"`
	Digest    string             `json:"digest,omitempty"`  // of the data
	Folds     int                `json:"folds,omitempty"`   // of a cross-validation, whose folds are runs in its folder; else 0
	Fold      int                `json:"fold,omitempty"`    // finished folds
	Machine   map[string]string  `json:"machine,omitempty"` // device, threads, versions
}

// Status reads the status. A run that a killed process left is stopped, and one without a status too.
func (r *Run) Status() (s Status, err error) {
	// A training writes its last status before it unlocks the folder. If it did both after the first reading, the
	// second one finds that status.
	for range 2 {
		s = Status{}
		if err = r.ReadJSON(StatusFile, &s); errors.Is(err, fs.ErrNotExist) {
			s, err = Status{State: Training}, nil // unless nobody has locked the folder
		}
		if err != nil || s.State != Training || r.Locked() {
			return s, err
		}
	}
	s.State = Stopped
	return s, nil
}

// SetStatus writes the status, without metrics that are not finite.
func (r *Run) SetStatus(s Status) error {
	if !finite(s.Best) {
		s.Best = 0
	}
	s.Metrics = maps.Clone(s.Metrics)
	maps.DeleteFunc(s.Metrics, func(_ string, v float64) bool { return !finite(v) })
	s.Updated = time.Now().UTC().Truncate(time.Millisecond)
	return r.WriteJSON(StatusFile, s)
}

// finite reports whether JSON can hold a number.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// WriteFile replaces a file of the run atomically.
func (r *Run) WriteFile(file string, content []byte) error {
	return r.Write(file, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Write replaces a file of the run atomically by what write writes. It creates the file's folder.
func (r *Run) Write(file string, write func(w io.Writer) error) error {
	if i := strings.LastIndexByte(file, '/'); i >= 0 {
		if err := os.MkdirAll(r.Path(file[:i]), 0o777); err != nil {
			return err
		}
	}
	return atomicfile.Write(r.Path(file), write)
}

// WriteJSON writes v to a file of the run.
func (r *Run) WriteJSON(file string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return r.WriteFile(file, append(text, '\n'))
}

// maxFile limits the size of the files that ReadFile reads.
const maxFile = 64 << 20

// ReadFile returns the content of a file of the run.
func (r *Run) ReadFile(file string) ([]byte, error) {
	return inputfile.Read(r.Path(file), maxFile)
}

// ReadJSON reads a file of the run into v.
func (r *Run) ReadJSON(file string, v any) error {
	text, err := r.ReadFile(file)
	if err != nil {
		return err
	}
	if string(bytes.TrimSpace(text)) == "null" {
		return fmt.Errorf("%s: it holds null, want an object", r.Path(file))
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", r.Path(file), err)
	}
	return nil
}

// Append appends a line to the log: an event with its time and further values, such as
// {"time": …, "event": "epoch", "epoch": 1, "loss": 0.3}. A number that is not finite is null.
func (r *Run) Append(event string, values map[string]any) error {
	line := map[string]any{"time": time.Now().UTC().Format(time.RFC3339Nano), "event": event}
	for k, v := range values {
		if x, ok := v.(float64); ok {
			v = Number(x)
		}
		line[k] = v
	}
	return r.AppendLine(LogFile, line)
}

// Results is the table of results.csv: the values of each epoch.
type Results struct {
	Names []string    // of the columns, such as "epoch", "loss", "test_loss"
	Rows  [][]float64 // one for each epoch; NaN where there is no value
}

// Column returns the values of a column, nil if there is none.
func (t Results) Column(name string) []float64 {
	for i, n := range t.Names {
		if n == name {
			out := make([]float64, len(t.Rows))
			for j, row := range t.Rows {
				out[j] = row[i]
			}
			return out
		}
	}
	return nil
}

// check returns an error for a table that is not one of results.csv.
func (t Results) check() error {
	if len(t.Names) == 0 || t.Names[0] != "epoch" {
		return errors.New("want a table whose first column is epoch")
	}
	for i, name := range t.Names {
		if slices.Contains(t.Names[:i], name) {
			return fmt.Errorf("two columns have the name %q", readable.Cut(name))
		}
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Names) {
			return fmt.Errorf("row %d has %s, want %d, one for each column", i+1, readable.Count(len(row), "value"), len(t.Names))
		}
	}
	return nil
}

// WriteResults replaces results.csv. It returns an error for a table that Results would not read.
func (r *Run) WriteResults(t Results) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("%s: %w", r.Path(ResultsFile), err)
	}
	return r.Write(ResultsFile, func(w io.Writer) error {
		c := csv.NewWriter(w)
		c.Write(t.Names)
		for _, row := range t.Rows {
			line := make([]string, len(row))
			for i, v := range row {
				if v == v {
					line[i] = strconv.FormatFloat(v, 'g', -1, 64)
				}
			}
			c.Write(line)
		}
		c.Flush()
		return c.Error()
	})
}

// Results reads results.csv. A run without the file has no rows. The first column is "epoch", and no two have the same name.
func (r *Run) Results() (Results, error) {
	text, err := r.ReadFile(ResultsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Results{}, nil
	}
	if err != nil {
		return Results{}, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // spreadsheets write a byte order mark
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	switch {
	case err != nil:
		return Results{}, fmt.Errorf("%s: %w", r.Path(ResultsFile), err)
	case len(lines) == 0:
		lines = [][]string{nil}
	}
	t := Results{Names: lines[0]}
	if err := t.check(); err != nil {
		return Results{}, fmt.Errorf("%s: %w", r.Path(ResultsFile), err)
	}
	for i, line := range lines[1:] {
		row := make([]float64, len(line))
		for j, cell := range line {
			if cell == "" {
				cell = "NaN"
			}
			if row[j], err = strconv.ParseFloat(cell, 64); err != nil {
				return Results{}, fmt.Errorf("%s: line %d, column %q: %q is not a number", r.Path(ResultsFile), i+2,
					readable.Cut(t.Names[j]), readable.Cut(cell))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
