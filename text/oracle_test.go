//go:build oracle

package text

import (
	"bufio"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	python = flag.String("python", "python3", "a Python interpreter with PyPI tokenizers and sentencepiece")
	rounds = flag.Int("rounds", 20, "how many batches of 200 texts each tokenizer encodes")
	seed   = flag.Uint64("seed", 1, "of the texts")
	files  = flag.String("files", "", "further tokenizer.json files, with commas between them")
)

// oracle is a Python process that runs fuzz.py.
type oracle struct {
	t   *testing.T
	in  *json.Encoder
	out *json.Decoder
}

func startOracle(t *testing.T) *oracle {
	cmd := exec.Command(*python, "-u", "fuzz.py")
	cmd.Dir = goldenFolder
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &oracle{t, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))}
}

func (o *oracle) call(request, answer any) {
	if err := o.in.Encode(request); err != nil {
		o.t.Fatal(err)
	}
	if err := o.out.Decode(answer); err != nil {
		o.t.Fatal(err)
	}
}

// TestFuzzAgainstPython compares random texts with PyPI tokenizers:
//
//	go test -tags oracle ./text -run FuzzAgainstPython -python /path/to/python -rounds 1000
func TestFuzzAgainstPython(t *testing.T) {
	g := readGolden(t)
	var paths []string
	for name := range g.Results {
		path, err := filepath.Abs(filepath.Join(goldenFolder, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if *files != "" {
		paths = append(paths, strings.Split(*files, ",")...)
	}
	o := startOracle(t)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			o.t = t
			tok, err := LoadTokenizer(path)
			if err != nil {
				t.Fatal(err)
			}
			saved := filepath.Join(t.TempDir(), "tokenizer.json") // Python reads what Go saved
			if err := tok.Save(saved); err != nil {
				t.Fatal(err)
			}
			var none struct{}
			o.call(map[string]string{"file": saved}, &none)
			r := rand.New(rand.NewPCG(*seed, 0))
			for range *rounds {
				texts := make([][]string, 200)
				for i := range texts {
					texts[i] = []string{randomText(r, g.Texts)}
					if r.IntN(4) == 0 {
						texts[i] = append(texts[i], randomText(r, g.Texts))
					}
				}
				var want []goldenResult
				o.call(map[string]any{"texts": texts}, &want)
				for i, s := range texts {
					if len(s) == 2 {
						compare(t, tok, tok.EncodePair(s[0], s[1]), want[i], s...)
					} else {
						compare(t, tok, tok.Encode(s[0]), want[i], s...)
					}
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// randomText joins pieces of the golden texts, and characters from all over Unicode.
func randomText(r *rand.Rand, texts []string) string {
	ranges := [][2]rune{{0, 127}, {0, 127}, {'a', 'z'}, {' ', ' '}, {0x80, 0x24F}, {0x300, 0x36F}, {0x370, 0x6FF},
		{0x700, 0xDFF}, {0xE00, 0x17FF}, {0x1800, 0x20FF},
		{0x2000, 0x206F}, {0x2100, 0x2BFF}, {0x3000, 0x30FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0x1100, 0x11FF},
		{0xA000, 0xABFF}, {0xF900, 0xFFFF},
		{0x10000, 0x11FFF}, {0x16000, 0x1F000}, {0x1F300, 0x1FAFF}, {0, 0x10FFFF}}
	var out []rune
	for range r.IntN(6) {
		if r.IntN(2) == 0 {
			s := []rune(texts[r.IntN(len(texts))])
			if len(s) == 0 {
				continue
			}
			from := r.IntN(len(s))
			out = append(out, s[from:from+r.IntN(min(len(s)-from, 20)+1)]...)
			continue
		}
		x := ranges[r.IntN(len(ranges))]
		for range r.IntN(8) {
			c := x[0] + r.Int32N(x[1]-x[0]+1)
			if c < 0xD800 || c > 0xDFFF {
				out = append(out, c)
			}
		}
	}
	return string(out)
}
