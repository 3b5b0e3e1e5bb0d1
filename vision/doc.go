// Package vision transforms images for training and prediction: torchvision.transforms.v2.
//
// A [Transform] changes an [Image] in place, and [Compose] applies several:
//
//	augment := vision.Compose{
//		vision.RandomAffine{Degrees: vision.Range{-10, 10}, Translate: [2]float64{0.1, 0.1}},
//		vision.Normalize{Mean: []float32{0.1307}, Std: []float32{0.3081}},
//	}
//	ds, err := vision.NewDataset(source, augment)
//
// A [Dataset] reads the pictures of a [Source], such as package data/folder's, and transforms them, in the loader's
// workers. [From] makes a source of any dataset of images, such as package data/mnist's. [ContactSheet] shows what the
// transforms do. [Batch] applies a transform to a tensor. [MixUp] and [CutMix] mix the samples of a batch.
// [Encode] writes transforms as JSON, and [Decode] reads them.
//
// A transform is a struct of settings with torchvision's names; the zero value of a setting is torchvision's default.
// Images are float32 with values from 0 to 1, as torchvision's images are after ToDtype(torch.float32, scale=True), and
// the results of resizing, cropping, warping and of changes of colors equal those of torchvision for such tensors to
// rounding. Random settings are drawn from torchvision's distributions; the numbers come from a stream that depends on
// (seed, epoch, index of the sample), so any number of workers gives the same pixels.
//
// Transforms panic with a *tensor.Error for wrong settings, for an image that they cannot change, and for a result of
// more than 64 million pixels. They allocate nothing once an image's memory has grown.
package vision
