package tensor_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestStringGolden prints tensors as PyTorch prints them, but for the shape behind those that are summarised.
func TestStringGolden(t *testing.T) {
	var cases []struct {
		DType  string
		Shape  []int
		Values []any
		Over   float64
		Text   string
	}
	b, err := os.ReadFile("../testdata/torch/format.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		o := tensor.Options{}
		if c.DType == "int64" {
			o.DType = tensor.Int64
		}
		n := tensor.ShapeOf(c.Shape...).Size()
		values := make([]float64, n)
		for i := range values {
			switch {
			case c.Values == nil:
				values[i] = float64(float32(i) / float32(c.Over))
			default:
				values[i] = map[any]float64{"nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1)}[c.Values[i]]
				if v, ok := c.Values[i].(float64); ok {
					values[i] = v
				}
			}
		}
		got := tensor.FromAs(o, values, n).Reshape(c.Shape...).String()
		if n > 1000 {
			body, shape, found := strings.Cut(strings.TrimSuffix(got, ")"), "shape=")
			if !found || shape != tensor.ShapeOf(c.Shape...).String() {
				t.Errorf("a summary without its shape: %s", got)
			}
			got = strings.TrimSuffix(strings.TrimRight(body, " \n"), ",") + ")"
		}
		if got != c.Text {
			t.Errorf("got %s\nwant %s", got, c.Text)
		}
	}
	for want, x := range map[string]tensor.Tensor{
		"tensor([1.5000], dtype=float64)":              tensor.From([]float64{1.5}),
		"tensor([], shape=(2, 0))":                     tensor.Zeros(2, 0),
		"tensor([1., 1.], requires grad)":              tensor.Ones(2).SetRequiresGrad(true),
		"tensor([ true, false])":                       tensor.FromBools([]bool{true, false}),
		"tensor([1, 1, 1], dtype=uint8)":               tensor.Options{DType: tensor.Uint8}.Ones(3),
		"no tensor":                                    {},
		"0., 0., 0., 0., 0.],\n       dtype=bfloat16)": tensor.Options{DType: tensor.BFloat16}.Zeros(17),
	} {
		if got := x.String(); !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want …%s", got, want)
		}
	}
}
