package cpu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// TestScratchOfHalfProducts: products of 16-bit matrices keep little memory, and none that nobody uses.
func TestScratchOfHalfProducts(t *testing.T) {
	dev := cpu.New()
	product := func(n int) {
		a := block(dev, device.Float16, []int{n, n}, nil)
		dev.MatMul(block(dev, device.Float16, []int{n, n}, nil), a, a, device.Highest)
	}
	product(2048) // 48 MB of float32
	if got := cpu.IdleScratch(); got > 32<<20 {
		t.Errorf("%d bytes wait after a large product", got)
	}
	product(512)
	if cpu.IdleScratch() == 0 {
		t.Error("a small product's memory does not wait for the next")
	}
	for range 100 {
		runtime.GC()
		if cpu.IdleScratch() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d bytes wait after many garbage collections", cpu.IdleScratch())
}
