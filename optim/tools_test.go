package optim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// testdata/torch/optim_tools.py writes the golden results for this file.
var tools = struct {
	Clip    []map[string]any
	Average []struct {
		Decay            *float64
		Float32, Float64 []string
	}
	LBFGS []lbfgsTrace
}{}

type lbfgsTrace struct {
	Settings         settings
	Float32, Float64 []string
	Losses32         []float64 `json:"losses_float32"`
	Losses64         []float64 `json:"losses_float64"`
	Evaluations      int       `json:"evaluations_float64"`
}

func readTools(t *testing.T) {
	raw, err := os.ReadFile("../testdata/torch/optim/tools.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &tools); err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, dt tensor.DType, s string) []float64 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Options{DType: dt}.FromBytes(raw, len(raw)/dt.Size()).Float64s()
}

func gradients(ps []tensor.Tensor) []float64 {
	var all []float64
	for _, p := range ps {
		if g := p.Grad(); g.Defined() {
			all = append(all, g.Float64s()...)
		}
	}
	return all
}

// near checks got against want within a relative tolerance.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*math.Abs(want[i])) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestClip compares norms with PyTorch's, which sums 40 numbers in another order: they may differ by six units in the
// last place.
func TestClip(t *testing.T) {
	readTools(t)
	for _, c := range tools.Clip {
		for dt, tolerance := range map[tensor.DType]float64{tensor.Float32: 0x1p-21, tensor.Float64: 0x1p-50} {
			ps := parameters(dt)
			setGradients(ps, 0)
			limit := c["limit"].(float64)
			what := fmt.Sprint(c["kind"], c["p"], limit, dt)
			if c["kind"] == "value" {
				ClipGradValue(ps, limit)
				near(t, what, gradients(ps), decode(t, dt, c[dt.String()].(string)), 0)
				continue
			}
			p, err := strconv.ParseFloat(fmt.Sprint(c["p"]), 64)
			if err != nil {
				t.Fatal(err)
			}
			total := ClipGradPNorm(ps, limit, p)
			near(t, what, []float64{total}, []float64{c["total_"+dt.String()].(float64)}, tolerance)
			near(t, what, gradients(ps), decode(t, dt, c[dt.String()].(string)), tolerance)
			if after := GradNorm(ps, p); after > limit*(1+tolerance) {
				t.Errorf("%s: the norm is %v after clipping", what, after)
			}
		}
	}
}

func TestClipCorners(t *testing.T) {
	p, q := tensor.From([]float32{1, 2}).SetRequiresGrad(true), tensor.Zeros(0).SetRequiresGrad(true)
	ps := []tensor.Tensor{p, q}
	if n := ClipGradNorm(ps, 1); n != 0 {
		t.Errorf("without gradients the norm is %v", n)
	}
	p.Mul(tensor.From([]float32{3, float32(math.NaN())})).Sum().Backward()
	q.Sum().Backward()
	ClipGradValue(ps, 1)
	if g := p.Grad().Float32s(); g[0] != 1 || g[1] == g[1] {
		t.Errorf("gradients %v, want 1 and NaN", g)
	}
	if n := ClipGradNorm(ps, 1); n == n {
		t.Errorf("the norm of NaN is %v", n)
	}
	h := tensor.FromAs(tensor.Options{DType: tensor.Float16}, []float64{1e4, 2e4}).SetRequiresGrad(true)
	h.Square().MulScalar(0.5).Sum().Backward()
	if n := GradNorm([]tensor.Tensor{h, h}, 2); !(math.Abs(n-math.Sqrt(1e9)) <= 0x1p-11*n) {
		t.Errorf("the norm of four float16 numbers whose squares are infinite is %v", n)
	}
	for _, scale := range []float64{1e30, 1e-30} { // their squares overflow or underflow float32
		x := tensor.Ones(2).SetRequiresGrad(true)
		x.Mul(tensor.From([]float32{3, 4}).MulScalar(scale)).Sum().Backward()
		if n := GradNorm([]tensor.Tensor{x, x}, 2); !(math.Abs(n/scale-5*math.Sqrt2) <= 0x1p-21*5) {
			t.Errorf("the norm of numbers around %g is %v", scale, n)
		}
	}
	mustPanic(t, "there is no -1-norm", func() { GradNorm(ps, -1) })
	p.ZeroGrad()
	p.Sum().Backward()
	if n := testing.AllocsPerRun(20, func() { ClipGradNorm(ps, 0.5) }); n != 0 {
		t.Errorf("%v allocations in ClipGradNorm", n)
	}
}

// TestAverage compares averages with PyTorch's. Its equal average in float64 uses weights that were rounded to float32,
// unlike this package.
func TestAverage(t *testing.T) {
	readTools(t)
	for _, c := range tools.Average {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} {
			ps := parameters(dt)
			avg, want, tolerance := NewSWA(ps), c.Float32, 0.0
			if dt == tensor.Float64 {
				want = c.Float64
			}
			if c.Decay != nil {
				avg = NewEMA(ps, *c.Decay)
			} else if dt == tensor.Float64 {
				tolerance = 0x1p-20
			}
			opt := NewSGD(ps, SGDConfig{LR: 0.1})
			for step := range want {
				setGradients(ps, step)
				opt.Step()
				avg.Update()
				if step == 2 { // continue in another average
					state := keep(avg.State())
					avg = NewSWA(ps)
					if c.Decay != nil {
						avg = NewEMA(ps, *c.Decay)
					}
					if err := avg.LoadState(state); err != nil {
						t.Fatal(err)
					}
				}
				near(t, fmt.Sprint(dt, " step ", step), elements(avg.Params()), decode(t, dt, want[step]), tolerance)
			}
			before, averages := elements(ps), elements(avg.Params())
			avg.Swap()
			near(t, "swapped", elements(ps), averages, 0)
			avg.Swap()
			near(t, "swapped back", elements(ps), before, 0)
			if n := testing.AllocsPerRun(20, avg.Update); n != 0 {
				t.Errorf("%v allocations in Update", n)
			}
		}
	}
	mustPanic(t, "decay is 2", func() { NewEMA(nil, 2) })
	avg := NewSWA(parameters(tensor.Float32))
	if err := avg.LoadState(map[string]tensor.Tensor{"0.average": tensor.Zeros(1)}); err == nil ||
		!strings.Contains(err.Error(), "updates is missing") ||
		!strings.Contains(err.Error(), "0.average has shape (1,)") {
		t.Error(err)
	}
}

func (tr lbfgsTrace) build(ps []tensor.Tensor) *LBFGS {
	s := tr.Settings
	return NewLBFGS(ps, LBFGSConfig{LR: s.num("lr"), MaxIter: int(s.num("max_iter")), MaxEval: int(s.num("max_eval")),
		HistorySize: int(s.num("history_size")), StrongWolfe: s["line_search_fn"] != nil, Maximize: s.flag("maximize")})
}

// TestLBFGS compares steps with PyTorch's. Dot products are sums in another order, and the function magnifies rounding
// errors. In float64 the relative tolerance is 10⁻⁹. In float32 the distance to PyTorch's float64 result may be 4 times
// that of PyTorch's float32 result, plus 2⁻¹⁶ in case that one is close by chance: at other steps PyTorch's results are
// that far away.
func TestLBFGS(t *testing.T) {
	readTools(t)
	for _, tr := range tools.LBFGS {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} {
			x := tensor.FromAs(tensor.Options{DType: dt},
				[]float64{-1.25, 1, 0.5, -0.75, 0.25, 1.5}).SetRequiresGrad(true)
			s := tensor.FromAs(tensor.Options{DType: dt}, []float64{0.5}).Reshape().SetRequiresGrad(true)
			ps := []tensor.Tensor{x, s}
			opt := tr.build(ps)
			evaluations := 0
			loss := func() float64 {
				evaluations++
				opt.ZeroGrad()
				a, b := x.Slice(0, 0, -1, 1), x.Slice(0, 1, 6, 1)
				f := b.Sub(a.Square()).Square().MulScalar(10).Add(a.MulScalar(-1).AddScalar(1).Square()).Sum().Add(s.Sub(x.Sum()).Square())
				if tr.Settings.flag("maximize") {
					f = f.Neg()
				}
				f.Backward()
				return f.Item()
			}
			for step := range tr.Float64 {
				if step == 2 { // continue in another optimizer
					state := keep(opt.State())
					opt = tr.build(ps)
					if err := opt.LoadState(state); err != nil {
						t.Fatal(err)
					}
				}
				before := opt.Step(loss)
				what := fmt.Sprint(tr.Settings, dt, " step ", step)
				want := append(decode(t, tensor.Float64, tr.Float64[step]), tr.Losses64[step])
				theirs := append(decode(t, tensor.Float32, tr.Float32[step]), tr.Losses32[step])
				for i, v := range append(elements(ps), before) {
					tolerance := 1e-9 * math.Abs(want[i])
					if dt == tensor.Float32 {
						tolerance = 4*math.Abs(theirs[i]-want[i]) + 0x1p-16*math.Abs(want[i])
					}
					if !(math.Abs(v-want[i]) <= tolerance) {
						t.Errorf("%s: element %d is %v, PyTorch %v (float32: %v)", what, i, v, want[i], theirs[i])
					}
				}
			}
			if evaluations != tr.Evaluations && dt == tensor.Float64 {
				t.Errorf("%v: %d evaluations, PyTorch's %d", tr.Settings, evaluations, tr.Evaluations)
			}
		}
	}
}

func TestLBFGSMistakes(t *testing.T) {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	mustPanic(t, "MaxIter is -1", func() { NewLBFGS([]tensor.Tensor{p}, LBFGSConfig{MaxIter: -1}) })
	mustPanic(t, "differs from the first", func() {
		NewLBFGS([]tensor.Tensor{p, tensor.Options{DType: tensor.Float64}.Zeros(2).SetRequiresGrad(true)},
			LBFGSConfig{})
	})
	opt := NewLBFGS([]tensor.Tensor{p}, LBFGSConfig{})
	state := opt.State()
	state["history"] = tensor.Scalar(1 << 50)
	delete(state, "scale")
	err := opt.LoadState(state)
	if err == nil || !strings.Contains(err.Error(), "history.0.gradient is missing") ||
		!strings.Contains(err.Error(), "scale is missing") {
		t.Error(err)
	}
}

// TestSwapKeepsNothing checks that Swap does not keep the memory that it needs for one parameter.
func TestSwapKeepsNothing(t *testing.T) {
	p := tensor.Zeros(1 << 22).SetRequiresGrad(true) // 16 MB
	avg := NewEMA([]tensor.Tensor{p}, 0.9)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	avg.Swap()
	if after := heap(); after > before+1<<20 {
		t.Errorf("Swap keeps %d bytes", after-before)
	}
	runtime.KeepAlive(avg)
}

// TestLBFGSHalf uses a float16 gradient of a thousand elements of 40, the sum of whose squares overflows the type.
func TestLBFGSHalf(t *testing.T) {
	x := tensor.Options{DType: tensor.Float16}.Zeros(1000).SetRequiresGrad(true)
	weights := make([]float64, 1000)
	for i := range weights {
		weights[i] = float64(7 * (1 + i%4))
	}
	w := tensor.FromAs(tensor.Options{DType: tensor.Float16}, weights)
	opt := NewLBFGS([]tensor.Tensor{x}, LBFGSConfig{})
	for range 3 {
		opt.Step(func() float64 {
			opt.ZeroGrad()
			loss := x.AddScalar(-3).Square().Mul(w).Mean().MulScalar(1000)
			loss.Backward()
			return loss.Item()
		})
	}
	for _, v := range x.Float64s() {
		if !(math.Abs(v-3) <= 0.01) {
			t.Fatalf("an element is %v, want 3", v)
		}
	}
}

// TestWarmEMA compares an average with growing decay with its formula.
func TestWarmEMA(t *testing.T) {
	p := tensor.From([]float64{0})
	avg := NewWarmEMA([]tensor.Tensor{p}, 0.5)
	want := 0.0
	for n := range 20 {
		v := float64(n*n%7 + 1)
		p.Data().FillInPlace(v)
		avg.Update()
		decay := min(0.5, float64(1+n)/float64(10+n))
		if want = decay*want + (1-decay)*v; n == 0 {
			want = v // the first update copies
		}
		if got := avg.Params()[0].Item(); math.Abs(got-want) > 1e-12 {
			t.Fatalf("update %d: the average is %v, want %v", n, got, want)
		}
	}
}
