package tensortest

var recurrentSections = []section{
	{"Recurrent layers", "", []line{
		{"one layer and direction of `torch.rnn_tanh`, `torch.rnn_relu`", "tensor.RNNLayer", ""},
		{"one layer and direction of `torch.lstm`", "tensor.LSTMLayer", ""},
		{"one layer and direction of `torch.gru`", "tensor.GRULayer", ""},
		{"their parameters", "tensor.RecurrentWeights", ""},
		{"their `batch_sizes`, the second of two directions", "tensor.Recurrence", ""},
	}},
}
