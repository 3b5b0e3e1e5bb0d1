package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// eachLevel runs f once for every instruction set of this processor.
func eachLevel(t *testing.T, f func(t *testing.T)) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			f(t)
		})
	}
}

// rounds returns n, or fewer in short mode or with the race detector.
func rounds(n int) int {
	if testing.Short() || raceEnabled {
		return max(n/8, 1)
	}
	return n
}

// A problem is a convolution of small integers, whose sums are exact in any order.
type problem[T Float] struct {
	s             Shape
	x, w, bias, y []T
	relu          bool
}

func (p *problem[T]) String() string {
	return fmt.Sprintf("%T %+v bias=%v relu=%v", p.x, p.s, p.bias != nil, p.relu)
}

func newProblem[T Float](rng *rand.Rand, s Shape) *problem[T] {
	p := &problem[T]{s: s, relu: rng.IntN(2) == 0}
	p.x, p.w, p.y = integers[T](rng, s.InputLen()), integers[T](rng, s.WeightLen()), integers[T](rng, s.OutputLen())
	if rng.IntN(2) == 0 {
		p.bias = integers[T](rng, s.Out)
	}
	return p
}

const guard = 19

// integers returns n small integers between guards of NaN, at an address that is not a multiple of a vector.
func integers[T Float](rng *rand.Rand, n int) []T {
	s := make([]T, n+2*guard)
	for i := range s {
		s[i] = T(math.NaN())
		if guard <= i && i < n+guard {
			s[i] = T(rng.IntN(9) - 4)
		}
	}
	return s[guard : n+guard : n+guard]
}

// each calls f for each product in the definition of the convolution, with the indices of its elements.
func (p *problem[T]) each(f func(y, x, w int)) {
	s := &p.s
	in, out := s.In/s.Groups, s.Out/s.Groups
	index := func(size, at [3]int) int { return (at[0]*size[1]+at[1])*size[2] + at[2] }
	positions := func(size [3]int, f func(at [3]int)) {
		for i := range product(size) {
			f([3]int{i / size[2] / size[1], i / size[2] % size[1], i % size[2]})
		}
	}
	for n := range s.Batch {
		for o := range s.Out {
			for c := range in {
				positions(s.Output, func(at [3]int) {
					positions(s.Kernel, func(k [3]int) {
						var q [3]int
						for d := range 3 {
							q[d] = at[d]*s.Stride[d] + k[d]*s.Dilation[d] - s.Padding[d]
							if q[d] < 0 || q[d] >= s.Input[d] {
								return
							}
						}
						f((n*s.Out+o)*product(s.Output)+index(s.Output, at), (n*s.In+o/out*in+c)*product(s.Input)+index(s.Input, q),
							(o*in+c)*product(s.Kernel)+index(s.Kernel, k))
					})
				})
			}
		}
	}
}

// want returns the expected results of the three passes.
func (p *problem[T]) want() (y, dx, dw []T) {
	y, dx, dw = make([]T, len(p.y)), make([]T, len(p.x)), make([]T, len(p.w))
	p.each(func(yi, xi, wi int) {
		y[yi] += p.x[xi] * p.w[wi]
		dx[xi] += p.y[yi] * p.w[wi]
		dw[wi] += p.y[yi] * p.x[xi]
	})
	for i := range y {
		if p.bias != nil {
			y[i] += p.bias[i/product(p.s.Output)%p.s.Out]
		}
		if p.relu {
			y[i] = max(y[i], 0)
		}
	}
	return y, dx, dw
}

// plain returns the results of the plain loops.
func (p *problem[T]) plain() (y, dx, dw []T) {
	y, dx, dw = make([]T, len(p.y)), make([]T, len(p.x)), make([]T, len(p.w))
	forwardPlain(y, p.x, p.w, p.bias, &p.s, p.relu)
	gradInputPlain(dx, p.y, p.w, &p.s)
	gradWeightPlain(dw, p.y, p.x, &p.s)
	return y, dx, dw
}

// check compares the three passes with the expected results; the elements around the results must stay unchanged.
func (p *problem[T]) check(t *testing.T, wantY, wantDx, wantDw []T) {
	t.Helper()
	for _, pass := range []struct {
		name string
		want []T
		run  func(dst []T)
	}{
		{"Forward", wantY, func(dst []T) { Forward(dst, p.x, p.w, p.bias, &p.s, p.relu) }},
		{"GradInput", wantDx, func(dst []T) { GradInput(dst, p.y, p.w, &p.s) }},
		{"GradWeight", wantDw, func(dst []T) { GradWeight(dst, p.y, p.x, &p.s) }},
	} {
		dst := make([]T, len(pass.want)+2*guard)
		for i := range dst {
			dst[i] = T(math.Pi)
		}
		pass.run(dst[guard : len(dst)-guard : len(dst)-guard])
		for i, v := range dst {
			want := T(math.Pi)
			if i >= guard && i < len(dst)-guard {
				want = pass.want[i-guard]
			}
			if v != want {
				t.Fatalf("%v: %s: element %d of %d is %v, want %v", p, pass.name, i-guard, len(pass.want), v, want)
			}
		}
	}
}

// checkShape compares the passes, and the plain loops, with the definition.
func checkShape[T Float](t *testing.T, rng *rand.Rand, s Shape) {
	t.Helper()
	p := newProblem[T](rng, s)
	y, dx, dw := p.want()
	p.check(t, y, dx, dw)
	plainY, plainDx, plainDw := p.plain()
	if !slices.Equal(y, plainY) || !slices.Equal(dx, plainDx) || !slices.Equal(dw, plainDw) {
		t.Fatalf("%v: the plain loops compute something else", p)
	}
}

// shape returns a shape whose padding at the end equals that at the beginning.
func shape(batch, groups, in, out int, input, kernel, stride, padding, dilation [3]int) Shape {
	s := Shape{batch, groups, in, out, input, kernel, [3]int{}, stride, padding, dilation}
	for d := range 3 {
		s.Output[d] = max((input[d]+2*padding[d]-dilation[d]*(kernel[d]-1)-1)/stride[d]+1, 0)
	}
	return s
}

// randomShape returns a shape of at most dims dimensions with every setting at random.
func randomShape(rng *rand.Rand, dims int) Shape {
	groups := 1
	if rng.IntN(3) == 0 {
		groups = 1 + rng.IntN(5)
	}
	s := Shape{Batch: 1 + rng.IntN(3), Groups: groups, In: groups * (1 + rng.IntN(6)), Out: groups * (1 + rng.IntN(6))}
	for d := range 3 {
		s.Input[d], s.Kernel[d], s.Output[d], s.Stride[d], s.Dilation[d] = 1, 1, 1, 1, 1
		if d < 3-dims {
			continue
		}
		s.Input[d], s.Kernel[d] = 1+rng.IntN(9), 1+rng.IntN(4)
		s.Stride[d], s.Dilation[d], s.Padding[d] = 1+rng.IntN(3), 1+rng.IntN(2), rng.IntN(4)
		s.Output[d] = max((s.Input[d]+s.Padding[d]+rng.IntN(4)-s.Dilation[d]*(s.Kernel[d]-1)-1)/s.Stride[d]+1, 0)
	}
	return s
}

// depthwiseShape returns a shape of two dimensions with one channel in each group.
func depthwiseShape(rng *rand.Rand) Shape {
	channels := 1 + rng.IntN(6)
	s := Shape{Batch: 1 + rng.IntN(3), Groups: channels, In: channels, Out: channels,
		Input: [3]int{1, 1 + rng.IntN(20), 1 + rng.IntN(40)}, Kernel: [3]int{1, 1 + 2*rng.IntN(4), 1 + rng.IntN(7)},
		Stride: [3]int{1, 1 + rng.IntN(2), 1 + rng.IntN(3)}, Dilation: [3]int{1, 1, 1 + rng.IntN(2)}}
	s.Padding = [3]int{0, rng.IntN(5), rng.IntN(5)}
	s.Output[0] = 1
	for d := 1; d < 3; d++ {
		s.Output[d] = max((s.Input[d]+s.Padding[d]+rng.IntN(5)-s.Dilation[d]*(s.Kernel[d]-1)-1)/s.Stride[d]+1, 0)
	}
	return s
}

func TestRandomShapes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range rounds(300) {
			s := randomShape(rng, 1+i%3)
			if i%4 == 3 {
				s = depthwiseShape(rng)
			}
			checkShape[float32](t, rng, s)
			checkShape[float64](t, rng, s)
		}
	})
}

// largeShapes are beyond the blocks of the passes: several panels, ranges, chunks of channels, blocks of positions, and
// parts of a batch.
var largeShapes = []Shape{
	shape(1, 1, 3, 20, [3]int{1, 40, 70}, [3]int{1, 7, 7}, [3]int{1, 2, 2}, [3]int{0, 3, 3}, [3]int{1, 1, 1}),
	shape(2, 1, 24, 140, [3]int{1, 14, 15}, [3]int{1, 3, 3}, [3]int{1, 1, 1}, [3]int{0, 1, 1}, [3]int{1, 1, 1}),
	shape(1, 1, 300, 70, [3]int{1, 7, 7}, [3]int{1, 3, 3}, [3]int{1, 1, 1}, [3]int{0, 1, 1}, [3]int{1, 1, 1}),
	shape(9, 1, 20, 40, [3]int{1, 5, 5}, [3]int{1, 3, 3}, [3]int{1, 2, 2}, [3]int{0, 1, 1}, [3]int{1, 1, 1}),
	shape(2, 1, 30, 70, [3]int{1, 32, 32}, [3]int{1, 1, 1}, [3]int{1, 1, 1}, [3]int{}, [3]int{1, 1, 1}),
	shape(2, 1, 30, 70, [3]int{1, 33, 20}, [3]int{1, 1, 1}, [3]int{1, 2, 2}, [3]int{}, [3]int{1, 1, 1}),
	shape(1, 1, 8, 33, [3]int{1, 1, 3000}, [3]int{1, 1, 5}, [3]int{1, 1, 2}, [3]int{0, 0, 2}, [3]int{1, 1, 3}),
	shape(2, 2, 10, 34, [3]int{6, 20, 18}, [3]int{3, 3, 3}, [3]int{1, 2, 1}, [3]int{1, 1, 1}, [3]int{1, 1, 1}),
	shape(3, 40, 40, 40, [3]int{1, 56, 33}, [3]int{1, 3, 3}, [3]int{1, 1, 1}, [3]int{0, 1, 1}, [3]int{1, 1, 1}),
	shape(3, 1, 1, 32, [3]int{1, 28, 28}, [3]int{1, 3, 3}, [3]int{1, 1, 1}, [3]int{}, [3]int{1, 1, 1}),
	shape(1, 1, 2, 3, [3]int{1, 1, 3<<14 + 2}, [3]int{1, 1, 3}, [3]int{1, 1, 1 << 14}, [3]int{0, 0, 1},
		[3]int{1, 1, 1}), // few elements in windows
}

func TestLargeShapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for i, s := range largeShapes {
		if raceEnabled && i%4 != 0 {
			continue
		}
		testLargeShape[float32](t, rng, s)
		if i%3 == 0 {
			testLargeShape[float64](t, rng, s)
		}
	}
}

func testLargeShape[T Float](t *testing.T, rng *rand.Rand, s Shape) {
	p := newProblem[T](rng, s)
	y, dx, dw := p.plain()
	eachLevel(t, func(t *testing.T) {
		if cpu.ISA() != cpu.Generic || !testing.Short() {
			p.check(t, y, dx, dw)
		}
	})
}

// TestReuse checks that steady passes allocate nothing.
func TestReuse(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	rng := rand.New(rand.NewPCG(17, 18))
	for _, s := range append(largeShapes[:4:4], largeShapes[8]) {
		p := newProblem[float32](rng, s)
		dx, dw := make([]float32, len(p.x)), make([]float32, len(p.w))
		n := testing.AllocsPerRun(3, func() {
			Forward(p.y, p.x, p.w, p.bias, &s, p.relu)
			GradInput(dx, p.y, p.w, &s)
			GradWeight(dw, p.y, p.x, &s)
		})
		if n != 0 {
			t.Errorf("%v: %v allocations in a step", p, n)
		}
	}
}

func TestEmpty(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	one := [3]int{1, 1, 1}
	for _, s := range []Shape{
		{0, 1, 2, 3, one, one, one, one, [3]int{}, one},
		{2, 1, 0, 3, one, one, one, one, [3]int{}, one},
		{2, 1, 2, 0, one, one, one, one, [3]int{}, one},
		{2, 1, 2, 3, [3]int{1, 0, 4}, one, [3]int{1, 2, 6}, one, one, one}, // y is the bias
		{2, 1, 2, 3, [3]int{1, 4, 4}, one, [3]int{1, 0, 4}, one, one, one}, // the gradients are 0
	} {
		checkShape[float32](t, rng, s)
		checkShape[float64](t, rng, s)
	}
}

// TestThreads checks that the number of threads changes no bit.
func TestThreads(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		shapes := slices.Clone(largeShapes)
		for i := range rounds(20) {
			shapes = append(shapes, randomShape(rng, 1+i%3))
		}
		if raceEnabled || cpu.ISA() == cpu.Generic {
			shapes = shapes[8:]
		}
		for _, s := range shapes {
			p := newProblem[float32](rng, s)
			for _, v := range [][]float32{p.x, p.w, p.y} {
				for i := range v {
					v[i] = rng.Float32() - 0.5
				}
			}
			var first [3][]float32
			for threads := 1; threads <= 3; threads++ {
				pool.SetThreads(threads)
				got := [3][]float32{make([]float32, len(p.y)), make([]float32, len(p.x)), make([]float32, len(p.w))}
				Forward(got[0], p.x, p.w, p.bias, &s, p.relu)
				GradInput(got[1], p.y, p.w, &s)
				GradWeight(got[2], p.y, p.x, &s)
				if threads == 1 {
					first = got
				}
				for i := range got {
					if !slices.Equal(got[i], first[i]) {
						t.Fatalf("%v: result %d with %d threads differs from that with 1", p, i, threads)
					}
				}
			}
		}
	})
}

func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	one := [3]int{1, 1, 1}
	y := make([]float32, 1)
	Forward(y, []float32{nan}, []float32{0}, nil, &Shape{1, 1, 1, 1, one, one, one, one, [3]int{}, one}, true)
	if y[0] == y[0] {
		t.Errorf("ReLU of 0·NaN is %v, want NaN", y[0])
	}
}

func TestMistakes(t *testing.T) {
	one := [3]int{1, 1, 1}
	good := Shape{1, 1, 1, 1, one, one, one, one, [3]int{}, one}
	v := make([]float32, 1)
	for name, f := range map[string]func(){
		"length": func() { Forward(v, v, make([]float32, 2), nil, &good, false) },
		"bias":   func() { Forward(v, v, v, make([]float32, 2), &good, false) },
		"groups": func() { s := good; s.Groups = 2; GradInput(v, v, v, &s) },
		"stride": func() { s := good; s.Stride[1] = 0; GradWeight(v, v, v, &s) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
