package optim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// testdata/torch/optim.py, optim_half.py and optim_papers.py write the traces, with the same parameters and gradients
// as the functions below.

var (
	shapes   = [][]int{{4, 5}, {}, {19}, {2, 3, 2}}
	matrices = [][]int{{4, 5}, {7, 3}, {6, 6}, {1, 9}} // for Muon
)

const steps = 10

func element(key ...int) float64 {
	x := 0
	for _, k := range key {
		x = (x*1000003 + k + 12345) % 2147483647
		x = (x * 48271) % 2147483647
	}
	return float64(x%4096)/1024 - 2
}

func filled(dt tensor.DType, dims []int, f func(j int) float64) tensor.Tensor {
	v := make([]float64, tensor.ShapeOf(dims...).Size())
	for j := range v {
		v[j] = f(j)
	}
	return tensor.FromAs(tensor.Options{DType: dt}, v).Reshape(dims...)
}

func parameters(dt tensor.DType) []tensor.Tensor { return parametersOf(shapes, dt) }

func parametersOf(shapes [][]int, dt tensor.DType) []tensor.Tensor {
	ps := make([]tensor.Tensor, len(shapes))
	for i, dims := range shapes {
		ps[i] = filled(dt, dims, func(j int) float64 { return element(0, i, j) }).SetRequiresGrad(true)
	}
	return ps
}

// setGradients sets the gradient of every parameter that has one in a step, through Backward.
func setGradients(ps []tensor.Tensor, step int) { setScaledGradients(ps, step, 1) }

func setScaledGradients(ps []tensor.Tensor, step int, scale float64) {
	absent := map[[2]int]bool{{0, 2}: true, {3, 2}: true, {4, 0}: true, {4, 1}: true, {7, 3}: true}
	for i, p := range ps {
		p.ZeroGrad()
		if absent[[2]int{step, i}] {
			continue
		}
		g := filled(p.DType(), p.Shape().Dims(), func(j int) float64 {
			if j%7 == 6 && step%2 == 1 {
				return 0
			}
			return scale * math.Ldexp(element(step+1, i, j), -(j%9))
		})
		p.Mul(g.To(p.Device())).Sum().Backward()
	}
}

type trace struct {
	Optimizer string
	Settings  settings
	Second    *settings
	Float32   []string
	Float64   []string
	Exact     []string `json:"float32_exact_sqrt"` // digests
	Float16   []string
	BFloat16  []string
	Scale     float64 // of the gradients
}

// parameters returns the parameters of the trace before the first step.
func (tr trace) parameters(dt tensor.DType) []tensor.Tensor {
	if tr.Optimizer == "Muon" {
		return parametersOf(matrices, dt)
	}
	return parameters(dt)
}

// fused reports whether there are kernels for the optimizer.
func (tr trace) fused() bool {
	return !slices.Contains([]string{"Adafactor", "Muon", "Lion", "LAMB"}, tr.Optimizer)
}

// rounding returns the tolerance for an element after a step of tensor operations; path is the sum of its sizes and
// changes so far. Muon's iteration rounds to bfloat16, where a sum in another order may round differently: the
// tolerance is 2⁻⁶ of the largest changes so far.
func (tr trace) rounding(t testing.TB, dt tensor.DType, step int, path float64) float64 {
	tolerance := 0x1p-21 * path
	if dt == tensor.Float64 {
		tolerance = 0x1p-50 * path
	}
	if tr.Optimizer == "Muon" {
		last := elements(tr.parameters(dt))
		for i := range step + 1 {
			now, most := tr.golden(t, dt, i), 0.0
			for j := range now {
				most = max(most, math.Abs(now[j]-last[j]))
			}
			tolerance += 0x1p-6 * most
			last = now
		}
	}
	return tolerance
}

// settings are PyTorch's keyword arguments.
type settings map[string]any

func (s settings) num(name string) float64 {
	v, ok := s[name]
	if !ok {
		return 0
	}
	if v.(float64) == 0 {
		return Zero
	}
	return v.(float64)
}
func (s settings) flag(name string) bool { v, _ := s[name].(bool); return v }
func (s settings) beta(i int) float64    { return s.member("betas", i) }

// member returns a number of a tuple.
func (s settings) member(name string, i int) float64 {
	if b, ok := s[name].([]any); ok {
		return b[i].(float64)
	}
	return 0
}

// with returns the settings of a second group, whose missing settings are those of the first.
func (s settings) with(second settings) settings {
	all := settings{}
	for k, v := range s {
		all[k] = v
	}
	for k, v := range second {
		all[k] = v
	}
	return all
}

// readTraces returns all traces of float32 and float64.
func readTraces(t testing.TB) []trace {
	return append(readFile(t, "traces.json"), readFile(t, "papers.json")...)
}

func readFile(t testing.TB, name string) []trace {
	raw, err := os.ReadFile("../testdata/torch/optim/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Traces []trace }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Traces) == 0 {
		t.Fatal("no traces")
	}
	return file.Traces
}

func (tr trace) String() string {
	s, _ := json.Marshal(tr.Settings)
	name := tr.Optimizer + string(s)
	if tr.Second != nil {
		s, _ := json.Marshal(tr.Second)
		name += string(s)
	}
	return name
}

func build[C any](tr trace, ps []tensor.Tensor, unfused bool, make func([]tensor.Tensor, C) *Base[C],
	config func(settings) C) Optimizer {
	first := ps
	if tr.Second != nil {
		first = ps[:2]
	}
	o := make(first, config(tr.Settings))
	if tr.Second != nil {
		o.AddGroup(ps[2:], config(tr.Settings.with(*tr.Second)))
	}
	o.unfused = unfused
	return o
}

func (tr trace) build(ps []tensor.Tensor, unfused bool) Optimizer {
	switch tr.Optimizer {
	case "SGD":
		return build(tr, ps, unfused, NewSGD, func(s settings) SGDConfig {
			return SGDConfig{LR: s.num("lr"), Momentum: s.num("momentum"), Dampening: s.num("dampening"),
				WeightDecay: s.num("weight_decay"), Nesterov: s.flag("nesterov"), Maximize: s.flag("maximize")}
		})
	case "RMSprop":
		return build(tr, ps, unfused, NewRMSprop, func(s settings) RMSpropConfig {
			return RMSpropConfig{LR: s.num("lr"), Alpha: s.num("alpha"), Eps: s.num("eps"), Momentum: s.num("momentum"),
				WeightDecay: s.num("weight_decay"), Centered: s.flag("centered"), Maximize: s.flag("maximize")}
		})
	case "Adam":
		return build(tr, ps, unfused, NewAdam, adamConfig)
	case "AdamW":
		return build(tr, ps, unfused, NewAdamW, func(s settings) AdamWConfig { return AdamWConfig(adamConfig(s)) })
	case "Adagrad":
		return build(tr, ps, unfused, NewAdagrad, func(s settings) AdagradConfig {
			return AdagradConfig{LR: s.num("lr"), LRDecay: s.num("lr_decay"), WeightDecay: s.num("weight_decay"),
				InitialAccumulatorValue: s.num("initial_accumulator_value"), Eps: s.num("eps"),
				Maximize: s.flag("maximize")}
		})
	case "Adadelta":
		return build(tr, ps, unfused, NewAdadelta, func(s settings) AdadeltaConfig {
			return AdadeltaConfig{LR: s.num("lr"), Rho: s.num("rho"), Eps: s.num("eps"),
				WeightDecay: s.num("weight_decay"), Maximize: s.flag("maximize")}
		})
	case "Adamax":
		return build(tr, ps, unfused, NewAdamax, func(s settings) AdamaxConfig {
			return AdamaxConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), Eps: s.num("eps"),
				WeightDecay: s.num("weight_decay"), Maximize: s.flag("maximize")}
		})
	case "NAdam":
		return build(tr, ps, unfused, NewNAdam, func(s settings) NAdamConfig {
			return NAdamConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), Eps: s.num("eps"),
				WeightDecay: s.num("weight_decay"), MomentumDecay: s.num("momentum_decay"),
				DecoupledWeightDecay: s.flag("decoupled_weight_decay"), Maximize: s.flag("maximize")}
		})
	case "RAdam":
		return build(tr, ps, unfused, NewRAdam, func(s settings) RAdamConfig {
			return RAdamConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), Eps: s.num("eps"),
				WeightDecay: s.num("weight_decay"), DecoupledWeightDecay: s.flag("decoupled_weight_decay"),
				Maximize: s.flag("maximize")}
		})
	}
	switch tr.Optimizer {
	case "Adafactor":
		return build(tr, ps, unfused, NewAdafactor, func(s settings) AdafactorConfig {
			return AdafactorConfig{LR: s.num("lr"), Beta2Decay: s.num("beta2_decay"), Eps1: s.member("eps", 0),
				Eps2: s.member("eps", 1), D: s.num("d"), WeightDecay: s.num("weight_decay"),
				Maximize: s.flag("maximize")}
		})
	case "Muon":
		return build(tr, ps, unfused, NewMuon, func(s settings) MuonConfig {
			c := MuonConfig{LR: s.num("lr"), WeightDecay: s.num("weight_decay"), Momentum: s.num("momentum"),
				NSSteps: int(s.num("ns_steps")), Eps: s.num("eps"), NoNesterov: s["nesterov"] == false}
			for i := range c.NSCoeffs {
				c.NSCoeffs[i] = s.member("ns_coefficients", i)
			}
			switch s["adjust_lr_fn"] {
			case "match_rms_adamw":
				c.AdjustLR = AdjustMatchRMSAdamW
			case "spectral_unclamped":
				c.AdjustLR = AdjustSpectralUnclamped
			}
			return c
		})
	case "Lion":
		return build(tr, ps, unfused, NewLion, func(s settings) LionConfig {
			return LionConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), WeightDecay: s.num("weight_decay"),
				Maximize: s.flag("maximize")}
		})
	case "LAMB":
		return build(tr, ps, unfused, NewLAMB, func(s settings) LAMBConfig {
			return LAMBConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), Eps: s.num("eps"),
				WeightDecay: s.num("weight_decay"), Maximize: s.flag("maximize")}
		})
	}
	panic("no optimizer " + tr.Optimizer)
}

func adamConfig(s settings) AdamConfig {
	return AdamConfig{LR: s.num("lr"), Beta1: s.beta(0), Beta2: s.beta(1), Eps: s.num("eps"),
		WeightDecay: s.num("weight_decay"), AMSGrad: s.flag("amsgrad"), Maximize: s.flag("maximize")}
}

// golden returns the elements of all parameters after a step.
func (tr trace) golden(t testing.TB, dt tensor.DType, step int) []float64 {
	s := map[tensor.DType][]string{tensor.Float32: tr.Float32, tensor.Float64: tr.Float64, tensor.Float16: tr.Float16,
		tensor.BFloat16: tr.BFloat16}[dt]
	raw, err := base64.StdEncoding.DecodeString(s[step])
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Options{DType: dt}.FromBytes(raw, len(raw)/dt.Size()).Float64s()
}

func elements(ps []tensor.Tensor) []float64 {
	var all []float64
	for _, p := range ps {
		all = append(all, p.Float64s()...)
	}
	return all
}

// TestGolden checks that ten steps of every optimizer in every mode give PyTorch's parameters: bit for bit in float64,
// and in float32 with correctly rounded square roots (see the script). PyTorch's own float32 roots may differ in the
// last bit, which changes a step by a factor of at most 1 ± 2⁻²²; each addition to the parameter rounds once more.
func TestGolden(t *testing.T) {
	for _, tr := range readTraces(t) {
		if !tr.fused() {
			continue // TestComposite
		}
		t.Run(fmt.Sprint(tr, " float64"), func(t *testing.T) {
			tr.run(t, tensor.Float64, false, func(step int, got, want, path []float64) {
				tolerance := 0.0
				if tr.Optimizer == "NAdam" {
					tolerance = 0x1p-52 // its momenta are powers of 0.96, which math.Pow and C's pow round differently
				}
				compare(t, step, got, want, func(i int) float64 { return tolerance * path[i] })
			})
		})
		t.Run(fmt.Sprint(tr, " float32"), func(t *testing.T) {
			tr.run(t, tensor.Float32, false, func(step int, got, want, path []float64) {
				compare(t, step, got, want, func(i int) float64 { return 0x1p-22 * path[i] })
				if sum := digest(got); sum != tr.Exact[step] {
					t.Errorf("step %d: the bits differ from PyTorch's with exact square roots", step+1)
				}
			})
		})
	}
}

// TestComposite checks that the composite of tensor operations, which other devices run, gives the same up to rounding:
// the fused kernels round a product and a sum once, the composite twice.
func TestComposite(t *testing.T) {
	for _, tr := range readTraces(t) {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} {
			t.Run(fmt.Sprint(tr, dt), func(t *testing.T) {
				tr.run(t, dt, true, func(step int, got, want, path []float64) {
					compare(t, step, got, want, func(i int) float64 { return tr.rounding(t, dt, step, path[i]) })
				})
			})
		}
	}
}

// run makes the steps of a trace. After each it calls check with the elements of all parameters, PyTorch's elements,
// and path, each element's sum of sizes and changes so far.
func (tr trace) run(t *testing.T, dt tensor.DType, unfused bool, check func(step int, got, want, path []float64)) {
	ps := tr.parameters(dt)
	opt := tr.build(ps, unfused)
	last := elements(ps)
	path := make([]float64, len(last))
	for step := range steps {
		setGradients(ps, step)
		opt.Step()
		now := elements(ps)
		for i := range path {
			path[i] += math.Abs(now[i]) + math.Abs(now[i]-last[i])
		}
		check(step, now, tr.golden(t, dt, step), path)
		last = now
	}
}

func compare(t *testing.T, step int, got, want []float64, tolerance func(i int) float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d elements, the trace has %d", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance(i)) {
			t.Fatalf("step %d, element %d: %v, PyTorch %v, off by %g × 2⁻²³", step+1, i, got[i], want[i],
				(got[i]-want[i])/want[i]*0x1p23)
		}
	}
}

func digest(x []float64) string {
	var raw []byte
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw))
}
