package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

func ExampleRange() {
	x := tensor.Options{DType: tensor.Int64}.Arange(0, 12, 1).Reshape(3, 4)
	fmt.Println(x.Index(tensor.All, tensor.Slice(1, 3)))               // x[:, 1:3]
	fmt.Println(x.Index(0, tensor.Slice(tensor.None, tensor.None, 2))) // x[0, ::2]
	fmt.Println(x.Index(-1, tensor.Slice(tensor.None, tensor.None, -1)))
	// Output:
	// tensor([[ 1,  2],
	//         [ 5,  6],
	//         [ 9, 10]])
	// tensor([0, 2])
	// tensor([11, 10,  9,  8])
}

func ExampleTensor_Index_brackets() {
	x := tensor.Options{DType: tensor.Int64}.Arange(0, 12, 1).Reshape(3, 4)
	fmt.Println(x.Index([]int{2, 0}, tensor.NewAxis, tensor.Slice(2, 4)))
	fmt.Println(x.Index(x.GreaterScalar(8)))
	fmt.Println(x.Index(tensor.Ellipsis, tensor.From([]int{3, 3})).Shape())
	// Output:
	// tensor([[[10, 11]],
	//
	//         [[ 2,  3]]])
	// tensor([ 9, 10, 11])
	// (3, 2)
}

func ExampleTensor_SetIndex() {
	x := tensor.Zeros(2, 4)
	x.SetIndex(tensor.From([]float32{1, 2}), 0, tensor.Slice(1, 3))
	x.SetIndex(tensor.Scalar(9), 1, []bool{true, false, false, true})
	fmt.Println(x)
	// Output:
	// tensor([[0., 1., 2., 0.],
	//         [9., 0., 0., 9.]])
}

func ExampleKeepDim() {
	x := tensor.From([]float32{1, 2, 3, 10, 20, 30}, 2, 3)
	fmt.Println(x.Sub(x.KeepDim().Mean(1)))
	// Output:
	// tensor([[ -1.,   0.,   1.],
	//         [-10.,   0.,  10.]])
}

// The words of two texts, of two words and of one, as one vector each.
func ExampleEmbeddingBag() {
	table := tensor.From([]float32{1, 10, 2, 20, 3, 30}, 3, 2)
	fmt.Println(tensor.EmbeddingBag(tensor.From([]int64{0, 2, 1}), table, []int{0, 2}, tensor.EmbeddingBagConfig{}))
	// Output:
	// tensor([[ 2., 20.],
	//         [ 2., 20.]])
}

func ExampleEmbeddingBagConfig() {
	table := tensor.From([]float32{1, 10, 2, 20, 3, 30}, 3, 2)
	weights := tensor.From([]float32{2, 0.5}, 1, 2)
	fmt.Println(tensor.EmbeddingBag(tensor.From([]int64{0, 2}, 1, 2), table, nil,
		tensor.EmbeddingBagConfig{Mode: tensor.BagSum, Weights: weights}))
	// Output: tensor([[ 3.5000, 35.0000]])
}

func ExampleBagMode() {
	table := tensor.From([]float32{1, 30, 2, 20}, 2, 2)
	c := tensor.EmbeddingBagConfig{Mode: tensor.BagMax}
	fmt.Println(c.Mode, tensor.EmbeddingBag(tensor.From([]int64{0, 1}, 1, 2), table, nil, c))
	// Output: max tensor([[ 2., 30.]])
}
