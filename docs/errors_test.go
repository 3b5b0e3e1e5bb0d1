package docs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/npy"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func Example_try() {
	err := tensor.Try(func() { tensor.Zeros(32, 784).MatMul(tensor.Zeros(768, 10)) })

	var mistake *tensor.Error
	fmt.Println(errors.As(err, &mistake), mistake.Op, mistake.Shapes)
	fmt.Println(err)
	// Output:
	// true matmul [(32, 784) (768, 10)]
	// matmul: inner dimensions differ: (32, 784) × (768, 10)
}

func Example_whereInTheModel() {
	model := NewNet(rng.NewTorch(42)) // it takes (N, 784)
	err := tensor.Try(func() { model.Forward(tensor.Zeros(32, 28, 28)) })
	fmt.Println(nn.Locate(model, err))
	// Output: linear: the input's last dimension is not the weight's: (32, 28, 28) × (128, 784), in model.hidden1
}

func Example_errorBroadcast() {
	fmt.Println(tensor.Try(func() { tensor.Zeros(32, 10).Add(tensor.Zeros(32)) }))
	// Output: add: shapes do not broadcast: (32, 10) × (32,)
}

func Example_errorReshape() {
	fmt.Println(tensor.Try(func() { tensor.Zeros(32, 28, 28).Reshape(32, 700) }))
	// Output: reshape: the number of elements differs: (32, 28, 28) × (32, 700)
}

func Example_errorType() {
	layer := nn.NewLinear(rng.NewTorch(42), 2, 3)
	x := tensor.From([]float64{1, 2}) // a Go float64 makes a float64 tensor
	fmt.Println(tensor.Try(func() { layer.Forward(x) }))
	fmt.Println(layer.Forward(x.Cast(tensor.Float32)).Shape())
	// Output:
	// linear: the input is float64, the weight float32: (2,) × (3, 2)
	// (3,)
}

func Example_errorClass() {
	scores := tensor.Zeros(3, 10)
	fmt.Println(tensor.Try(func() { nn.CrossEntropy(scores, tensor.From([]int64{1, 10, 2})) }))
	fmt.Println(tensor.Try(func() { nn.CrossEntropy(scores, tensor.From([]float32{1, 9, 2})) }))
	// Output:
	// cross_entropy: target 10 of row 1 is not one of 10 classes, 0 to 9: (3, 10) × (3,)
	// cross_entropy: the targets must be int64 class numbers, not float32: (3, 10) × (3,)
}

func Example_errorStepEnded() {
	x := tensor.From([]float32{1, 2, 3, 4}, 4, 1)
	loader := data.NewLoader(data.NewTensorDataset(x), data.LoaderConfig{BatchSize: 2})

	var last tensor.Tensor
	for batch := range loader.Batches() {
		last = batch.X.Mean()
	}
	fmt.Println(tensor.Try(func() { last.Item() }))
	// Output: tensor: used after its step ended: its scope was recycled (a loader does that when it returns the next batch); call Keep to use a tensor after its step
}

func Example_errorNoTensor() {
	model := &Net{Hidden1: nn.NewLinear(rng.NewTorch(42), 784, 128)} // without Hidden2 and Out
	err := tensor.Try(func() { model.Forward(tensor.Zeros(1, 784)) })
	fmt.Println(nn.Locate(model, err))

	layer := &nn.Linear{} // nn.NewLinear creates the weights
	fmt.Println(tensor.Try(func() { layer.Forward(tensor.Zeros(1, 2)) }))
	fmt.Println(tensor.Try(func() { layer.Bias.Sum() }))
	// Output:
	// linear: the layer is nil: create a *nn.Linear, in model.hidden2 or model.out
	// linear: the layer's weight is no tensor: create the layer with its New function
	// tensor: there is no tensor: this is the zero value of tensor.Tensor
}

func Example_errorNoScalar() {
	w := tensor.Ones(3).SetRequiresGrad(true)
	fmt.Println(tensor.Try(func() { w.Square().Backward() }))
	// Output: backward: gradients start from a single number; take a sum or mean first: (3,)
}

func Example_errorNothingToLearn() {
	w := tensor.Ones(3) // SetRequiresGrad is missing
	fmt.Println(tensor.Try(func() { w.Square().Sum().Backward() }))
	// Output: backward: this tensor depends on no tensor that requires a gradient, or was computed without recording: ()
}

func Example_errorInPlace() {
	w := tensor.Ones(3).SetRequiresGrad(true)
	fmt.Println(tensor.Try(func() { w.MulScalarInPlace(0.5) }))
	fmt.Println(tensor.Try(func() { w.Square().MulScalarInPlace(0.5) }))
	w.Data().MulScalarInPlace(0.5) // not recorded
	fmt.Println(w.Float32s())
	// Output:
	// mul_: the tensor requires a gradient; change it through Data(): (3,)
	// mul_: the tensor was computed by a recorded op; an in-place write would make its gradient wrong: (3,)
	// [0.5 0.5 0.5]
}

func Example_errorSecondBackward() {
	w := tensor.Ones(3).SetRequiresGrad(true)
	opt := optim.NewSGD([]tensor.Tensor{w}, optim.SGDConfig{LR: 0.1})
	loss := w.Square().Sum()
	loss.Backward()
	opt.Step()                                          // changes w, which the gradient needs
	fmt.Println(tensor.Try(func() { loss.Backward() })) // compute the loss again instead
	// Output: backward: a tensor that the gradient needs was changed in place after it was used (an optimizer's step between two backward passes does that): (3,)
}

func Example_errorMixedScopes() {
	step := tensor.NewScope(tensor.CPU())
	evaluation := tensor.NewScope(tensor.CPU())
	evaluation.SetRecording(false)
	a, b := tensor.Ones(2).InScope(step), tensor.Ones(2).InScope(evaluation)
	fmt.Println(tensor.Try(func() { a.Add(b) }))
	// Output: add: one input belongs to a scope that records and the other to one that does not: compute with a batch of evaluation inside NoGrad, or Keep what is to be used later
}

// hidden has a layer in an unexported field.
type hidden struct{ fc *nn.Linear }

func (m *hidden) Forward(x tensor.Tensor) tensor.Tensor { return m.fc.Forward(x) }

func Example_errorUnexported() {
	model := &hidden{fc: nn.NewLinear(rng.NewTorch(0), 2, 2)}
	fmt.Println(tensor.Try(func() { nn.Parameters(model) }))
	// Output: model: docs.hidden has the unexported field fc, which holds a *nn.Linear: it would never be trained or saved; export the field, or tag it nn:"-" if that is meant
}

func Example_errorOptimizer() {
	w := tensor.Ones(3).SetRequiresGrad(true)
	fmt.Println(tensor.Try(func() { optim.NewSGD([]tensor.Tensor{w.MulScalar(2)}, optim.SGDConfig{}) }))
	// Output: SGD: parameter 0 is not a leaf on the heap but the result of an operation: (3,)
}

func Example_errorLoader() {
	set := data.NewTensorDataset(tensor.Zeros(10, 2))
	fmt.Println(tensor.Try(func() { data.NewLoader(set, data.LoaderConfig{Shuffle: true}) }))
	// Output: data.NewLoader: Shuffle needs a random number generator: set RNG
}

func Example_errorStateDict() {
	type net struct{ FC1, FC2 *nn.Linear }
	g := rng.NewTorch(0)
	saved := nn.StateDict(&net{nn.NewLinear(g, 784, 128), nn.NewLinear(g, 128, 10)})
	model := &net{nn.NewLinear(g, 784, 64), nn.NewLinear(g, 64, 10)}
	fmt.Println(nn.LoadStateDict(model, saved))
	// Output: the state dict does not fit the model; of another shape: fc1.weight is (128, 784) in the dict and (64, 784) in the model, fc1.bias is (128,) in the dict and (64,) in the model, fc2.weight is (10, 128) in the dict and (10, 64) in the model
}

func Example_errorFiles() {
	_, err := safetensors.Load("no such file.safetensors")
	fmt.Println(errors.Is(err, os.ErrNotExist))

	_, err = npy.Read(strings.NewReader("not an array"))
	var format *npy.FormatError
	fmt.Println(errors.As(err, &format), format.Msg)
	// Output:
	// true
	// true magic number 6e 6f 74 20 61 6e, want 93 4e 55 4d 50 59
}

func Example_errorDevice() {
	_, err := tensor.OpenDevice("tpu")
	fmt.Println(err)
	// Output: no device "tpu" in this program (it has: cpu)
}

func Example_errorSample() {
	set := &broken{}
	loader := data.NewLoader(set, data.LoaderConfig{BatchSize: 2})
	batches := 0
	for range loader.Batches() {
		batches++
	}
	fmt.Println(batches, "batches, then:", loader.Err())
	// Output: 1 batches, then: data: sample 3: photo-0003.png: unexpected EOF
}

// broken is a dataset of 6 samples whose fourth cannot be read.
type broken struct{}

func (*broken) Len() int { return 6 }
func (*broken) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(1)}}
}
func (*broken) Read(i int, s *data.Sample) error {
	if i == 3 {
		return errors.New("photo-0003.png: unexpected EOF")
	}
	s.Float32(0)[0] = float32(i)
	return nil
}

func Example_errorNaN() {
	model := NewNet(rng.NewTorch(42))
	model.Hidden2.Bias.Data().FillInPlace(math.Inf(1)) // as after too large steps
	fmt.Println(nn.TraceNaN(model, tensor.Ones(1, 784)))

	set := data.NewTensorDataset(tensor.Ones(4, 784), tensor.From([]int64{0, 1, 2, 3}))
	_, err := train.Fit(context.Background(), model, train.Config{
		Train:     data.NewLoader(set, data.LoaderConfig{BatchSize: 2}),
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{}),
		Loss:      nn.CrossEntropyLoss{},
		Epochs:    1,
	})
	fmt.Println(err)
	// Output:
	// the output of model.hidden2 is not finite; neither is its parameter bias
	// train: epoch 1, step 1: the loss is NaN: the output of model.hidden2 is not finite; neither is its parameter bias
}
