package imageset_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/imageset"
	"github.com/lamina-ml/lamina/vision"
)

// The usual augmentation of CIFAR-10. Here a small file stands in for the real ones.
func ExampleSet() {
	dir, err := os.MkdirTemp("", "cifar")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	records := strings.Repeat("\x05"+strings.Repeat("\x80", 3072), 8) // eight gray dogs
	if err := os.WriteFile(filepath.Join(dir, "test_batch.bin"), []byte(records), 0o600); err != nil {
		log.Fatal(err)
	}

	set, err := imageset.CIFAR10(dir, imageset.Test)
	if err != nil {
		log.Fatal(err)
	}
	ds, err := vision.NewDataset(set, vision.Compose{
		vision.RandomCrop{Size: 32, Padding: vision.Padding{4, 4, 4, 4}},
		vision.RandomHorizontalFlip{},
		vision.Normalize{Mean: []float32{0.4914, 0.4822, 0.4465}, Std: []float32{0.2470, 0.2435, 0.2616}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for batch := range data.NewLoader(ds, data.LoaderConfig{BatchSize: 8, Workers: 2}).Batches() {
		fmt.Println(batch.X.Shape(), set.Classes[batch.Y.Int64s()[0]])
	}
	// Output: (8, 3, 32, 32) dog
}

func ExamplePart() {
	_, err := imageset.FashionMNIST(".", imageset.Test)
	fmt.Println(err)
	// Output: imageset: Fashion-MNIST needs the file t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz in . or in FashionMNIST/raw: people get it from https://github.com/zalandoresearch/fashion-mnist or the Debian package dataset-fashion-mnist: file does not exist
}
