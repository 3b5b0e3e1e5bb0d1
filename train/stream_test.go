package train

import (
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// flow is a stream of the samples of a dataset.
type flow struct{ data.Dataset }

func (f flow) Open(int) (data.StreamReader, error) { return &flowing{ds: f.Dataset}, nil }

type flowing struct {
	ds   data.Dataset
	next int
}

func (r *flowing) Read(s *data.Sample) error {
	if r.next == r.ds.Len() {
		return io.EOF
	}
	r.next++
	return r.ds.Read(r.next-1, s)
}

func (r *flowing) Close() error { return nil }

// streamed returns the training of newTraining with its data in order: as a stream, or as a dataset.
func streamed(stream bool) (*net, Config) {
	model, c := newTraining()
	train := data.LoaderConfig{BatchSize: 4, RNG: c.Train.Config().RNG}
	test := c.Validation.Config()
	if stream {
		c.Train, c.Validation = data.NewStreamLoader(flow{someData()}, train), data.NewStreamLoader(flow{someData()}, test)
	} else {
		c.Train, c.Validation = data.NewLoader(someData(), train), data.NewLoader(someData(), test)
	}
	return model, c
}

// stepNotes is a reporter that records its calls.
type stepNotes struct{ all []Progress }

func (s *stepNotes) Step(p Progress)  { s.all = append(s.all, p) }
func (s *stepNotes) Epoch(Epoch, int) {}

// Training and evaluation on a stream give the results of a dataset with the same samples, although the number of steps
// is unknown.
func TestStreamTrains(t *testing.T) {
	fromData, c := streamed(false)
	want, err := Fit(context.Background(), fromData, c)
	if err != nil {
		t.Fatal(err)
	}
	var notes stepNotes
	var printed strings.Builder
	fromStream, c := streamed(true)
	c.Reporter = &notes
	got, err := Fit(context.Background(), fromStream, c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(fromStream), bits(fromData)) || !slices.Equal(got.Losses, want.Losses) {
		t.Error("training on a stream differs from training on a dataset of the same samples")
	}
	for i, e := range got.Epochs {
		if w := want.Epochs[i]; e.Loss != w.Loss || !reflect.DeepEqual(e.Validation, w.Validation) || e.LR != w.LR {
			t.Errorf("epoch %d is %+v with %+v, want %+v with %+v", i+1, e, *e.Validation, w, *w.Validation)
		}
	}
	if len(notes.all) != 30 || notes.all[10].Epoch != 2 || notes.all[10].Step != 1 || notes.all[10].Steps != -1 {
		t.Errorf("the reporter was told %+v", notes.all)
	}
	l := Lines(&printed).(*lines)
	l.last = l.last.Add(-2 * lineInterval)
	l.Step(notes.all[10])
	if got := printed.String(); !strings.HasPrefix(got, "epoch 2/3, step 1: loss ") {
		t.Errorf("the line is %q", got)
	}
	r, err := Evaluate(context.Background(), fromStream, c.Validation, c.Loss)
	if last := want.Epochs[2].Validation; err != nil || math.Abs(r.Loss-last.Loss) > 1e-12 || r.Total != samples {
		t.Errorf("evaluation gives %+v (%v), want %+v", r, err, *last)
	}
}

// A training on a stream stops after any step and resumes bit for bit.
func TestStreamResumes(t *testing.T) {
	whole, c := streamed(true)
	want, err := Fit(context.Background(), whole, c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	for _, stop := range []int{1, 9, 10, 11, 29, 30} {
		ctx, cancel := context.WithCancel(context.Background())
		model, c := streamed(true)
		c.Checkpoint, c.Reporter = path, &stopper{stop, cancel}
		if _, err := Fit(ctx, model, c); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: error is %v", stop, err)
		}
		model, c = streamed(true)
		c.Checkpoint, c.Resume = path, true
		h, err := Fit(context.Background(), model, c)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(model), bits(whole)) || !slices.Equal(h.Losses, want.Losses) || h.Epochs[2].Loss != want.Epochs[2].Loss {
			t.Errorf("stopped after step %d: the resumed training differs", stop)
		}
	}
	model, c := newTraining() // the same samples, but no stream
	c.Checkpoint, c.Resume = path, true
	if _, err := Fit(context.Background(), model, c); err == nil || !strings.Contains(err.Error(), "a stream of samples in batches of 4") {
		t.Errorf("the error is %v", err)
	}
}

// Messages about a stream name the batch without the number of batches.
func TestStreamErrors(t *testing.T) {
	ds := data.NewTensorDataset(tensor.Full(math.NaN(), 3, 1), tensor.Zeros(3, 1))
	_, err := Evaluate(context.Background(), &nn.Identity{}, data.NewStreamLoader(flow{ds}, data.LoaderConfig{}), nn.MSELoss{})
	if err == nil || !strings.HasPrefix(err.Error(), "evaluation: batch 1: the loss is NaN: sample 0 ") {
		t.Errorf("a loss of NaN: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Evaluate(ctx, &nn.Identity{}, data.NewStreamLoader(flow{ds}, data.LoaderConfig{}), nn.MSELoss{})
	if err == nil || !strings.HasPrefix(err.Error(), "evaluation stopped before batch 1: ") {
		t.Errorf("a context that ended: %v", err)
	}
}
