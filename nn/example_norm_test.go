package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A batch norm in training mode normalizes by the batch and follows its statistics; in evaluation mode it uses them.
func ExampleBatchNorm() {
	l := nn.NewBatchNorm1d(2)
	x := tensor.From([]float32{1, 10, 3, 30}, 2, 2)
	fmt.Println(l.Forward(x))
	fmt.Println(l.RunningMean, l.RunningVar, l.NumBatchesTracked)
	nn.Eval(l)
	fmt.Println(l.Forward(x))
	// Output:
	// tensor([[-1.0000, -1.0000],
	//         [ 1.0000,  1.0000]])
	// tensor([0.2000, 2.0000]) tensor([ 1.1000, 20.9000]) tensor(1)
	// tensor([[0.7628, 1.7499],
	//         [2.6697, 6.1247]])
}

func ExampleBatchNorm1d() {
	l := nn.NewBatchNorm1d(8)
	fmt.Println(l.Forward(tensor.Zeros(4, 8)).Shape(), l.Forward(tensor.Zeros(4, 8, 5)).Shape())
	// Output:
	// (4, 8) (4, 8, 5)
}

func ExampleBatchNorm2d() {
	g := rng.NewTorch(1)
	l := nn.NewBatchNorm2d(3)
	y := l.Forward(tensor.Options{}.Uniform(g, 0, 255, 4, 3, 8, 8))
	fmt.Printf("%v, standard deviation %.3f\n", y.Shape(), y.Std(0).Item())
	for _, t := range nn.StateDict(l) {
		fmt.Println(t.Name)
	}
	// Output:
	// (4, 3, 8, 8), standard deviation 1.000
	// weight
	// bias
	// running_mean
	// running_var
	// num_batches_tracked
}

func ExampleBatchNorm3d() {
	l := nn.BatchNormConfig{NoTracking: true}.New3d(2)
	fmt.Println(l.Forward(tensor.Ones(1, 2, 3, 4, 4)).Shape(), l)
	// Output:
	// (1, 2, 3, 4, 4) BatchNorm3d(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)
}

func ExampleBatchNormConfig() {
	l := nn.BatchNormConfig{Cumulative: true, Activation: tensor.ReLU}.New2d(16)
	fmt.Println(l)
	// Output:
	// BatchNorm2d(16, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=True)
}

func ExampleGroupNorm() {
	l := nn.NewGroupNorm(2, 4)
	fmt.Println(l.Forward(tensor.From([]float32{1, 3, 10, 30}, 1, 4)))
	fmt.Println(l)
	// Output:
	// tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
	// GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)
}

func ExampleGroupNormConfig() {
	fmt.Println(nn.GroupNormConfig{NoAffine: true}.New(2, 4))
	// Output:
	// GroupNorm(2, any, eps=1e-05, affine=False, bias=False)
}

func ExampleInstanceNorm() {
	l := nn.InstanceNormConfig{Affine: true, Tracking: true}.New2d(3)
	for _, t := range nn.StateDict(l) {
		fmt.Println(t.Name, t.Tensor)
	}
	// Output:
	// weight tensor([1., 1., 1.], requires grad)
	// bias tensor([0., 0., 0.], requires grad)
	// running_mean tensor([0., 0., 0.])
	// running_var tensor([1., 1., 1.])
	// num_batches_tracked tensor(0)
}

func ExampleInstanceNorm1d() {
	l := nn.NewInstanceNorm1d(2)
	fmt.Println(l.Forward(tensor.From([]float32{1, 3, 10, 30}, 2, 2)))
	// Output:
	// tensor([[-1.0000,  1.0000],
	//         [-1.0000,  1.0000]])
}

func ExampleInstanceNorm2d() {
	fmt.Println(nn.NewInstanceNorm2d(3).Forward(tensor.Ones(2, 3, 4, 4)).Shape())
	// Output:
	// (2, 3, 4, 4)
}

func ExampleInstanceNorm3d() {
	fmt.Println(nn.NewInstanceNorm3d(3))
	// Output:
	// InstanceNorm3d(any, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)
}

func ExampleInstanceNormConfig() {
	fmt.Println(nn.InstanceNormConfig{Affine: true}.New1d(3))
	// Output:
	// InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)
}

func ExampleLocalResponseNorm() {
	l := nn.NewLocalResponseNorm(2)
	l.Alpha = 1
	fmt.Println(l.Forward(tensor.From([]float32{1, 2, 3}, 1, 3, 1)))
	// Output:
	// tensor([[[0.7378],
	//          [0.7816],
	//          [0.6620]]])
}

// A dropped channel is 0 as a whole.
func ExampleDropout2d() {
	l := nn.NewDropout2d(rng.NewTorch(3), 0.5)
	fmt.Println(l.Forward(tensor.Ones(1, 4, 1, 2)))
	// Output:
	// tensor([[[[2., 2.]],
	//
	//          [[2., 2.]],
	//
	//          [[0., 0.]],
	//
	//          [[2., 2.]]]])
}

func ExampleDropout1d() {
	l := nn.NewDropout1d(rng.NewTorch(3), 0.5)
	fmt.Println(l.Forward(tensor.Ones(3, 2)))
	// Output:
	// tensor([[2., 2.],
	//         [2., 2.],
	//         [0., 0.]])
}

func ExampleDropout3d() {
	fmt.Println(nn.NewDropout3d(rng.NewTorch(1), 0.25))
	// Output:
	// Dropout3d(p=0.25)
}

func ExampleAlphaDropout() {
	l := nn.NewAlphaDropout(rng.NewTorch(1), 0.2)
	fmt.Println(l.Forward(tensor.Zeros(4)))
	nn.Eval(l)
	fmt.Println(l.Forward(tensor.Zeros(4)))
	// Output:
	// tensor([0.3090, 0.3090, 0.3090, 0.3090])
	// tensor([0., 0., 0., 0.])
}

func ExampleFeatureAlphaDropout() {
	fmt.Println(nn.NewFeatureAlphaDropout(rng.NewTorch(1), 0.2))
	// Output:
	// FeatureAlphaDropout(p=0.2)
}
