package imageset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// CIFAR10 reads the binary version of CIFAR-10 in dir: 50,000 training and 10,000 test photographs, (3, 32, 32), in 10
// classes. (Krizhevsky, "Learning multiple layers of features from tiny images", 2009)
//
// The files are data_batch_1.bin to data_batch_5.bin and test_batch.bin, in dir or in cifar-10-batches-bin below it.
// The Python version, which consists of pickles, is not read.
func CIFAR10(dir string, part Part) (*Set, error) {
	c := cifar{name: "CIFAR-10", dir: dir, below: "cifar-10-batches-bin", archive: "cifar-10-binary.tar.gz",
		python: "cifar-10-batches-py", labels: 1, classes: cifar10Classes}
	if part == Test {
		return c.open("test_batch.bin")
	}
	return c.open("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin")
}

// CIFAR100 reads the binary version of CIFAR-100 in dir: 50,000 training and 10,000 test photographs, (3, 32, 32), in
// 100 classes (the "fine" labels). The files are train.bin and test.bin, in dir or in cifar-100-binary below it.
func CIFAR100(dir string, part Part) (*Set, error) {
	c := cifar{name: "CIFAR-100", dir: dir, below: "cifar-100-binary", archive: "cifar-100-binary.tar.gz",
		python: "cifar-100-python", labels: 2, classes: cifar100Classes}
	return c.open(part.String() + ".bin")
}

// cifar describes a set in CIFAR's binary format: records of one or two labels, of which the last one counts, and 3072
// pixels.
type cifar struct {
	name, dir, below, archive, python string
	labels                            int
	classes                           []string
}

func (c cifar) open(names ...string) (*Set, error) {
	const pixels, records = 3 * 32 * 32, 50000
	s := &Set{C: 3, H: 32, W: 32, Classes: c.classes}
	size := c.labels + pixels
	for _, name := range names {
		path, err := find(c.dir, c.below, name)
		if err != nil {
			return nil, c.missing(name, err)
		}
		content, err := readAll(path, records*size)
		if err != nil {
			return nil, fmt.Errorf("imageset: %w", err)
		}
		if len(content) == 0 || len(content)%size != 0 {
			return nil, fmt.Errorf("imageset: %s: %d bytes, want records of %d bytes, as the binary version of %s has",
				path, len(content), size, c.name)
		}
		for i := 0; len(content) > 0; i, content = i+1, content[size:] {
			label := content[c.labels-1]
			if int(label) >= len(c.classes) {
				return nil, fmt.Errorf("imageset: %s: label %d of image %d, want 0 to %d", path, label, i,
					len(c.classes)-1)
			}
			s.Labels = append(s.Labels, label)
			s.Pixels = append(s.Pixels, content[c.labels:size]...)
		}
	}
	return s, nil
}

// missing returns the error for a file that is not there, with a hint if another version is.
func (c cifar) missing(name string, err error) error {
	err = missing(c.name, c.dir, c.below, name,
		"https://www.cs.toronto.edu/~kriz/cifar.html (binary version, "+c.archive+")", err)
	if there(c.dir, c.archive) {
		return fmt.Errorf("%w; unpack %s, which is there", err, c.archive)
	}
	if there(c.dir, c.python) || there(c.dir, "batches.meta") || there(c.dir, "meta") {
		return fmt.Errorf("%w; the Python version, which is there, is not read", err)
	}
	return err
}

func there(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// readAll reads a file of at most limit bytes.
func readAll(path string, limit int) ([]byte, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(content) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes", path, limit)
	}
	return slices.Clip(content), nil
}

var cifar10Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

var cifar100Classes = []string{
	"apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy", "bridge", "bus",
	"butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab",
	"crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
	"lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom",
	"oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
	"possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail",
	"snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger",
	"tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
}
