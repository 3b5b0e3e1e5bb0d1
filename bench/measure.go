package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/lamina-ml/lamina/tensor"
)

// Options holds the settings of Measure. The zero value measures quickly.
type Options struct {
	Threads []int         // numbers of threads to measure with; nil means tensor.Threads()
	Rounds  int           // timings of Lamina and of PyTorch, whose median is the result; 0 means 3
	Each    time.Duration // duration of a timing; 0 means 10 ms
	Against string        // Python interpreter with PyTorch to compare with; "" for none
	Timeout time.Duration // longest time to wait for an answer of PyTorch; 0 means two minutes
}

// Figure is the measurement of a case with one number of threads. Times are medians, in seconds per run.
type Figure struct {
	Family    string  `json:"family"`
	Benchmark string  `json:"benchmark"`
	Size      string  `json:"size"`
	Threads   int     `json:"threads"`
	Lamina    float64 `json:"lamina"`
	Rate      float64 `json:"rate,omitempty"` // of Lamina, in Unit
	Unit      string  `json:"unit,omitempty"` // FLOP/s, or B/s read and written
	Torch     float64 `json:"torch,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // PyTorch's time / Lamina's time, the median over the rounds; above 1 Lamina is faster
	Low       float64 `json:"low,omitempty"`   // smallest ratio of a round
	High      float64 `json:"high,omitempty"`  // largest ratio of a round
	Error     string  `json:"error,omitempty"` // the reason for a missing ratio: different results, or no answer

	// Results are Lamina's and PyTorch's results if they are scalars, such as a loss or a sum.
	Results []float64 `json:"results,omitempty"`
}

// Measure measures cases and calls show for each figure. It returns PyTorch's version. If PyTorch's process fails
// during a case, the figure has an error, and a new process continues with the next case. If the first process cannot
// start, Measure returns an error.
func Measure(ctx context.Context, cases []Case, o Options, show func(Figure)) (torch string, err error) {
	if len(o.Threads) == 0 {
		o.Threads = []int{tensor.Threads()}
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Each == 0 {
		o.Each = 10 * time.Millisecond
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	defer tensor.SetThreads(tensor.Threads())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	m := meter{ctx: ctx, o: o}
	defer m.close()
	if o.Against != "" {
		if err := m.start(); err != nil {
			return "", err
		}
		torch = m.peer.Torch
	}
	for _, c := range cases {
		for _, threads := range o.Threads {
			f, err := m.measure(c, threads)
			if ctx.Err() != nil {
				return torch, ctx.Err()
			}
			if err != nil {
				return torch, err
			}
			show(f)
		}
	}
	return torch, nil
}

// meter is the state of Measure.
type meter struct {
	ctx  context.Context
	o    Options
	peer *Peer
}

func (m *meter) start() error {
	p, err := StartPeer(m.ctx, m.o.Against, m.o.Timeout)
	if err == nil {
		m.peer = p
	}
	return err
}

func (m *meter) close() {
	if m.peer != nil {
		m.peer.Close()
		m.peer = nil
	}
}

// measure alternates timings of Lamina and PyTorch, A B A B. After an error no further case can be measured.
func (m *meter) measure(c Case, threads int) (Figure, error) {
	tensor.SetThreads(threads)
	runtime.GOMAXPROCS(threads)
	f := Figure{Family: c.Family, Benchmark: c.Benchmark.Name, Size: c.Size.String(), Threads: threads}
	job := c.Start()
	lamina := stopwatch{run: job.Run}
	times := make([][2]float64, m.o.Rounds)
	against := m.o.Against != "" && c.Benchmark.Torch != ""
	if against {
		if m.peer == nil {
			if err := m.start(); err != nil {
				return f, err
			}
		}
		var err error
		if f.Results, err = m.agree(c, job, threads); err != nil {
			against = false
			m.failed(&f, err)
		}
	}
	for i := range times {
		if against {
			// An untimed timing fills the caches again. In its first milliseconds Go's monitor thread, busy after the
			// wait for PyTorch, wakes up every 80 µs; on a single processor each of its wakes costs 10 µs.
			lamina.time(m.o.Each)
		}
		times[i][0] = lamina.time(m.o.Each)
		if against {
			t, err := m.peer.time(m.o.Each)
			if err != nil {
				against = false
				m.failed(&f, err)
			}
			times[i][1] = t
			if threads > 1 {
				time.Sleep(peerSpinTime)
			}
		}
		if m.ctx.Err() != nil {
			return f, m.ctx.Err()
		}
	}
	column := func(of func(t [2]float64) float64) []float64 {
		x := make([]float64, len(times))
		for i, t := range times {
			x[i] = of(t)
		}
		return x
	}
	f.Lamina = median(column(func(t [2]float64) float64 { return t[0] }))
	switch {
	case c.Benchmark.FLOPs != nil:
		f.Rate, f.Unit = c.Benchmark.FLOPs(c.Size)/f.Lamina, "FLOP/s"
	case job.bytes > 0:
		f.Rate, f.Unit = float64(job.bytes)/f.Lamina, "B/s"
	}
	if against {
		ratios := column(func(t [2]float64) float64 { return t[1] / t[0] })
		f.Torch = median(column(func(t [2]float64) float64 { return t[1] }))
		f.Ratio, f.Low, f.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
	}
	return f, nil
}

// peerSpinTime is how long PyTorch's threads may spin after a timing. Without this pause Lamina's threads would share
// the processors with them.
const peerSpinTime = 5 * time.Millisecond

// agree opens the case in PyTorch and compares the results. It returns the results if they are scalars.
func (m *meter) agree(c Case, job *Job, threads int) ([]float64, error) {
	theirs, err := m.peer.open(c, threads)
	if err != nil {
		return nil, err
	}
	ours := digests(job.Check())
	if err := c.compare(ours, theirs); err != nil {
		return nil, err
	}
	if len(ours[0].Shape) > 0 {
		return nil, nil
	}
	return []float64{ours[0].Sum, theirs[0].Sum}, nil
}

// failed records the error of a case, and closes the process if it is not usable any more.
func (m *meter) failed(f *Figure, err error) {
	f.Error = err.Error()
	var dead *PeerError
	if errors.As(err, &dead) {
		m.close()
	}
}

// digest summarizes a tensor: its shape, the sums of its elements and of their absolute values, and up to 16 evenly
// spaced elements.
type digest struct {
	Shape []int     `json:"shape"`
	Sum   float64   `json:"sum"`
	Size  float64   `json:"size"`
	At    []float64 `json:"at"`
}

// digests returns the digests of tensors.
func digests(xs []T) []digest {
	out := make([]digest, len(xs))
	for i, t := range xs {
		x := tensor.SliceOf[float64](t.Detach())
		d := digest{Shape: t.Shape().Dims()}
		for _, v := range x {
			d.Sum += v
			d.Size += math.Abs(v)
		}
		for k := range min(len(x), 16) {
			d.At = append(d.At, x[k*(len(x)-1)/max(min(len(x), 16)-1, 1)])
		}
		out[i] = d
	}
	return out
}

// compare returns an error if results differ by more than the benchmark's tolerance, relative to the larger of their
// mean absolute value and their own absolute value.
func (c Case) compare(ours, theirs []digest) error {
	tolerance := c.Benchmark.Tolerance
	if tolerance == 0 {
		tolerance = 1e-5
	}
	if len(ours) != len(theirs) {
		return fmt.Errorf("%d results, want %d as PyTorch", len(ours), len(theirs))
	}
	for i, a := range ours {
		b := theirs[i]
		if !slices.Equal(a.Shape, b.Shape) {
			return fmt.Errorf("result %d has the shape %v, want PyTorch's %v", i+1, a.Shape, b.Shape)
		}
		n := 1.0
		for _, d := range a.Shape {
			n *= float64(d)
		}
		if !(math.Abs(a.Sum-b.Sum) <= tolerance*b.Size) || !(math.Abs(a.Size-b.Size) <= tolerance*b.Size) {
			return fmt.Errorf("result %d has the sum %v, want PyTorch's %v", i+1, a.Sum, b.Sum)
		}
		for k, v := range a.At {
			if w := b.At[k]; !(math.Abs(v-w) <= tolerance*max(math.Abs(w), b.Size/n)) {
				return fmt.Errorf("result %d has the element %v, want PyTorch's %v", i+1, v, w)
			}
		}
	}
	return nil
}
