package nn_test

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// poolLayers are the layers that compute over one, two or three dimensions, by that number, and how PyTorch prints them.
var poolLayers = []struct {
	dims  int
	layer nn.Module
	text  string
}{
	{1, nn.NewMaxPool1d(2), "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"},
	{2, nn.NewMaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"},
	{2, &nn.MaxPool2d{Kernel: []int{3}, Stride: []int{2}, Padding: []int{1}, CeilMode: true},
		"MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=True)"},
	{3, nn.NewMaxPool3d(2, 2, 1), "MaxPool3d(kernel_size=(2, 2, 1), stride=(2, 2, 1), padding=0, dilation=1, ceil_mode=False)"},
	{1, nn.NewAvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"},
	{2, nn.NewAvgPool2d(2, 3), "AvgPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0)"},
	{3, nn.NewAvgPool3d(2), "AvgPool3d(kernel_size=2, stride=2, padding=0)"},
	{1, nn.NewAdaptiveAvgPool1d(2), "AdaptiveAvgPool1d(output_size=2)"},
	{2, nn.NewAdaptiveAvgPool2d(1), "AdaptiveAvgPool2d(output_size=1)"},
	{3, nn.NewAdaptiveAvgPool3d(1, -1, 3), "AdaptiveAvgPool3d(output_size=(1, None, 3))"},
	{1, nn.NewAdaptiveMaxPool1d(2), "AdaptiveMaxPool1d(output_size=2)"},
	{2, nn.NewAdaptiveMaxPool2d(2), "AdaptiveMaxPool2d(output_size=2)"},
	{3, nn.NewAdaptiveMaxPool3d(2), "AdaptiveMaxPool3d(output_size=2)"},
	{1, nn.NewLPPool1d(2, 3), "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"},
	{2, &nn.LPPool2d{P: 2, Kernel: []int{3}, Stride: []int{2}}, "LPPool2d(norm_type=2, kernel_size=3, stride=2, ceil_mode=False)"},
	{3, nn.NewLPPool3d(2, 3), "LPPool3d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"},
	{1, nn.NewZeroPad1d(1), "ZeroPad1d((1, 1))"}, {2, nn.NewZeroPad2d(1, 2, 0, 3), "ZeroPad2d((1, 2, 0, 3))"},
	{3, nn.NewZeroPad3d(1), "ZeroPad3d((1, 1, 1, 1, 1, 1))"},
	{1, nn.NewConstantPad1d(2, 1), "ConstantPad1d(padding=(1, 1), value=2)"}, {2, nn.NewConstantPad2d(2.5, 1),
		"ConstantPad2d(padding=(1, 1, 1, 1), value=2.5)"},
	{3, nn.NewConstantPad3d(0, 1), "ConstantPad3d(padding=(1, 1, 1, 1, 1, 1), value=0)"},
	{1, nn.NewReflectionPad1d(2), "ReflectionPad1d((2, 2))"},
	{2, nn.NewReflectionPad2d(2), "ReflectionPad2d((2, 2, 2, 2))"}, {3, nn.NewReflectionPad3d(1), "ReflectionPad3d((1, 1, 1, 1, 1, 1))"},
	{1, nn.NewReplicationPad1d(2), "ReplicationPad1d((2, 2))"},
	{2, nn.NewReplicationPad2d(2), "ReplicationPad2d((2, 2, 2, 2))"},
	{3, nn.NewReplicationPad3d(1), "ReplicationPad3d((1, 1, 1, 1, 1, 1))"},
	{1, nn.NewCircularPad1d(2), "CircularPad1d((2, 2))"}, {2, nn.NewCircularPad2d(1), "CircularPad2d((1, 1, 1, 1))"},
	{3, nn.NewCircularPad3d(1), "CircularPad3d((1, 1, 1, 1, 1, 1))"},
}

// Layers report, print as PyTorch's, compute samples without a batch as batches of one, and name themselves in errors.
func TestPoolLayers(t *testing.T) {
	for _, l := range poolLayers {
		if got := l.layer.(interface{ String() string }).String(); got != l.text {
			t.Errorf("%T is printed as %s, want %s", l.layer, got, l.text)
		}
		s := tensor.NewScope(tensor.CPU())
		reports := 0
		s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
			if reports++; layer != any(l.layer) || len(inputs) != 1 || len(outputs) != 1 {
				t.Errorf("%s reports %v, %d inputs and %d outputs", l.text, layer, len(inputs), len(outputs))
			}
		})
		x := counted([]int{4, 6, 6, 6}[:l.dims+1]...)
		batch := l.layer.Forward(x.InScope(s))
		sample := l.layer.Forward(x.Squeeze(0).InScope(s))
		if reports != 2 {
			t.Errorf("%s reports %d times, want 2", l.text, reports)
		}
		if got, want := sample.Shape(), batch.Squeeze(0).Shape(); got != want || sample.Equal(batch.Squeeze(0)).All().Item() != 1 {
			t.Errorf("%s: a sample gives %v, a batch of it %v", l.text, got, want)
		}
		err := tensor.Try(func() { l.layer.Forward(tensor.Ones(3)) })
		if e, ok := err.(*tensor.Error); !ok || e.Layer != any(l.layer) || !strings.Contains(err.Error(), "the input must have") {
			t.Errorf("%s: the error for a vector is %v", l.text, err)
		}
	}
	err := tensor.Try(func() { (&nn.AdaptiveAvgPool2d{}).Forward(tensor.Ones(1, 2, 2)) })
	if err == nil || !strings.Contains(err.Error(), "the output sizes [] must be one number, or one for each of 2 dimensions") {
		t.Errorf("the error for missing sizes is %v", err)
	}
}

func TestUpsampleText(t *testing.T) {
	for want, l := range map[string]*nn.Upsample{
		"Upsample(scale_factor=2.0, mode='nearest')":         nn.NewUpsample(2),
		"Upsample(size=(3, 4), mode='bilinear')":             {Size: []int{3, 4}, Mode: "bilinear"},
		"Upsample(scale_factor=(1.25, 2.0), mode='nearest')": nn.NewUpsample(1.25, 2),
	} {
		if got := l.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestMaxUnpoolMistakes(t *testing.T) {
	y, index := nn.NewMaxPool2d(2).ForwardIndices(tensor.Ones(1, 1, 4, 6))
	for want, f := range map[string]func(){
		"max_unpool: a size of 7 is impossible: 3 to 5 are possible: (1, 1, 2, 3)":                func() { nn.NewMaxUnpool2d(2).Forward(y, index, 7, 6) },
		"max_unpool: the sizes [4] must be 2 numbers: (1, 1, 2, 3)":                               func() { nn.NewMaxUnpool2d(2).Forward(y, index, 4) },
		"max_unpool: kernel 0 and stride 0 must be positive: (1, 1, 2, 3)":                        func() { (&nn.MaxUnpool2d{}).Forward(y, index) },
		"max_unpool: [1 2 3] must have one number, or one for each of 2 dimensions: (1, 1, 2, 3)": func() { nn.NewMaxUnpool2d(1, 2, 3).Forward(y, index) },
		"max_unpool: the input must have 2 or 3 dimensions: (1, 1, 2, 3)":                         func() { nn.NewMaxUnpool1d(2).Forward(y, index) },
		"pad: the padding must be one number, or two for each padded dimension, not [1 2]":        func() { nn.NewZeroPad2d(1, 2).Forward(y) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
