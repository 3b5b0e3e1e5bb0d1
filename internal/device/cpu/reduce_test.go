package cpu_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// block returns a contiguous array with the values, converted.
func block(dev *cpu.Device, dt device.DType, dims []int, values []float64) *device.Array {
	a := &device.Array{DType: dt}
	a.SetContiguous(dims)
	a.Mem = cpu.Alloc(max(1, a.Size) * dt.Size())
	if values != nil {
		wide := &device.Array{DType: device.Float64, Mem: cpu.Alloc(max(1, a.Size) * 8)}
		wide.SetContiguous(dims)
		raw := make([]byte, 0, 8*a.Size)
		for _, v := range values {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
		dev.Upload(wide, raw)
		dev.Copy(a, wide)
	}
	return a
}

// read returns a contiguous array's elements.
func read(dev *cpu.Device, a *device.Array) []float64 {
	var dims []int
	wide := block(dev, device.Float64, append(dims, a.Dims[:a.Rank]...), nil)
	dev.Copy(wide, a)
	raw := make([]byte, 8*a.Size)
	dev.Download(raw, wide)
	out := make([]float64, a.Size)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}

// reduced is the plain reduction of float64s.
func reduced(op device.Reduction, v []float64) float64 {
	acc := map[device.Reduction]float64{device.Prod: 1, device.Max: math.Inf(-1), device.Min: math.Inf(1)}[op]
	best := 0
	for i, e := range v {
		switch op {
		case device.Sum, device.Mean:
			acc += e
		case device.Norm:
			acc += float64(e * e)
		case device.Prod:
			acc *= e
		case device.Max:
			acc = max(acc, e)
		case device.Min:
			acc = min(acc, e)
		case device.ArgMax, device.ArgMin:
			if b := v[best]; b == b && (e != e || op == device.ArgMax && e > b || op == device.ArgMin && e < b) {
				best = i
			}
			acc = float64(best)
		}
	}
	switch op {
	case device.Mean:
		acc /= float64(len(v))
	case device.Norm:
		acc = math.Sqrt(acc)
	}
	return acc
}

// TestReduce compares every reduction, for every geometry that has a loop and for some that have none, and for several
// numbers of threads, with the plain one.
func TestReduce(t *testing.T) {
	dev := cpu.New()
	defer pool.SetThreads(pool.Threads())
	ops := []device.Reduction{device.Sum, device.Prod, device.Max, device.Min, device.ArgMax, device.ArgMin,
		device.Mean, device.Norm}
	for _, c := range []struct{ dims, over []int }{
		{[]int{1}, []int{0}},
		{[]int{5000}, []int{0}},
		{[]int{3, 1, 1}, []int{1}},
		{[]int{7, 33}, []int{1}},       // rows
		{[]int{100, 1000}, []int{1}},   // rows for several goroutines
		{[]int{9, 5}, []int{0}},        // few columns
		{[]int{31, 600}, []int{0}},     // columns
		{[]int{40, 4200}, []int{0}},    // columns for several goroutines
		{[]int{6, 11, 40}, []int{1}},   // columns of blocks
		{[]int{3, 12, 2100}, []int{1}}, // columns of blocks for several goroutines
		{[]int{4, 5, 6, 7}, []int{1, 2}},
		{[]int{4, 5, 6, 7}, []int{0, 3}}, // reduced to channels
		{[]int{4, 5, 1, 7}, []int{0, 2, 3}},
		{[]int{4, 5, 6, 7}, []int{0, 2}}, // the general case
		{[]int{2, 3, 4}, []int{0, 1, 2}},
	} {
		for _, dt := range []device.DType{device.Float32, device.Float64, device.Float16, device.Int64, device.Int32,
			device.Uint8, device.Bool} {
			for _, op := range ops {
				arg := op == device.ArgMax || op == device.ArgMin
				if arg && len(c.over) > 1 || (op == device.Mean || op == device.Norm) && !dt.IsFloat() {
					continue
				}
				what := fmt.Sprint(op, " of ", dt, c.dims, " over ", c.over)
				small := append([]int(nil), c.dims...)
				for _, d := range c.over {
					small[d] = 1
				}
				r := rand.New(rand.NewPCG(1, 2))
				n := 1
				for _, d := range c.dims {
					n *= d
				}
				values := make([]float64, n)
				for i := range values {
					switch {
					case dt == device.Bool:
						values[i] = float64(r.IntN(2))
						if r.IntN(40) > 0 { // some rows are true or false throughout
							values[i] = float64(i / 40 % 2)
						}
					case op == device.Prod:
						values[i] = 1
						if i%977 == 0 {
							values[i] = 3
						}
						if dt.IsFloat() {
							values[i] = []float64{1, 1, -1, 0.5, 2}[r.IntN(5)]
						}
					default:
						values[i] = float64(r.IntN(9)) // with ties; exact in all types
						if dt.IsFloat() && r.IntN(500) == 0 && !(op == device.Sum || op == device.Mean ||
							op == device.Norm) {
							values[i] = math.NaN()
						}
					}
				}
				x := block(dev, dt, c.dims, values)
				out := dt
				if arg || !dt.IsFloat() && (op == device.Sum || op == device.Prod) {
					out = device.Int64
				}
				groups := map[int][]float64{}
				for i, v := range values {
					at, rest, scale := 0, i, 1
					for k := len(c.dims) - 1; k >= 0; k-- {
						j := rest % c.dims[k]
						rest /= c.dims[k]
						if !slices.Contains(c.over, k) {
							at += scale * j
							scale *= c.dims[k]
						}
					}
					groups[at] = append(groups[at], v)
				}
				want := make([]float64, len(groups))
				for i, v := range groups {
					want[i] = reduced(op, v)
				}
				want = read(dev, block(dev, out, small, want))
				for threads := 1; threads <= 3; threads++ {
					pool.SetThreads(threads)
					dst := block(dev, out, small, nil)
					dev.Reduce(op, dst, x)
					got := read(dev, dst)
					for i := range got {
						if got[i] != want[i] && (got[i] == got[i] || want[i] == want[i]) {
							t.Fatalf("%s, %d threads: element %d is %v, not %v", what, threads, i, got[i], want[i])
						}
					}
				}
			}
		}
	}
}

// TestReduceInOrder checks that sums and products that round have the same bits for all numbers of threads.
func TestReduceInOrder(t *testing.T) {
	dev := cpu.New()
	defer pool.SetThreads(pool.Threads())
	r := rand.New(rand.NewPCG(3, 4))
	dims := []int{60, 50, 70}
	values := make([]float64, dims[0]*dims[1]*dims[2])
	for i := range values {
		values[i] = 0.5 + r.Float64()
	}
	for _, dt := range []device.DType{device.Float32, device.Float64} {
		x := block(dev, dt, dims, values)
		for d := range dims {
			small := append([]int(nil), dims...)
			small[d] = 1
			for _, op := range []device.Reduction{device.Sum, device.Prod, device.Norm} {
				var first []float64
				for threads := 1; threads <= 4; threads++ {
					pool.SetThreads(threads)
					dst := block(dev, dt, small, nil)
					dev.Reduce(op, dst, x)
					if got := read(dev, dst); first == nil {
						first = got
					} else if !slices.Equal(first, got) {
						t.Errorf("%v of %v over %d: %d threads and one thread give different bits", op, dt, d, threads)
					}
				}
			}
		}
	}
}

// TestReduceEmpty checks that the maximum of no booleans is false and the minimum true.
func TestReduceEmpty(t *testing.T) {
	dev := cpu.New()
	x := block(dev, device.Bool, []int{2, 0}, nil)
	for op, want := range map[device.Reduction]float64{device.Max: 0, device.Min: 1} {
		dst := block(dev, device.Bool, []int{2, 1}, []float64{1 - want, 1 - want})
		dev.Reduce(op, dst, x)
		if got := read(dev, dst); got[0] != want || got[1] != want {
			t.Errorf("%v of no booleans is %v", op, got)
		}
	}
}

// TestDots compares products of rows with a loop, for several numbers of threads.
func TestDots(t *testing.T) {
	dev := cpu.New()
	defer pool.SetThreads(pool.Threads())
	for _, dims := range [][]int{{3, 0}, {0, 5}, {7}, {2, 3, 5}, {150, 900}} {
		last := len(dims) - 1
		n, rows := dims[last], 1
		for _, d := range dims[:last] {
			rows *= d
		}
		a, b, want := make([]float64, rows*n), make([]float64, rows*n), make([]float64, rows)
		for i := range a {
			a[i], b[i] = float64(i%7-3), float64(i%11-5)
			want[i/n] += a[i] * b[i]
		}
		for _, dt := range []device.DType{device.Float32, device.Float64} {
			for threads := 1; threads <= 3; threads++ {
				pool.SetThreads(threads)
				dst := block(dev, dt, dims[:last], make([]float64, rows))
				dev.Dots(dst, block(dev, dt, dims, a), block(dev, dt, dims, b))
				if got := read(dev, dst); !slices.Equal(got, want) {
					t.Errorf("%v%v, %d threads: %v, not %v", dt, dims, threads, got, want)
				}
			}
		}
	}
}
