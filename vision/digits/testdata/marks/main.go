// Marks draws photographs for some time and writes the marks that the reader finds in them, for train.py: for each mark its
// class, 0 to 10, and its 784 pixels, a byte each.
//
//	go run ./vision/digits/testdata/marks FILE SECONDS SEED
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/vision/digits"
)

func main() {
	d, err := mnist.Train()
	check(err)
	f, err := os.Create(os.Args[1])
	check(err)
	w := bufio.NewWriter(f)
	seconds, err := strconv.Atoi(os.Args[2])
	check(err)
	seed, err := strconv.ParseUint(os.Args[3], 10, 64)
	check(err)
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	written := []string{"mixed", "mixed, 2 digits", "mixed, 3 digits", "mixed, 4 digits", "pens"}
	empty := []string{"letters", "shapes", "letters", "only rules", "letters", "page of text", "shapes", "only noise", "blank"}
	draw := func(name string, i int) (digitphotos.Picture, []digits.Mark) {
		k, err := digitphotos.KindNamed(name)
		check(err)
		p := k.DrawSized(d, seed, i, 140, 240)
		return p, nil
	}
	put := func(m digits.Mark, class byte) {
		check(w.WriteByte(class))
		for _, v := range m.Pixels {
			check(w.WriteByte(byte(255*v + 0.5)))
		}
	}
	total := 0
	for i := 0; time.Now().Before(end); i++ {
		p, marks := draw(written[i%len(written)], i)
		if len(marks) == len(p.Number) { // else it is unknown which mark is which digit
			for j, m := range marks {
				put(m, p.Number[j]-'0')
			}
			total += len(marks)
		}
		_, marks = draw(empty[i%len(empty)], i)
		for _, m := range marks {
			put(m, digits.Classes)
		}
		total += len(marks)
	}
	check(w.Flush())
	fmt.Println(total, "marks")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
