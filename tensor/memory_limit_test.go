package tensor_test

import (
	"errors"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestOutOfMemory asks for more memory than any machine has: an error that says so, in place of the end of the process.
func TestOutOfMemory(t *testing.T) {
	side := 1 << 22 // side² float32 are 64 TiB
	scope := tensor.NewScope(tensor.CPU())
	for name, f := range map[string]func(){
		"zeros":     func() { tensor.Zeros(side, side) },
		"uniform":   func() { tensor.Options{}.Uniform(rng.NewTorch(1), 0, 1, side, side) },
		"randperm":  func() { tensor.Options{}.RandPerm(rng.NewTorch(1), side*side) },
		"scope":     func() { scope.Empty(tensor.Float32, side, side) },
		"HostBytes": func() { tensor.HostBytes(side * side) },
		"product":   func() { tensor.Zeros(side, 1).InScope(scope).MatMul(tensor.Zeros(1, side).InScope(scope)) },
	} {
		err := tensor.Try(f)
		if !errors.Is(err, tensor.ErrOutOfMemory) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := tensor.Try(func() { tensor.Zeros(2).Add(tensor.Zeros(3)) }); err == nil || errors.Is(err, tensor.ErrOutOfMemory) {
		t.Errorf("another mistake: %v", err)
	}
}
