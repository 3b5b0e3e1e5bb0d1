// Serve measures works by name for compare.py: a name on a line of the input, a figure in JSON on a line of the output.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"

	"github.com/lamina-ml/lamina/bench"
	"github.com/lamina-ml/lamina/tensor"
)

func main() {
	threads := flag.Int("threads", 1, "how many threads to use")
	flag.Parse()
	tensor.SetThreads(*threads)
	works := map[string]bench.Work{}
	for _, w := range bench.Works() {
		works[w.Name] = w
	}
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		w, ok := works[in.Text()]
		if !ok {
			log.Fatalf("no work is called %q", in.Text())
		}
		if err := out.Encode(bench.Measure(w, 3, 60*time.Millisecond)); err != nil {
			log.Fatal(err)
		}
	}
}
