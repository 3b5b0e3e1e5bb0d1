// Draw writes the pictures with which the reader of digits is tested as PNG files, so that people can look at them.
//
//	go run ./internal/digitphotos/draw -kind mixed -n 20 -out pictures
package main

import (
	"flag"
	"fmt"
	"image/png"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
)

func main() {
	kind := flag.String("kind", "", "the kind of pictures; all kinds without it")
	n := flag.Int("n", 5, "pictures of each kind")
	seed := flag.Uint64("seed", 1, "seed of the random numbers")
	part := flag.String("digits", "train", "train or test: the MNIST digits to draw")
	out := flag.String("out", "pictures", "folder for the files")
	flag.Parse()
	read := mnist.Train
	if *part == "test" {
		read = mnist.Test
	}
	d, err := read()
	check(err)
	kinds := digitphotos.Kinds
	if *kind != "" {
		k, err := digitphotos.KindNamed(*kind)
		check(err)
		kinds = []digitphotos.Kind{k}
	}
	check(os.MkdirAll(*out, 0o777))
	for _, k := range kinds {
		for i := range *n {
			p := k.Draw(d, *seed, i)
			name := strings.NewReplacer(" ", "-", ",", "", ".jpg", "").Replace(k.Name)
			f, err := os.Create(filepath.Join(*out, fmt.Sprintf("%s-%03d-%s.png", name, i, p.Number)))
			check(err)
			check(png.Encode(f, p.Image))
			check(f.Close())
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
