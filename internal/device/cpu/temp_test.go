package cpu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// TestTempsOfHalfProducts checks that products of 16-bit matrices keep little memory, and that unused memory is freed.
func TestTempsOfHalfProducts(t *testing.T) {
	dev := cpu.New()
	product := func(n int) {
		a := block(dev, device.Float16, []int{n, n}, nil)
		dev.MatMul(block(dev, device.Float16, []int{n, n}, nil), a, a, device.Highest)
	}
	product(2048) // 48 MB of float32
	if got := cpu.IdleTempBytes(); got > 32<<20 {
		t.Errorf("%d bytes are idle after a large product", got)
	}
	product(512)
	if cpu.IdleTempBytes() == 0 {
		t.Error("a small product's memory is not kept for the next one")
	}
	for range 100 {
		runtime.GC()
		if cpu.IdleTempBytes() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d bytes are idle after many garbage collections", cpu.IdleTempBytes())
}
