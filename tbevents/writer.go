package tbevents

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Writer writes the events of one start of a training. Each call writes its event to the file at once, with one system
// call, so that TensorBoard shows it and a killed process loses none; the file may then end within an event, which
// readers ignore. Writing a scalar allocates nothing. A Writer belongs to one goroutine.
type Writer struct {
	f      *os.File
	buf    []byte
	one    [1]Value
	scalar Scalar // one's data
}

const prefix = "events.out.tfevents."

// Create creates a file of events in the folder dir, which it makes if necessary. Step is the first step that will be
// written: events of the folder's earlier files with this step or a later one are replaced, as after a resume from an
// older checkpoint (PyTorch's purge_step). The first start of a training has step 0.
//
// The file is named like those of other writers: "events.out.tfevents.", seconds since 1970, host, process, number.
func Create(dir string, step int64) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("create a file of events: %w", err)
	}
	f, err := create(dir)
	if err != nil {
		return nil, fmt.Errorf("create a file of events: %w", err)
	}
	w := &Writer{f: f}
	if err := errors.Join(w.write(Event{Step: step, Version: "brain.Event:2"}), w.write(Event{Step: step, Start: true})); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// create creates a file whose name follows those of the folder's other files, because readers sort them by name.
func create(dir string) (*os.File, error) {
	files, err := eventFiles(dir)
	if err != nil {
		return nil, err
	}
	seconds := time.Now().Unix()
	for _, f := range files {
		digits, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(f), prefix), ".")
		if s, err := strconv.ParseInt(digits, 10, 64); err == nil && s < 1<<33 {
			seconds = max(seconds, s+1)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	host = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, host)
	for n := 0; ; n++ { // two processes may take the same seconds; then the number tells them apart
		path := filepath.Join(dir, fmt.Sprintf("%s%010d.%s.%d.%d", prefix, seconds, host, os.Getpid(), n))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// Write writes an event. Its time is now if it is the zero time.
func (w *Writer) Write(e Event) error { return w.write(e) }

func (w *Writer) write(e Event) error {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	var header [headerSize]byte
	w.buf = frame(appendEvent(append(w.buf[:0], header[:]...), &e))
	if len(w.buf) > maxRecord {
		return fmt.Errorf("write %s: an event of %d bytes; at most %d are allowed", w.f.Name(), len(w.buf), maxRecord)
	}
	_, err := w.f.Write(w.buf)
	if cap(w.buf) > 1<<20 {
		w.buf = nil
	}
	return err
}

func (w *Writer) add(tag string, data any, step int64) error {
	w.one[0] = Value{tag, data}
	return w.write(Event{Step: step, Values: w.one[:]})
}

// Scalar writes a point of the curve tag.
func (w *Writer) Scalar(tag string, value float64, step int64) error {
	w.scalar = Scalar(value)
	return w.add(tag, &w.scalar, step)
}

// Histogram writes the histogram of a tag's values.
func (w *Writer) Histogram(tag string, h Histogram, step int64) error { return w.add(tag, h, step) }

// Image writes a picture as PNG.
func (w *Writer) Image(tag string, img image.Image, step int64) error {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return fmt.Errorf("write the image %q: %w", tag, err)
	}
	size := img.Bounds().Size()
	return w.add(tag, Image{size.X, size.Y, channels(img), b.Bytes()}, step)
}

// Text writes a text in Markdown.
func (w *Writer) Text(tag, markdown string, step int64) error {
	return w.add(tag, Text(markdown), step)
}

// Graph writes the graph of a model, which [GraphOf] makes.
func (w *Writer) Graph(nodes []Node) error { return w.write(Event{Graph: nodes}) }

// HParams writes the hyperparameters of the run and so begins its session. TensorBoard compares the runs of its log
// folder by them and by the last values of their scalars.
func (w *Writer) HParams(values map[string]any) error {
	return w.add(HParamsTag, HParams{Values: values, Start: time.Now()}, 0)
}

// EndSession says how the session that HParams began ended.
func (w *Writer) EndSession(s Status) error {
	return w.add(SessionEndTag, SessionEnd{s, time.Now()}, 0)
}

// Close flushes the file to the disk and closes it.
func (w *Writer) Close() error { return errors.Join(w.f.Sync(), w.f.Close()) }
