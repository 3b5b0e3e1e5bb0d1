// Command generate benchmarks a language model that writes, against llama.cpp and transformers.
//
//	go build -o /tmp/generate ./bench/generate
//	taskset -c 0 /tmp/generate -model FILE.gguf [-python python3] [-threads 1] [-rounds 9] [-tokens 64]
//
// It starts Python with llama-cpp-python, torch, transformers and gguf (peer.py) in a process. Lamina with two
// precisions, llama.cpp and transformers write in turn, A B C D A B C D, always the most probable token after the same
// prompt. Lamina and llama.cpp compute with the file's weights, transformers with float32. A row shows the median of
// the tokens per second, the median ratio of this rate to each peer's, and how many tokens equal those of transformers
// before the first that differs.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/bench/internal/python"
	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/task/writing"
	"github.com/lamina-ml/lamina/tensor"
)

var (
	interpreter = flag.String("python", "python3", "Python with llama-cpp-python, torch, transformers and gguf")
	file        = flag.String("model", "", "the GGUF file")
	threads     = flag.Int("threads", 1, "threads of each")
	rounds      = flag.Int("rounds", 9, "rounds of A B C D")
	tokens      = flag.Int("tokens", 64, "tokens to write")
)

//go:embed peer.py
var peerProgram string

func main() {
	log.SetFlags(0)
	flag.Parse()
	runtime.GOMAXPROCS(*threads)
	tensor.SetThreads(*threads)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	path, err := filepath.Abs(*file)
	if err != nil {
		return err
	}
	w, err := writing.Open(path, tensor.CPU())
	if err != nil {
		return err
	}
	prompt := w.Tokenizer.Encode("The capital of France is").IDs
	p, err := python.Start(*interpreter, peerProgram)
	if err != nil {
		return err
	}
	if _, err := p.Ask("load %d %s", *threads, path); err != nil {
		return err
	}
	const llama, transformers = "llama.cpp", "transformers"
	rates := map[string][]float64{}
	equal := map[string]int{}        // tokens before the first that differs from transformers'
	for round := range *rounds + 1 { // the first fills caches, and does not count
		var first map[string][]int32
		if round == 0 {
			first = map[string][]int32{}
		}
		note := func(name string, seconds float64, out []int32) {
			if round == 0 {
				first[name] = out
				return
			}
			rates[name] = append(rates[name], float64(*tokens)/seconds)
		}
		for _, precision := range precisions {
			start := time.Now()
			out, err := generate.Batch(w.Model, [][]int32{prompt}, generate.Config{MaxTokens: *tokens, Precision: precision})
			if err != nil {
				return err
			}
			note("Lamina, "+precision.String(), time.Since(start).Seconds(), out[0])
		}
		for _, name := range []string{llama, transformers} {
			seconds, out, err := write(p, name, prompt)
			if err != nil {
				return err
			}
			note(name, seconds, out)
		}
		for name, out := range first {
			equal[name] = commonPrefix(out, first[transformers])
		}
	}
	fmt.Printf("%s, %d threads, %d tokens, %d rounds\n", filepath.Base(path), *threads, *tokens, *rounds)
	fmt.Printf("%-16s %9s %10s %13s %13s\n", "", "tokens/s", llama, transformers, "equal tokens")
	for _, name := range slices.Sorted(maps.Keys(rates)) {
		fmt.Printf("%-16s %9.1f %10.2f %13.2f %13d\n", name, median(rates[name]), ratio(rates[name], rates[llama]),
			ratio(rates[name], rates[transformers]), equal[name])
	}
	return nil
}

// precisions are those of Lamina's products: with float32 activations, or activations of 8 bits as llama.cpp's.
var precisions = []tensor.Precision{tensor.Highest, tensor.Medium}

// ratio returns the median over the rounds of a's rate divided by b's.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range a {
		r = append(r, a[i]/b[i])
	}
	return median(r)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

func commonPrefix(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// write lets a peer write, and returns how long it took and the tokens.
func write(p *python.Process, name string, prompt []int32) (seconds float64, out []int32, err error) {
	answer, err := p.Ask("%s %d %s", name, *tokens, strings.Trim(fmt.Sprint(prompt), "[]"))
	if err != nil {
		return 0, nil, err
	}
	if len(answer) != 1+*tokens {
		return 0, nil, fmt.Errorf("%s wrote %d tokens, want %d", name, len(answer)-1, *tokens)
	}
	for _, id := range answer[1:] {
		out = append(out, int32(id))
	}
	return answer[0], out, nil
}
