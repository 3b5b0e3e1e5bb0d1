// Package nn holds layers, losses, and what finds the parameters in a model.
//
// A model is a plain struct whose exported fields are layers, parameters (tensors), other models, or slices and string-keyed
// maps of those, and whose Forward method says how they work together:
//
//	type FourLayerNN struct{ FC1, FC2, FC3, FC4 *nn.Linear }
//
//	func (m *FourLayerNN) Forward(x tensor.Tensor) tensor.Tensor {
//		x = m.FC1.Forward(x).ReLU()
//		x = m.FC2.Forward(x).ReLU()
//		x = m.FC3.Forward(x).ReLU()
//		return m.FC4.Forward(x)
//	}
//
// [Parameters] walks such a struct and returns its parameters for an optimizer; [StateDict] returns them by name, as PyTorch
// names them, and [LoadStateDict] sets them. The names are the fields' names in snake case (FC1 gives "fc1.weight"), unless a tag
// says otherwise:
//
//	Query *nn.Linear    `nn:"q_proj"`  // another name
//	Mean  tensor.Tensor `nn:",buffer"` // saved with the parameters, but not trained
//	Last  tensor.Tensor `nn:"-"`       // no part of the model
//
// A tensor that is neither a buffer nor frozen is a parameter: an optimizer that gets it asks for its gradient, whether or not SetRequiresGrad
// was called.
//
// [Freeze] leaves a model, or a part of one, out of training; [Clone] copies one; [LoadPartialStateDict] takes what fits of another
// one's state. Layers draw their first values as PyTorch's do; package nn/init draws others.
//
// An unexported field that holds a layer or a tensor panics, since it would silently never be trained or saved.
//
// A layer with several inputs or results, such as attention or an LSTM, is a struct like any other: its Forward takes and returns what it
// likes, tensors, slices or structs of them, and ends with [ReportAll], so that [SummaryOf] and [TraceNaN] see it.
//
// A new layer or model is in training mode. [Eval] switches a model to evaluation and [Train] back; do so before goroutines share
// it. In evaluation mode one model may serve any number of goroutines.
package nn
