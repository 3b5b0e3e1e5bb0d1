// Command text benchmarks tokenizers against PyPI tokenizers, which is written in Rust.
//
//	go build -o /tmp/text ./bench/text && taskset -c 0 /tmp/text -text FILE [-python python3] [-tokenizers a.json,b.json] [-rounds 9]
//
// It starts Python with tokenizers (peer.py) in a process, compares the ids of the text, and
// alternates the timings, A B A B, on one thread: the ids of the text, the ids of its lines one by one, and the text
// with tokens and offsets. Without -tokenizers it trains a byte-level BPE tokenizer on the text. A row shows the best
// megabytes per second of each and the median over the rounds of the ratio of their speeds.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/bench/internal/python"
	"github.com/lamina-ml/lamina/text"
)

var (
	interpreter = flag.String("python", "python3", "Python with tokenizers")
	file        = flag.String("text", "", "the text")
	tokenizers  = flag.String("tokenizers", "", "tokenizer.json files, with commas between them")
	rounds      = flag.Int("rounds", 9, "rounds of A B")
	ms          = flag.Float64("ms", 300, "milliseconds per timing")
)

//go:embed peer.py
var peerProgram string

// measure returns the shortest time of one call in nanoseconds.
func measure(f func()) float64 {
	best := time.Duration(1 << 62)
	for end, n := time.Now().Add(time.Duration(*ms*1e6)), 0; n < 2 || time.Now().Before(end); n++ {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return float64(best.Nanoseconds())
}

// trained writes a tokenizer trained on the text, and returns its path.
func trained(content string) string {
	t, err := text.TrainBPE(strings.NewReader(content), 8192, text.TrainConfig{})
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(os.TempDir(), "lamina-bench-tokenizer.json")
	if err := t.Save(path); err != nil {
		log.Fatal(err)
	}
	return path
}

func main() {
	flag.Parse()
	runtime.GOMAXPROCS(1)
	b, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	content := string(b)
	lines := strings.Split(content, "\n")
	paths := strings.Split(*tokenizers, ",")
	if *tokenizers == "" {
		paths = []string{trained(content)}
	}
	p, err := python.Start(*interpreter, peerProgram, *file)
	if err != nil {
		log.Fatal(err)
	}
	ask := func(format string, args ...any) []float64 {
		numbers, err := p.Ask(format, args...)
		if err != nil {
			log.Fatal(err)
		}
		return numbers
	}
	fmt.Printf("%-28s %-8s %10s %10s %8s\n", "tokenizer", "job", "Lamina", "Python", "ratio")
	for _, path := range paths {
		t, err := text.LoadTokenizer(path)
		if err != nil {
			log.Fatal(err)
		}
		t = t.WithoutSpecialTokens().WithoutPadding().WithTruncation(text.Truncation{})
		ids := t.AppendIDs(nil, content)
		sum := 0.0
		for i, id := range ids {
			sum += float64(i%101) * float64(id)
		}
		if want := ask("load %s", path); want[0] != float64(len(ids)) || want[1] != sum {
			log.Fatalf("%s: %d ids with sum %v, Python has %v", path, len(ids), sum, want)
		}
		jobs := []struct {
			name string
			run  func()
		}{
			{"ids", func() { ids = t.AppendIDs(ids[:0], content) }},
			{"lines", func() {
				for _, line := range lines {
					ids = t.AppendIDs(ids[:0], line)
				}
			}},
			{"full", func() { t.Encode(content) }},
		}
		for _, j := range jobs {
			var ours, theirs, ratios []float64
			for range *rounds {
				a, b := measure(j.run), ask("%s %g", j.name, *ms)[0]
				ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, b/a)
			}
			slices.Sort(ratios)
			rate := func(ns []float64) string { return fmt.Sprintf("%.1f MB/s", float64(len(content))*1e3/slices.Min(ns)) }
			fmt.Printf("%-28s %-8s %10s %10s %8.2f\n", filepath.Base(path), j.name, rate(ours), rate(theirs), ratios[len(ratios)/2])
		}
	}
}
