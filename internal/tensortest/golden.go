package tensortest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// goldenCase is a call and PyTorch's result.
type goldenCase struct {
	attrs Attrs
	in    []Value
	out   Value
	dy    *Value  // the gradient of the result, nil if there was none
	grads []Value // the inputs' gradients; Raw is nil if PyTorch has none
}

// goldenFile is a file of testdata/torch/ops.py. Cases refer to tensors by number, because many share inputs.
type goldenFile struct {
	Torch   string
	Tensors []struct {
		D string // type
		S []int  // shape
		B []byte // elements
	}
	Cases []struct {
		Op    string
		Attrs Attrs
		In    []int
		Out   int
		Dy    *int
		Grads []*int
	}
}

var golden struct {
	sync.Mutex
	folders map[string]map[string][]*goldenCase
}

// readGolden returns the cases of all files in a folder of testdata/torch, by operation.
func readGolden(t *testing.T, folder string) map[string][]*goldenCase {
	t.Helper()
	golden.Lock()
	defer golden.Unlock()
	if cases := golden.folders[folder]; cases != nil {
		return cases
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for root != filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Dir(root)
	}
	pattern := filepath.Join(root, "testdata/torch", folder, "*.json.gz")
	files, _ := filepath.Glob(pattern)
	if len(files) == 0 {
		t.Fatalf("no results of PyTorch in %s", pattern)
	}
	cases := map[string][]*goldenCase{}
	for _, name := range files {
		if err := readCases(name, cases); err != nil {
			t.Fatalf("PyTorch's results: %v", err)
		}
	}
	if golden.folders == nil {
		golden.folders = map[string]map[string][]*goldenCase{}
	}
	golden.folders[folder] = cases
	return cases
}

func readCases(name string, cases map[string][]*goldenCase) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var file goldenFile
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	values := make([]Value, len(file.Tensors))
	for i, v := range file.Tensors {
		values[i] = Value{dtypeNamed(v.D), v.S, v.B}
	}
	for _, c := range file.Cases {
		gc := &goldenCase{attrs: c.Attrs.fromJSON(), out: values[c.Out]}
		for _, i := range c.In {
			gc.in = append(gc.in, values[i])
		}
		if c.Dy != nil {
			gc.dy = &values[*c.Dy]
		}
		for _, i := range c.Grads {
			var v Value
			if i != nil {
				v = values[*i]
			}
			gc.grads = append(gc.grads, v)
		}
		cases[c.Op] = append(cases[c.Op], gc)
	}
	return nil
}

// fromJSON converts attributes to the types that calls expect: whole numbers to ints, "inf" and "nan" to floats.
func (a Attrs) fromJSON() Attrs {
	for k, v := range a {
		switch v := v.(type) {
		case float64:
			if v == float64(int(v)) {
				a[k] = int(v)
			}
		case []any:
			ints, numbers := make([]int, len(v)), make([]float64, len(v))
			for i, e := range v {
				numbers[i] = e.(float64)
				ints[i] = int(numbers[i])
			}
			a[k] = ints
			if k == "scale" {
				a[k] = numbers
			}
		case string:
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				a[k] = f
			}
		}
	}
	return a
}

// torch compares the row with PyTorch: each case as stored, and again with another layout in a scope.
func (r *runner) torch(cases []*goldenCase) {
	scope := tensor.NewScope(r.dev)
	for i, c := range cases {
		r.compareTorch(c, "as stored", variant{dy: c.dy})
		l := layouts[i%len(layouts)]
		if r.op.MemoryOrder {
			l = layouts[i%2] // those that keep the order in memory
		}
		r.compareTorch(c, l.name+", in a scope", variant{dy: c.dy, layout: l.place, scope: scope})
		scope.Recycle()
	}
}

func (r *runner) compareTorch(c *goldenCase, way string, h variant) {
	r.Helper()
	got := r.eval(c.in, c.attrs, h)
	if msg := got.y.near(c.out, r.op.bound(c.out.DType, c.in, c.attrs, true)); msg != "" {
		r.Errorf("%s (%s): PyTorch differs: %s\ninputs %s", describe(c.in, c.attrs), way, msg, show(c.in))
	}
	for i, want := range c.grads {
		if want.Raw == nil {
			continue
		}
		g := got.grads[i]
		if g.Raw == nil {
			g = valueOf(want.DType, want.Shape, make([]float64, want.len()))
		}
		tol := r.op.tol(want.DType)
		b := bound{ulp: tol.Grad, anyZero: tol.AnyZero}
		if tol.Cancels {
			b.atLeast = c.dy.largest()
		}
		b.largest = tol.Cancels || !r.op.Elementwise || !equalInts(want.Shape, c.out.Shape) // or a sum
		if msg := g.near(want, b); msg != "" {
			r.Errorf("%s (%s): PyTorch's gradient of input %d differs: %s\ninputs %s, inflow %s",
				describe(c.in, c.attrs), way, i, msg, show(c.in), show([]Value{*c.dy}))
		}
	}
}
