// Package data loads samples and collates them into batches: PyTorch's torch.utils.data.
//
// A [Dataset] is a map-style dataset with three methods; [NewTensorDataset] makes one from tensors. A [Loader]
// collates samples into batches, in order or shuffled, in the calling goroutine or in workers that read ahead. It
// owns the scope of a training step:
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
// [Subset], [RandomSplit] and [Concat] combine datasets. A [Sampler] or a [BatchSampler] sets the order. A [Stream]
// is an iterable-style dataset, whose samples have no index. A [Collator] builds whole batches (collate_fn). The
// packages idx, npy and image read file formats; package mnist embeds the MNIST data set, imageset reads others, and
// folder lists the pictures of a folder tree. Package vision transforms pictures.
//
// With the same seed the order of samples equals PyTorch's DataLoader. It does not depend on the number of workers.
package data
