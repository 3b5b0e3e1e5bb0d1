// Package data brings samples to a training loop in batches.
//
// A [Dataset] writes single samples into memory that it is given; [NewTensorDataset] makes one of tensors, and a type of one's
// own needs three methods. A [Loader] gathers samples into batches, in order or shuffled, in place or by workers that read
// ahead, and opens the scope that a training step lives in:
//
//	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: g})
//	for epoch := range 20 {
//		for batch := range loader.Batches() {
//			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
//			…
//		}
//		if err := loader.Err(); err != nil {
//			return err
//		}
//	}
//
// [Subset], [RandomSplit] and [Concat] make datasets of datasets; a [Sampler] or a [BatchSampler] changes the order; a [Stream] has
// samples without numbers; a [Collator] puts whole batches together. The folders below read file formats: idx, npy, image; mnist
// carries a data set.
//
// With the same seed the order of samples is that of PyTorch's DataLoader, and it does not depend on the number of workers.
package data
