package vec

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// golden reads testdata/torch.txt: PyTorch's results by name, in the order of the file.
func golden(t *testing.T) (names []string, values map[string][]float32) {
	text, err := os.ReadFile("testdata/torch.txt")
	if err != nil {
		t.Fatal(err)
	}
	values = map[string][]float32{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		var x []float32
		for _, f := range fields[1:] {
			b, err := strconv.ParseUint(f, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, math.Float32frombits(uint32(b)))
		}
		names = append(names, fields[0])
		values[fields[0]] = x
	}
	return names, values
}

// agree compares got with PyTorch's values. Signs of zero count; -NaN is NaN.
func agree(t *testing.T, name string, got, want, x []float32, limit int64) {
	t.Helper()
	if len(want) != len(x) || len(got) != len(x) || len(x) == 0 {
		t.Fatalf("%s: %d results, PyTorch has %d of %d", name, len(got), len(want), len(x))
	}
	for i := range want {
		if distance(got[i], want[i]) > limit {
			t.Errorf("%s of element %d, %g: %g, PyTorch has %g", name, i, x[i], got[i], want[i])
		}
	}
}

// TestTorchSpecialValues checks that infinities, NaN, zeros and subnormal numbers give PyTorch's results.
func TestTorchSpecialValues(t *testing.T) {
	_, want := golden(t)
	x := want["special"]
	y, dy := make([]float32, len(x)), make([]float32, len(x))
	for i := range dy {
		dy[i] = 0.5
	}
	eachISA(t, func(t *testing.T) {
		for name, f := range map[string]func(dst, x []float32){
			"Exp": Exp[float32], "Log": Log[float32], "Tanh": Tanh[float32], "Sigmoid": Sigmoid[float32],
			"ReLU": ReLU[float32],
			"GELU": GELU[float32], "GELUTanh": GELUTanh[float32], "SiLU": SiLU[float32], "Sqrt": Sqrt[float32],
			"Rsqrt": Rsqrt[float32], "Reciprocal": Reciprocal[float32], "Abs": Abs[float32], "Neg": Neg[float32],
			"ELU":          func(dst, x []float32) { ELU(dst, x, 1) },
			"Softplus":     func(dst, x []float32) { Softplus(dst, x, 1, 20) },
			"ReLUGrad":     func(dst, x []float32) { ReLUGrad(dst, dy, x) },
			"SigmoidGrad":  func(dst, x []float32) { SigmoidGrad(dst, dy, x) },
			"TanhGrad":     func(dst, x []float32) { TanhGrad(dst, dy, x) },
			"ELUGrad":      func(dst, x []float32) { ELUGrad(dst, dy, x, 1) },
			"SoftplusGrad": func(dst, x []float32) { SoftplusGrad(dst, dy, x, 1, 20) },
		} {
			f(y, x)
			agree(t, name, y, want[name], x, 2)
		}
		a, b := want["first"], want["second"]
		got := make([]float32, len(a))
		Max(got, a, b)
		agree(t, "Max", got, want["Max"], a, 0)
		Min(got, a, b)
		agree(t, "Min", got, want["Min"], a, 0)
	})
}

// TestTorchOptimizers checks that three steps of every variant give PyTorch's parameters, bit for bit.
func TestTorchOptimizers(t *testing.T) {
	names, want := golden(t)
	eachISA(t, func(t *testing.T) {
		checked := 0
		defer func() {
			if checked != 84 {
				t.Errorf("%d variants, want 84", checked)
			}
		}()
		for _, name := range names {
			kind, rest, found := strings.Cut(name, ",")
			if !found {
				continue
			}
			checked++
			var v [5]float64
			for i, s := range strings.Split(rest, ",") {
				v[i], _ = strconv.ParseFloat(s, 64)
			}
			p := append([]float32{}, want["start"]...)
			a, b, c := make([]float32, len(p)), make([]float32, len(p)), make([]float32, len(p))
			for i := range 3 {
				g := want["gradient"+strconv.Itoa(i)]
				switch kind {
				case "SGD":
					SGD(p, g, a, &Step{LR: 0.1, Momentum: v[0], Dampening: v[1], WeightDecay: v[2], Nesterov: v[3] == 1,
						Maximize: v[4] == 1, First: i == 0})
				case "RMSprop":
					RMSprop(p, g, a, b, c, &Step{LR: 0.01, Momentum: v[0], Beta2: v[1], Eps: 1e-8, WeightDecay: v[2],
						Centered: v[3] == 1, Maximize: v[4] == 1})
				case "Adam":
					most := c
					if v[3] == 0 {
						most = nil
					}
					Adam(p, g, a, b, most, &Step{LR: 0.01, Beta1: v[0], Beta2: 0.999, Eps: 1e-8, WeightDecay: v[1],
						Decoupled: v[2] == 1, Maximize: v[4] == 1,
						Correction1: 1 - math.Pow(v[0], float64(i+1)), Correction2: 1 - math.Pow(0.999, float64(i+1))})
				}
			}
			for i := range p {
				if p[i] != want[name][i] {
					t.Errorf("%s: parameter %d is %v, PyTorch has %v", name, i, p[i], want[name][i])
				}
			}
		}
	})
}
