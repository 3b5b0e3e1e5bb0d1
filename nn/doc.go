// Package nn provides layers, losses, and functions that find the parameters of a model.
//
// A model is a plain struct whose exported fields are layers, parameters (tensors), other models, or slices and
// string-keyed maps of those. Its Forward method computes the output:
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
// [Parameters] walks such a struct and returns its parameters for an optimizer; [StateDict] returns them by name, as
// PyTorch names them, and [LoadStateDict] sets them. The names are the fields' names in snake case (FC1 gives
// "fc1.weight"), unless a tag says otherwise:
//
//	Query *nn.Linear    `nn:"q_proj"`  // another name
//	Mean  tensor.Tensor `nn:",buffer"` // saved with the parameters, not trained
//	Last  tensor.Tensor `nn:"-"`       // not part of the model
//	Inner *Block        `nn:",inline"` // its fields, or the elements of a slice, have the names that they would have in this struct
//
// A tensor that is neither a buffer nor frozen is a parameter. An optimizer calls SetRequiresGrad(true) on each
// parameter that it is given, so a model need not.
//
// [Freeze] excludes a model or a part of it from training. [Clone] copies a model. [LoadPartialStateDict] loads the
// matching part of another model's state. Layers initialize their parameters with the same values as PyTorch; package
// nn/init has other initializations. safetensors.SaveModel and safetensors.LoadModel write and read a model's state
// in one call.
//
// An unexported field that holds a layer or a tensor panics, because it would never be trained or saved.
//
// A layer with several inputs or results, such as attention or an LSTM, is also a struct. Its Forward takes and
// returns any number of tensors, slices or structs of tensors, and ends with [ReportAll], so that [SummaryOf] and
// [TraceNaN] see it.
//
// A new layer or model is in training mode. [Eval] switches a model to evaluation mode and [Train] back to training
// mode. Do this before goroutines share the model. In evaluation mode, any number of goroutines may use one model.
package nn
