package cpu_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// TestBinaryGeometries checks operands that are contiguous, transposed, or broadcast from a row, a column or a number,
// on either side.
func TestBinaryGeometries(t *testing.T) {
	dev := cpu.New()
	ops := []*device.BinaryOp{
		{Name: "add", ID: device.MaxRows - 1, F: func(x, y float64, _ device.Params) float64 { return x + y },
			Int: func(x, y int64, _ device.Params) int64 { return x + y }},
		{Name: "sub", ID: device.MaxRows - 2, F: func(x, y float64, _ device.Params) float64 { return x - y },
			Int: func(x, y int64, _ device.Params) int64 { return x - y }},
		{Name: "mul", ID: device.MaxRows - 3, F: func(x, y float64, _ device.Params) float64 { return x * y },
			Int: func(x, y int64, _ device.Params) int64 { return x * y }},
		{Name: "div", ID: device.MaxRows - 4, F: func(x, y float64, _ device.Params) float64 { return x / y }},
	}
	for _, dt := range []device.DType{device.Float32, device.Float64, device.Float16, device.Int64, device.Int32,
		device.Uint8} {
		for _, dims := range [][]int{{1, 20}, {20, 1}, {16, 256}, {33, 50}, {900, 70}, {17, 300}, {40, 1100}} {
			n, m := dims[0], dims[1]
			if n*m > 50_000 && dt != device.Float32 { // shared by workers
				continue
			}
			views := map[string][2]int{"contiguous": {m, 1}, "transposed": {1, n}, "column": {1, 0}, "row": {0, 1},
				"number": {0, 0}}
			values := make([]float64, n*m)
			for i := range values {
				values[i] = float64(1 + i%7)
			}
			for left, ls := range views {
				for right, rs := range views {
					x := block(dev, dt, dims, values)
					y := block(dev, dt, dims, values[:])
					dst := block(dev, dt, dims, nil)
					x, y = view(x.Mem, dt, dims, ls[:], 0), view(y.Mem, dt, dims, rs[:], 0)
					for _, op := range ops {
						if op.Int == nil && !dt.IsFloat() || dt == device.Uint8 && op.Name == "sub" {
							continue
						}
						dev.Binary(op, dst, x, y, device.Params{})
						for k, got := range read(dev, dst) {
							i, j := k/m, k%m
							a, b := values[i*ls[0]+j*ls[1]], values[i*rs[0]+j*rs[1]]
							want := op.F(a, b, device.Params{})
							if math.Abs(got-want) > math.Abs(want)*0x1p-10 { // a quotient is rounded
								t.Fatalf("%v %s of %v, %s and %s: element (%d, %d) is %v, want %v", dt, op.Name, dims,
									left, right, i, j, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// TestBinaryBlocks checks blocks of matrices whose rows, columns or blocks broadcast, with several numbers of workers:
// a worker may begin inside a block.
func TestBinaryBlocks(t *testing.T) {
	dev := cpu.New()
	defer pool.SetThreads(pool.Threads())
	op := &device.BinaryOp{Name: "sub", ID: device.MaxRows - 5,
		F: func(x, y float64, _ device.Params) float64 { return x - y }}
	dims := []int{5, 70, 130}
	values := make([]float64, dims[0]*dims[1]*dims[2])
	for i := range values {
		values[i] = float64(i % 1009)
	}
	views := [][]int{{70 * 130, 130, 1}, {70, 1, 0}, {130, 0, 1}, {0, 130, 1}, {0, 1, 0}, {1, 0, 0}, {1, 5, 350}}
	for threads := 1; threads <= 3; threads++ {
		pool.SetThreads(threads)
		for _, ls := range views {
			for _, rs := range views {
				x, y := block(dev, device.Float32, dims, values), block(dev, device.Float32, dims, values)
				dst := block(dev, device.Float32, dims, nil)
				dev.Binary(op, dst, view(x.Mem, device.Float32, dims, ls, 0), view(y.Mem, device.Float32, dims, rs, 0),
					device.Params{})
				for k, got := range read(dev, dst) {
					b, i, j := k/(70*130), k/130%70, k%130
					if want := values[b*ls[0]+i*ls[1]+j*ls[2]] - values[b*rs[0]+i*rs[1]+j*rs[2]]; got != want {
						t.Fatalf("%d threads, strides %v and %v: element (%d, %d, %d) is %v, want %v", threads, ls, rs,
							b, i, j, got, want)
					}
				}
			}
		}
	}
}
