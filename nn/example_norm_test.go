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
	// (1, 2, 3, 4, 4) BatchNorm3d(2, eps=1e-05, momentum=0.1, affine=true, bias=true, track_running_stats=false)
}

func ExampleBatchNormConfig() {
	l := nn.BatchNormConfig{Cumulative: true, Activation: tensor.ReLU}.New2d(16)
	fmt.Println(l)
	// Output:
	// BatchNorm2d(16, eps=1e-05, momentum=none, affine=true, bias=true, track_running_stats=true)
}
