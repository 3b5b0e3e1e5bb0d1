package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// fill returns an array of the given sizes. order lists the dimensions from the largest stride to the smallest, which
// is step; nil means row-major order.
func fill[T any](dt device.DType, dims, order []int, step int, f func(i int) T) *device.Array {
	n := step
	strides := make([]int, len(dims))
	for k := len(dims) - 1; k >= 0; k-- {
		d := k
		if order != nil {
			d = order[k]
		}
		strides[d] = n
		n *= dims[d]
	}
	dev := cpu.New()
	m := cpu.Alloc(max(n, 1) * dt.Size())
	v := make([]T, n)
	for i := range v {
		v[i] = f(i)
	}
	dev.Upload(view(m, dt, []int{n}, []int{1}, 0),
		unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), n*dt.Size()))
	return view(m, dt, dims, strides, 0)
}

// values returns an array's elements in row-major order.
func values[T any](a *device.Array) []T {
	dev := cpu.New()
	y := *a
	y.SetContiguous(a.Dims[:a.Rank])
	y.Mem, y.Offset = cpu.Alloc(a.Size*a.DType.Size()), 0
	dev.Copy(&y, a)
	v := make([]T, a.Size)
	dev.Download(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), a.Size*a.DType.Size()), &y)
	return v
}

// flatIndex returns the row-major index of coordinates.
func flatIndex(dims, c []int) int {
	p := 0
	for d, n := range dims {
		p = p*n + c[d]
	}
	return p
}

// each calls f for the coordinates of all elements in row-major order.
func each(dims []int, f func(c []int)) {
	c := make([]int, len(dims))
	for {
		f(c)
		d := len(dims) - 1
		for ; d >= 0; d-- {
			if c[d]++; c[d] < dims[d] {
				break
			}
			c[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

func same[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var layouts = []struct {
	dims, order []int
	step        int
}{
	{[]int{1300}, nil, 1}, {[]int{1300}, nil, 3}, {[]int{7, 1100}, nil, 1}, {[]int{600, 37}, nil, 1},
	{[]int{600, 37}, []int{1, 0}, 1},
	{[]int{9, 601}, []int{1, 0}, 2}, {[]int{5, 6, 70}, nil, 1}, {[]int{5, 6, 70}, []int{2, 0, 1}, 1},
	{[]int{3, 4, 5, 30}, nil, 1},
}

func TestIndexKernels(t *testing.T) {
	dev := cpu.New()
	for _, l := range layouts {
		small := func(int) float32 { return float32(rand.IntN(64)) } // sums of these are exact
		x := fill(device.Float32, l.dims, l.order, l.step, small)
		xs := values[float32](x)
		for dim, n := range l.dims {
			name := fmt.Sprint(l.dims, l.order, dim)
			index := fill(device.Int64, l.dims, l.order, 1, func(int) int64 { return rand.Int64N(int64(n)) })
			rows := *fill(device.Int64, []int{n}, nil, 1, func(int) int64 { return rand.Int64N(int64(n)) })
			stride := rows.Strides[0]
			rows.Rank, rows.Dims, rows.Strides = x.Rank, x.Dims, [device.MaxRank]int{}
			rows.Strides[dim] = stride
			rows.Refresh()
			for _, index := range []*device.Array{index, &rows} {
				is := values[int64](index)
				src := fill(device.Float32, l.dims, l.order, 1, small)
				ss := values[float32](src)
				gathered, scattered, added := make([]float32, len(xs)), slices.Clone(xs), slices.Clone(xs)
				each(l.dims, func(c []int) {
					p := flatIndex(l.dims, c)
					target := slices.Clone(c)
					target[dim] = int(is[p])
					q := flatIndex(l.dims, target)
					gathered[p] = xs[q]
					scattered[q] = ss[p]
					added[q] += ss[p]
				})
				y := fill(device.Float32, l.dims, nil, 1, small)
				dev.Gather(y, x, index, dim)
				same(t, "gather "+name, values[float32](y), gathered)
				dev.Copy(y, x)
				dev.Scatter(y, index, src, dim)
				same(t, "scatter "+name, values[float32](y), scattered)
				dev.Copy(y, x)
				dev.ScatterAdd(y, index, src, dim)
				same(t, "scatter-add "+name, values[float32](y), added)
			}
		}
	}
}

// TestScatterAddOrder checks that numbers with the same index are added in order, which the rounding of each sum shows.
func TestScatterAddOrder(t *testing.T) {
	dev := cpu.New()
	for n := 2; n < 40; n++ {
		dims := []int{3, n}
		src := fill(device.Float32, dims, nil, 1, func(int) float32 { return rand.Float32() })
		index := fill(device.Int64, dims, nil, 1, func(int) int64 { return rand.Int64N(2) })
		y := fill(device.Float32, dims, nil, 1, func(int) float32 { return 0 })
		want, is := make([]float32, 3*n), values[int64](index)
		for p, v := range values[float32](src) {
			want[p/n*n+int(is[p])] += v
		}
		dev.ScatterAdd(y, index, src, 1)
		same(t, fmt.Sprint("scatter-add of ", n), values[float32](y), want)
	}
}

func TestCheck(t *testing.T) {
	dev := cpu.New()
	failed := func(x *device.Array, lo, hi float64) (at int, value any) {
		c := device.Check{Lo: lo, Hi: hi, Skip: 1 << 40, HasSkip: true}
		r := dev.Check(x, c)
		if !r.Known {
			t.Error("Known is false, want true")
		}
		if !r.Failed {
			return -1, nil
		}
		return r.Position, r.Err(x, c).Value
	}
	for _, step := range []int{1, 2} {
		for _, bad := range []int64{-1, 5, math.MaxInt64, math.MinInt64} {
			x := fill(device.Int64, []int{700, 3}, nil, step, func(i int) int64 {
				if i >= 1001*step && i%step == 0 {
					return bad
				}
				return int64(i % 5)
			})
			if at, v := failed(x, 0, 4); at != 1001 || v != bad {
				t.Errorf("step %d: %d at %d, want %d at 1001", step, v, at, bad)
			}
		}
		if at, _ := failed(fill(device.Int64, []int{700}, nil, step, func(i int) int64 { return int64(i % 5) }), 0,
			4); at >= 0 {
			t.Errorf("step %d: a check of valid indices fails at %d", step, at)
		}
		if at, _ := failed(fill(device.Int64, []int{700}, nil, step,
			func(i int) int64 { return []int64{-5, 4, 1 << 40}[i%3] }), -5, 4); at >= 0 {
			t.Errorf("step %d: a check from −5 with a skipped value fails at %d", step, at)
		}
		for _, bad := range []float64{-0.25, 1.5, math.NaN(), math.Inf(1)} {
			number := func(i int) float64 {
				if i == 601*step {
					return bad
				}
				return float64(i%5) / 4
			}
			for _, x := range []*device.Array{
				fill(device.Float64, []int{700}, nil, step, number),
				fill(device.Float32, []int{700}, nil, step, func(i int) float32 { return float32(number(i)) }),
				fill(device.BFloat16, []int{700}, nil, step,
					func(i int) uint16 { return uint16(math.Float32bits(float32(number(i))) >> 16) }),
			} {
				if at, v := failed(x, 0, 1); at != 601 || fmt.Sprint(v) != fmt.Sprint(bad) {
					t.Errorf("%v, step %d: %v at %d, want %v at 601", x.DType, step, v, at, bad)
				}
			}
		}
	}
	if at, v := failed(fill(device.Int64, []int{1}, nil, 1, func(int) int64 { return 0 }), 0, -1); at != 0 ||
		v != int64(0) {
		t.Errorf("the check of an empty range fails with %d at %d, want 0 at 0", v, at)
	}
}

func TestNonZeroKernels(t *testing.T) {
	check := func(x *device.Array, is func(p int) bool) {
		t.Helper()
		dims := x.Dims[:x.Rank]
		var want []int64
		each(dims, func(c []int) {
			if is(flatIndex(dims, c)) {
				for _, v := range c {
					want = append(want, int64(v))
				}
			}
		})
		if n, err := cpu.New().CountNonZero(x); err != nil || n != len(want)/x.Rank {
			t.Errorf("%v of shape %v: %d are not 0, want %d", x.DType, dims, n, len(want)/x.Rank)
		}
		y := fill(device.Int64, []int{len(want) / x.Rank, x.Rank}, nil, 1, func(int) int64 { return -1 })
		cpu.New().NonZero(y, x)
		same(t, fmt.Sprint("nonzero ", x.DType, dims), values[int64](y), want)
	}
	for _, l := range layouts {
		b := fill(device.Bool, l.dims, l.order, l.step, func(int) uint8 { return []uint8{0, 1, 0x80, 0}[rand.IntN(4)] })
		bs := values[uint8](b)
		check(b, func(p int) bool { return bs[p] != 0 })
		few := []float32{0, 1, float32(math.Copysign(0, -1)), float32(math.NaN()), 1e-45}
		f := fill(device.Float32, l.dims, l.order, l.step, func(int) float32 { return few[rand.IntN(len(few))] })
		fs := values[float32](f)
		check(f, func(p int) bool { return fs[p] != 0 })
		h := fill(device.Float16, l.dims, l.order, l.step,
			func(int) uint16 { return []uint16{0, 0x8000, 1, 0x3c00}[rand.IntN(4)] })
		hs := values[uint16](h)
		check(h, func(p int) bool { return hs[p] != 0 && hs[p] != 0x8000 })
	}
}

func TestScanKernels(t *testing.T) {
	dev := cpu.New()
	for _, l := range layouts {
		x := fill(device.Float32, l.dims, l.order, l.step, func(int) float32 { return float32(rand.NormFloat64()) })
		xs := values[float32](x)
		for dim, n := range l.dims {
			for _, op := range []device.Reduction{device.Sum, device.Prod} {
				for _, reverse := range []bool{false, true} {
					want := make([]float32, len(xs))
					each(l.dims, func(c []int) {
						if c[dim] > 0 {
							return
						}
						acc := 0.0
						if op == device.Prod {
							acc = 1
						}
						c = slices.Clone(c)
						for i := range n {
							if c[dim] = i; reverse {
								c[dim] = n - 1 - i
							}
							if v := float64(xs[flatIndex(l.dims, c)]); op == device.Prod {
								acc *= v
							} else {
								acc += v
							}
							want[flatIndex(l.dims, c)] = float32(acc)
						}
					})
					for _, order := range [][]int{nil, l.order} {
						y := fill(device.Float32, l.dims, order, 1, func(int) float32 { return -1 })
						dev.Scan(op, y, x, dim, reverse)
						same(t, fmt.Sprint("scan ", l.dims, l.order, dim, op, reverse), values[float32](y), want)
					}
				}
			}
		}
	}
}

// TestFirstSorted compares the first k elements of ArgSort, some of which a heap selects, with a sort of the whole
// line: of columns whose elements are contiguous or not.
func TestFirstSorted(t *testing.T) {
	dev := cpu.New()
	for _, order := range [][]int{nil, {1, 0}} {
		testFirstSorted(t, dev, order, false)
		testFirstSorted(t, dev, order, true)
	}
}

func testFirstSorted(t *testing.T, dev *cpu.Device, order []int, descending bool) {
	for _, k := range []int{1, 10, 160, 161, 1300} {
		special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0,
			float32(math.Copysign(0, -1))}
		x := fill(device.Float32, []int{1300, 3}, order, 1, func(i int) float32 {
			if v := rand.IntN(100); v < len(special) {
				return special[v]
			}
			return float32(rand.IntN(400) - 200)
		})
		xs := values[float32](x)
		y := fill(device.Int64, []int{k, 3}, nil, 1, func(int) int64 { return -1 })
		dev.ArgSort(y, x, 0, descending)
		ys := values[int64](y)
		for c := range 3 {
			places := make([]int, 1300)
			for i := range places {
				places[i] = i
			}
			slices.SortStableFunc(places, func(a, b int) int {
				u, v := xs[a*3+c], xs[b*3+c]
				less := u < v || v != v && u == u
				more := u > v || u != u && v == v
				if descending {
					less, more = more, less
				}
				switch {
				case less:
					return -1
				case more:
					return 1
				}
				return 0
			})
			for i, p := range places[:k] {
				if ys[i*3+c] != int64(p) {
					t.Fatalf("descending %v, the first %d: number %d of column %d is %d, want %d", descending, k, i,
						c, ys[i*3+c], p)
				}
			}
		}
	}
}
