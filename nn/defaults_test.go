package nn_test

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// TestZero sets settings to 0 whose zero value means another default.
func TestZero(t *testing.T) {
	x := tensor.From([]float64{-2, 0.5, 30}, 1, 3)
	zeros := x.ZerosLike()
	signs := tensor.From([]float64{-1, -1, -1}, 1, 3)
	class := tensor.From([]int{2})
	const z = nn.Zero
	for name, c := range map[string]struct{ got, want tensor.Tensor }{
		"LeakyReLU":          {(&nn.LeakyReLU{NegativeSlope: z}).Forward(x), x.ReLU()},
		"ELU":                {(&nn.ELU{Alpha: z}).Forward(x), x.ReLU()},
		"Softplus threshold": {(&nn.Softplus{Threshold: z}).Forward(x).Index(0, tensor.Slice(1, 3)), tensor.From([]float64{0.5, 30})},
		"Hardshrink":         {(&nn.Hardshrink{Lambda: z}).Forward(x), x},
		"Hardtanh min":       {(&nn.Hardtanh{Min: z, Max: 6}).Forward(x), x.Clamp(0, 6)},
		"Hardtanh max":       {(&nn.Hardtanh{Max: z}).Forward(x), x.Clamp(-1, 0)},
		"Hardtanh":           {(&nn.Hardtanh{Max: 6}).Forward(x), x.Clamp(-1, 6)},
		"LayerNorm": {(&nn.LayerNorm{Shape: tensor.ShapeOf(3), Eps: z}).Forward(x),
			x.Sub(x.KeepDim().Mean(-1)).Div(x.KeepDim().Std(0, -1))},
		"RMSNorm":           {(&nn.RMSNorm{Shape: tensor.ShapeOf(3), Eps: z}).Forward(x), x.Div(x.Square().KeepDim().Mean(-1).Sqrt())},
		"SmoothL1":          {nn.SmoothL1Loss{Beta: z}.Forward(x, zeros), nn.L1(x, zeros)},
		"HingeEmbedding":    {nn.HingeEmbeddingLoss{Margin: z}.Forward(x, signs), x.Neg().ReLU().Mean()},
		"MultiMargin":       {nn.MultiMarginLoss{Margin: z}.Forward(x, class), tensor.Scalar(0.0)},
		"TripletMargin eps": {nn.TripletMarginLoss{Eps: z}.Forward(x, x, x), tensor.Scalar(1.0)},
	} {
		if msg := fmt.Sprint(c.got.Sub(c.want).Abs().Max().LessScalar(1e-12)); msg != "tensor(true)" {
			t.Errorf("%s with 0: %v, want %v", name, c.got, c.want)
		}
	}
	if s := fmt.Sprint(&nn.LeakyReLU{NegativeSlope: z}, &nn.RMSNorm{Shape: tensor.ShapeOf(3), Eps: z}); s !=
		"LeakyReLU(negative_slope=0) RMSNorm((3,), eps=0, elementwise_affine=False)" {
		t.Errorf("layers print as %s", s)
	}
}
