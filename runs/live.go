package runs

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// The files through which a training is watched and controlled while it runs.
const (
	StepsFile      = "steps.jsonl"      // one Step a line, ever more rarely as the training goes on
	HistogramsFile = "histograms.jsonl" // one Histograms a line
	ControlFolder  = "control"          // one Control a file, which the training reads and removes
)

// Number is a float64 whose JSON is null if it is not finite.
type Number float64

// MarshalJSON writes null for an infinity or a NaN.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads what MarshalJSON writes; null is NaN.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// Step is the state of a training after a step of the optimizer.
type Step struct {
	Time    time.Time `json:"time"`
	Epoch   int       `json:"epoch"` // from 1
	Epochs  int       `json:"epochs"`
	Step    int       `json:"step"`    // in the epoch, from 1
	Steps   int       `json:"steps"`   // of the epoch; −1 if it is not known
	Loss    Number    `json:"loss"`    // the mean since the line before
	LR      Number    `json:"lr"`      // the learning rate
	Rate    Number    `json:"rate"`    // samples a second since the line before
	Seconds Number    `json:"seconds"` // until the end of the training; 0 if it is not known
}

// before reports whether a step precedes another one.
func (s Step) before(o Step) bool { return s.Epoch < o.Epoch || s.Epoch == o.Epoch && s.Step < o.Step }

// Histogram counts numbers in bins of equal width from Low to High.
type Histogram struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Counts []int   `json:"counts"`
}

// Histograms are those of each parameter after a step.
type Histograms struct {
	Epoch      int              `json:"epoch"`
	Step       int              `json:"step"`
	Parameters []ParameterCount `json:"parameters"`
}

// ParameterCount holds the histograms of a parameter. Gradient has no counts if there is no gradient.
type ParameterCount struct {
	Name     string    `json:"name"`
	Weight   Histogram `json:"weight"`
	Gradient Histogram `json:"gradient"`
}

// Control is what a training is asked to do.
type Control struct {
	Stop bool    `json:"stop,omitempty"` // after the step under way, so that it can be resumed
	LR   float64 `json:"lr,omitempty"`   // a factor for the learning rate; 0 means 1
}

// AppendLine appends the JSON of v to a file of lines, such as StepsFile. It begins a new line if a killed process left a
// torn one, so that only that is lost.
func (r *Run) AppendLine(file string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Path(file), err)
	}
	f, err := inputfile.OpenAppend(r.Path(file))
	if err != nil {
		return err
	}
	torn, err := tornLine(f)
	if torn {
		text = append([]byte{'\n'}, text...)
	}
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	return errors.Join(err, f.Close())
}

// tornLine reports whether the last line of a file has no end.
func tornLine(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return false, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], size-1)
	return last[0] != '\n', err
}

// readLines passes the lines of a file to each. A file that does not exist has none.
func (r *Run) readLines(file string, each func(line []byte)) error {
	text, err := r.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range bytes.Lines(text) {
		each(line)
	}
	return err
}

// Steps returns the steps that the training reported, in order. Those that a resumed training repeated are left out, and so
// are torn lines.
func (r *Run) Steps() ([]Step, error) {
	var out []Step
	err := r.readLines(StepsFile, func(line []byte) {
		var s Step
		if json.Unmarshal(line, &s) != nil {
			return
		}
		for len(out) > 0 && !out[len(out)-1].before(s) {
			out = out[:len(out)-1]
		}
		out = append(out, s)
	})
	return out, err
}

// Histograms returns the histograms that the training reported, in order, as Steps does.
func (r *Run) Histograms() ([]Histograms, error) {
	var out []Histograms
	err := r.readLines(HistogramsFile, func(line []byte) {
		var h Histograms
		if json.Unmarshal(line, &h) != nil {
			return
		}
		at := Step{Epoch: h.Epoch, Step: h.Step}
		for len(out) > 0 && !(Step{Epoch: out[len(out)-1].Epoch, Step: out[len(out)-1].Step}).before(at) {
			out = out[:len(out)-1]
		}
		out = append(out, h)
	})
	return out, err
}

// SetControl asks the training of the run to do something.
func (r *Run) SetControl(c Control) error {
	return r.WriteJSON(fmt.Sprintf("%s/%d-%s.json", ControlFolder, time.Now().UnixNano(), rand.Text()), c)
}

// TakeControl returns what the training is asked to do, and removes the requests: it stops if any of them says so, and their
// factors for the learning rate are multiplied. There are none if ok is false. Lock removes requests for an earlier training.
func (r *Run) TakeControl() (c Control, ok bool) {
	entries, _ := os.ReadDir(r.Path(ControlFolder))
	for _, e := range entries {
		var request Control
		file := ControlFolder + "/" + e.Name()
		if strings.HasPrefix(e.Name(), ".") { // it is being written
			continue
		}
		err := r.ReadJSON(file, &request)
		if os.Remove(r.Path(file)) != nil || err != nil { // what cannot be removed would be obeyed again and again
			continue
		}
		ok = true
		c.Stop = c.Stop || request.Stop
		if f := request.LR; f > 0 && finite(f) {
			c.LR = cmp.Or(c.LR, 1) * f
		}
	}
	return c, ok
}
