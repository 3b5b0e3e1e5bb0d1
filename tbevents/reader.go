package tbevents

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Read returns the events of a file's content. After an error the sequence ends: a record whose checksum is wrong, or
// data that are no event. The error wraps io.ErrUnexpectedEOF if the content ends within a record, as after a kill
// while it was written. Memory is bounded by the largest event.
func Read(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		records := recordReader{r: r}
		for {
			at := records.offset
			data, err := records.next()
			if err == io.EOF {
				return
			}
			var e Event
			if err == nil {
				if e, err = decodeEvent(data); err != nil {
					err = fmt.Errorf("record at byte %d: %w", at, err)
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// ReadFolder returns the events of all files in dir, in the order of their names, which is that of the starts of the
// training. As TensorBoard does, it ignores what follows a torn or damaged record of a file and continues with the next
// file; an error means that a file could not be read. Events that a later start replaced are among them; see
// [ReadScalars].
func ReadFolder(dir string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		files, err := eventFiles(dir)
		if err != nil {
			yield(Event{}, fmt.Errorf("read events: %w", err))
			return
		}
		for _, path := range files {
			if !readFile(path, yield) {
				return
			}
		}
	}
}

// readFile passes the events of a file to yield, until that returns false.
func readFile(path string, yield func(Event, error) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(Event{}, fmt.Errorf("read events: %w", err))
	}
	defer f.Close()
	for e, err := range Read(f) {
		var read *os.PathError
		if errors.As(err, &read) {
			return yield(Event{}, fmt.Errorf("read events: %w", err))
		}
		if err != nil {
			return true
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// eventFiles returns the event files of a folder, sorted by name.
func eventFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if match, _ := filepath.Match(prefix+"*", e.Name()); match && e.Type().IsRegular() {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

// Point is a point of a curve.
type Point struct {
	Step  int64
	Time  time.Time
	Value float32
}

// ReadScalars returns the curves in the event files of a folder by their tags. Where a training was resumed, the points
// of the later start replace those of the earlier one from its step on.
func ReadScalars(dir string) (map[string][]Point, error) {
	curves := map[string][]Point{}
	for e, err := range ReadFolder(dir) {
		if err != nil {
			return nil, err
		}
		if e.Start {
			for tag, points := range curves {
				curves[tag] = slices.DeleteFunc(points, func(p Point) bool { return p.Step >= e.Step })
			}
		}
		for _, v := range e.Values {
			if x, ok := v.Data.(Scalar); ok {
				curves[v.Tag] = append(curves[v.Tag], Point{e.Step, e.Time, float32(x)})
			}
		}
	}
	return curves, nil
}
