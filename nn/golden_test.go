package nn_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The golden files are made by testdata/torch/nn.py and nn_more.py.

func golden(t *testing.T, name string, into any) {
	t.Helper()
	path := "../testdata/torch/nn/" + name + ".json"
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		data, err = unzip(path + ".gz")
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unzip(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// A packed is a tensor in a golden file.
type packed struct {
	DType string
	Shape []int
	Data  []number
}

type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "true" || s == "false" {
		*n = map[string]number{"true": 1}[s]
		return nil
	}
	var v float64
	_, err := fmt.Sscan(s, &v)
	*n = number(v)
	return err
}

var dtypes = map[string]tensor.DType{"float32": tensor.Float32, "float64": tensor.Float64, "int64": tensor.Int64, "bool": tensor.Bool,
	"bfloat16": tensor.BFloat16, "float16": tensor.Float16}

func (p packed) on(d tensor.Device) tensor.Tensor {
	v := make([]float64, len(p.Data))
	for i, x := range p.Data {
		v[i] = float64(x)
	}
	o := tensor.Options{DType: dtypes[p.DType]}
	if len(p.Shape) == 0 {
		return tensor.FromAs(o, v, 1).Reshape().Keep().To(d)
	}
	return tensor.FromAs(o, v, p.Shape...).To(d)
}

// differs compares t with a golden tensor. An element may differ by ulps units in the last place of itself or of 1/8,
// for results of a few dozen roundings of numbers around 1 in another order than PyTorch's.
func (p packed) differs(t tensor.Tensor, ulps float64) error { return p.near(t, ulps, 0.125) }

// largest returns the largest absolute element of p. Where sums cancel, and in the tails of PyTorch's GELU, errors have
// that size.
func (p packed) largest() float64 {
	size := 0.125
	for _, v := range p.Data {
		size = max(size, math.Abs(float64(v)))
	}
	return size
}

// near compares t with a golden tensor. An element may differ by ulps units in the last place of itself or of size.
func (p packed) near(t tensor.Tensor, ulps, size float64) error {
	if t.Shape() != tensor.ShapeOf(p.Shape...) || t.DType() != dtypes[p.DType] {
		return fmt.Errorf("%s %s, want %s %v", t.DType(), t.Shape(), p.DType, p.Shape)
	}
	eps := map[tensor.DType]float64{tensor.Float32: 0x1p-23, tensor.BFloat16: 0x1p-7, tensor.Float16: 0x1p-10}[t.DType()]
	if eps == 0 {
		eps = 0x1p-52
	}
	for i, got := range t.Float64s() {
		want := float64(p.Data[i])
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) && !(math.Abs(got-want) <= ulps*eps*max(math.Abs(want), size)) {
			return fmt.Errorf("element %d is %v, want %v", i, got, want)
		}
	}
	return nil
}

type goldenCase struct {
	Name            string
	Attrs           attrs
	Inputs          []packed
	Weights, Output packed
	First, Second   []packed
}

func (c goldenCase) title() string {
	title := fmt.Sprintf("%s %s %v", c.Name, c.Inputs[0].DType, c.Inputs[0].Shape)
	if len(c.Attrs) > 0 {
		title += fmt.Sprintf(" %v", c.Attrs)
	}
	return title
}

// forward computes a case.
func forward(t *testing.T, name string, a attrs, x []tensor.Tensor) tensor.Tensor {
	if a != nil {
		if y := more(name, a, x); y.Defined() {
			return y
		}
	}
	linear := func(i int) *nn.Linear {
		l := &nn.Linear{Weight: x[i]}
		if i+1 < len(x) {
			l.Bias = x[i+1]
		}
		return l
	}
	switch name {
	case "linear", "linear without bias":
		return linear(1).Forward(x[0])
	case "linear relu":
		return nn.Sequential{linear(1), &nn.ReLU{}}.Forward(x[0])
	case "sequential":
		return nn.Sequential{&nn.ReLU{}, linear(1), &nn.Tanh{}, linear(3)}.Forward(x[0])
	case "relu":
		return (&nn.ReLU{}).Forward(x[0])
	case "sigmoid":
		return (&nn.Sigmoid{}).Forward(x[0])
	case "tanh":
		return (&nn.Tanh{}).Forward(x[0])
	case "flatten":
		return (&nn.Flatten{}).Forward(x[0])
	}
	loss, word, _ := strings.Cut(name, " ")
	reduction := map[string]nn.Reduction{"mean": nn.Mean, "sum": nn.Sum, "none": nn.None}[word]
	switch loss {
	case "mse":
		return nn.MSELoss{Reduction: reduction}.Forward(x[0], x[1])
	case "bce":
		return nn.BCELoss{Reduction: reduction}.Forward(x[0], x[1])
	case "bce_with_logits":
		return nn.BCEWithLogitsLoss{Reduction: reduction}.Forward(x[0], x[1])
	case "cross_entropy":
		return nn.CrossEntropyLoss{Reduction: reduction}.Forward(x[0], x[1])
	}
	t.Fatalf("no case %q", name)
	return tensor.Tensor{}
}

// devices are one with fused kernels and one without.
var devices = map[string]tensor.Device{"cpu": tensor.CPU(), "async": devicetest.Async()}

func TestGolden(t *testing.T) {
	for _, file := range []string{"layers", "losses", "more_layers", "more_losses"} {
		var cases []goldenCase
		golden(t, file, &cases)
		for dev, d := range devices {
			for _, c := range cases {
				t.Run(dev+"/"+c.title(), func(t *testing.T) { c.run(t, d) })
			}
		}
	}
}

func (c goldenCase) run(t *testing.T, d tensor.Device) {
	var x, leaves []tensor.Tensor
	grads := c.First
	for _, p := range c.Inputs {
		x = append(x, p.on(d))
		if len(leaves) < len(grads) && x[len(x)-1].DType().IsFloat() {
			leaves = append(leaves, x[len(x)-1].SetRequiresGrad(true))
		}
	}
	const ulps = 32
	near := func(p packed, got tensor.Tensor, ulps float64) error {
		if c.Name == "LayerNorm" {
			ulps *= 4 // what is rounded in x − mean is multiplied where a row's numbers are close
		}
		if c.Attrs != nil {
			return p.near(got, ulps/2, p.largest())
		}
		return p.differs(got, ulps)
	}
	y := forward(t, c.Name, c.Attrs, x)
	if err := near(c.Output, y, ulps); err != nil {
		t.Fatalf("output: %v", err)
	}
	first := tensor.Gradient(y.Mul(c.Weights.on(d)).Sum(), leaves, true)
	var total tensor.Tensor
	for i, g := range first {
		if err := near(c.First[i], g, ulps); err != nil {
			t.Errorf("gradient %d: %v", i, err)
		}
		if sum := g.Square().Sum(); total.Defined() {
			total = total.Add(sum)
		} else {
			total = sum
		}
	}
	if c.Second == nil {
		return
	}
	var second []tensor.Tensor
	if total.NeedsGrad() {
		second = tensor.Gradient(total, leaves, false)
	}
	for i, p := range c.Second {
		g := leaves[i].NewZeros(p.Shape...)
		if second != nil && second[i].Defined() {
			g = second[i]
		}
		bound := 4.0 * ulps
		if (c.Name == "bce" || strings.HasPrefix(c.Name, "bce ")) && p.DType == "float64" {
			bound = 1e7 // PyTorch adds 1e-12 to squared denominators down to 1e-3
		}
		if err := near(p, g, bound); err != nil {
			t.Errorf("second gradient %d: %v", i, err)
		}
	}
}

func TestStreams(t *testing.T) {
	var want struct {
		Init []struct {
			Seed   uint64
			DType  string
			Bias   bool
			Layers []struct {
				In, Out      int
				Weight, Bias string
				First        float64
			}
		}
		Dropout []struct {
			P                float64
			Ones, X, Y, Grad packed
			Next             float64
		}
	}
	golden(t, "streams", &want)
	for _, c := range want.Init {
		g := rng.NewTorch(c.Seed)
		for _, w := range c.Layers {
			l := nn.LinearConfig{NoBias: !c.Bias, DType: dtypes[c.DType]}.New(g, w.In, w.Out)
			if got := l.Weight.At(0, 0); got != w.First {
				t.Errorf("seed %d %d→%d: the first weight is %v, want %v", c.Seed, w.In, w.Out, got, w.First)
			}
			if digest(l.Weight) != w.Weight || c.Bias && digest(l.Bias) != w.Bias {
				t.Errorf("seed %d %d→%d: weight or bias differ from PyTorch's", c.Seed, w.In, w.Out)
			}
			if l.Bias.Defined() != c.Bias {
				t.Errorf("bias: %v, want %v", l.Bias.Defined(), c.Bias)
			}
		}
	}
	for _, c := range want.Dropout {
		g := rng.NewTorch(9)
		l := nn.NewDropout(g, c.P)
		ones, x := l.Forward(c.Ones.ones()), c.X.on(tensor.CPU()).SetRequiresGrad(true)
		y := l.Forward(x)
		y.Sum().Backward()
		for _, r := range []struct {
			want packed
			got  tensor.Tensor
		}{{c.Ones, ones}, {c.Y, y}, {c.Grad, x.Grad()}} {
			if err := r.want.differs(r.got, 0); err != nil {
				t.Errorf("dropout %v %s: %v", c.P, c.X.DType, err)
			}
		}
		var o tensor.Options
		if next := o.Rand(g).Item(); next != c.Next {
			t.Errorf("dropout %v %s: the generator's next number is %v, want %v", c.P, c.X.DType, next, c.Next)
		}
		nn.Eval(l)
		if l.Forward(x) != x {
			t.Errorf("dropout %v: not the identity in evaluation", c.P)
		}
	}
}

func (p packed) ones() tensor.Tensor { return tensor.Options{DType: dtypes[p.DType]}.Ones(p.Shape...) }

func digest(t tensor.Tensor) string {
	sum := sha256.Sum256(t.Bytes())
	return hex.EncodeToString(sum[:])
}
