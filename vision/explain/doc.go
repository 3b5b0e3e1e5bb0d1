// Package explain computes what shows how a network sees an image: the feature maps of its layers, its filters, and
// maps of the pixels that a class's score depends on. Its results are tensors; package plots draws them.
//
//	x := tensor.From(pixels, 1, 1, 28, 28)
//	for _, layer := range explain.FeatureMaps(model, x) {
//		fmt.Println(layer.Path, layer.Type, layer.Output.Shape())
//	}
//	heat := explain.GradCAM(model, x, 6, explain.GradCAMConfig{})
//
// The functions put the model into evaluation mode and leave it there, as train.Predict does. The gradients of the
// model's parameters do not change. A score is an element of the model's result (N, classes), before any softmax. The
// functions panic with a *tensor.Error for a class that the model does not have and for inputs that it does not take.
package explain
