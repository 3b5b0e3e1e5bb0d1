package tensortest

var recurrentSections = []section{
	{"Recurrent layers, CTC, bags of embeddings", "", []line{
		{"one layer and direction of `torch.rnn_tanh`, `torch.rnn_relu`", "tensor.RNNLayer", ""},
		{"one layer and direction of `torch.lstm`", "tensor.LSTMLayer", ""},
		{"one layer and direction of `torch.gru`", "tensor.GRULayer", ""},
		{"their parameters", "tensor.RecurrentWeights", ""},
		{"their `batch_sizes`, the second of two directions", "tensor.Recurrence", ""},
		{"`nn.RNN`, `nn.LSTM`, `nn.GRU`", "nn.Recurrent nn.NewRNN nn.NewLSTM nn.NewGRU", "`y, h, c := lstm.Forward(x, h0, c0)`; the zero Tensor is None"},
		{"`nn.LSTM(in, hidden, num_layers=2, bidirectional=True, proj_size=8)`", "nn.RecurrentConfig",
			"`nn.RecurrentConfig{Layers: 2, Bidirectional: true, ProjSize: 8}.NewLSTM(g, in, hidden)`; nonlinearity='relu' is `ReLU`"},
		{"`lstm.weight_ih_l0`, `lstm.weight_hh_l1_reverse`", "nn.RecurrentLayers", "`lstm.Layers[0][0].WeightIH`, `lstm.Layers[1][1].WeightHH`; the keys are PyTorch's"},
		{"`nn.RNNCell`, `nn.LSTMCell`, `nn.GRUCell`", "nn.RecurrentCell nn.NewRNNCell nn.NewLSTMCell nn.NewGRUCell nn.RecurrentCellConfig", ""},
		{"`rnn.PackedSequence`", "nn.PackedSequence", "`y, h, c := lstm.ForwardPacked(p, h0, c0)`"},
		{"`rnn.pack_padded_sequence`", "nn.PackPaddedSequence nn.PackConfig nn.PackedSequence.Pack", "enforce_sorted=False is `NoEnforceSorted`; `p.Pack` reuses the memory of p"},
		{"`rnn.pack_sequence`", "nn.PackSequence", ""},
		{"`rnn.pad_packed_sequence`", "nn.PadPackedSequence", ""},
		{"`rnn.pad_sequence`", "nn.PadSequence nn.PadConfig", "padding_side='left' is `Left`"},
		{"`rnn.unpad_sequence`", "nn.UnpadSequence", ""},
		{"`rnn.unpack_sequence`", "nn.UnpackSequence", ""},
		{"`nn.EmbeddingBag`", "nn.NewEmbeddingBag nn.EmbeddingBagConfig", "offsets are a Go slice"},
		{"`F.embedding_bag(index, w, offsets)`", "tensor.EmbeddingBag tensor.EmbeddingBagConfig", "offsets are a Go slice"},
		{"`mode='mean'`, `'sum'`, `'max'`", "nn.BagMode nn.BagMean nn.BagSum nn.BagMax tensor.BagMode tensor.BagMean tensor.BagSum tensor.BagMax", ""},
		{"`nn.CTCLoss`", "nn.CTCLoss", "lengths are Go slices"},
		{"`F.ctc_loss(…, reduction='none')`", "tensor.CTCLoss", ""},
	}},
}
