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

// Options say how to measure. The zero value is quick.
type Options struct {
	Threads []int         // numbers of threads, one after the other; none means as many as there are
	Rounds  int           // timings of each side, whose median counts; 0 means 3
	Each    time.Duration // how long a timing takes; 0 means 10 ms
	Against string        // the Python interpreter whose PyTorch is measured in turn; empty for none
	Timeout time.Duration // how long PyTorch may take for an answer; 0 means two minutes
}

// A Figure is what was measured of a case with a number of threads. Times are medians, in seconds of one run.
type Figure struct {
	Family  string  `json:"family"`
	Work    string  `json:"work"`
	Size    string  `json:"size"`
	Threads int     `json:"threads"`
	Lamina  float64 `json:"lamina"`
	Rate    float64 `json:"rate,omitempty"` // of Lamina, in Unit
	Unit    string  `json:"unit,omitempty"` // FLOP/s, or B/s read and written
	Torch   float64 `json:"torch,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"` // of PyTorch's time to Lamina's, the median over the rounds; above 1 Lamina is faster
	Low     float64 `json:"low,omitempty"`   // the smallest ratio of a round
	High    float64 `json:"high,omitempty"`  // the largest
	Error   string  `json:"error,omitempty"` // why there is no ratio: other results, or no answer

	// Results are Lamina's and PyTorch's, where what comes out is a single number: a loss, a sum.
	Results []float64 `json:"results,omitempty"`
}

// Measure measures cases and hands out each figure as soon as it is there. Where PyTorch is measured too, a failure of its process is the
// error of a figure, and a new process goes on; that there is none to begin with is an error.
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

// measure times a case on both sides in turn, A B A B. Its error is one after which nothing more can be measured.
func (m *meter) measure(c Case, threads int) (Figure, error) {
	tensor.SetThreads(threads)
	runtime.GOMAXPROCS(threads)
	f := Figure{Family: c.Family, Work: c.Work.Name, Size: c.Size.String(), Threads: threads}
	job := c.Start()
	lamina := stopwatch{run: job.Run}
	times := make([][2]float64, m.o.Rounds)
	against := m.o.Against != "" && c.Work.Torch != ""
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
		times[i][0] = lamina.time(m.o.Each)
		if against {
			t, err := m.peer.time(m.o.Each)
			if err != nil {
				against = false
				m.failed(&f, err)
			}
			times[i][1] = t
			if threads > 1 {
				time.Sleep(settle)
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
	case c.Work.FLOPs != nil:
		f.Rate, f.Unit = c.Work.FLOPs(c.Size)/f.Lamina, "FLOP/s"
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

// settle is how long PyTorch's threads may go on spinning after their work; ours would have to share the processors with them.
const settle = 5 * time.Millisecond

// agree prepares PyTorch's side and compares what comes out of both, which it returns if it is a single number.
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

func (m *meter) failed(f *Figure, err error) {
	f.Error = err.Error()
	var dead *PeerError
	if errors.As(err, &dead) {
		m.close()
	}
}

// A digest stands for a tensor: its shape, the sums of its elements and of their sizes, and up to 16 elements, evenly spread.
type digest struct {
	Shape []int     `json:"shape"`
	Sum   float64   `json:"sum"`
	Size  float64   `json:"size"`
	At    []float64 `json:"at"`
}

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

// compare says where results differ by more than the work's tolerance, as a part of their mean size or, where that is more, their own.
func (c Case) compare(ours, theirs []digest) error {
	tolerance := c.Work.Tolerance
	if tolerance == 0 {
		tolerance = 1e-5
	}
	if len(ours) != len(theirs) {
		return fmt.Errorf("%d results, PyTorch has %d", len(ours), len(theirs))
	}
	for i, a := range ours {
		b := theirs[i]
		if !slices.Equal(a.Shape, b.Shape) {
			return fmt.Errorf("result %d has the shape %v, PyTorch's %v", i+1, a.Shape, b.Shape)
		}
		n := 1.0
		for _, d := range a.Shape {
			n *= float64(d)
		}
		if !(math.Abs(a.Sum-b.Sum) <= tolerance*b.Size) || !(math.Abs(a.Size-b.Size) <= tolerance*b.Size) {
			return fmt.Errorf("result %d has the sum %v, PyTorch's %v", i+1, a.Sum, b.Sum)
		}
		for k, v := range a.At {
			if w := b.At[k]; !(math.Abs(v-w) <= tolerance*max(math.Abs(w), b.Size/n)) {
				return fmt.Errorf("result %d has the element %v, PyTorch's %v", i+1, v, w)
			}
		}
	}
	return nil
}
