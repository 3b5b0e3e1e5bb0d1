package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Range sets element i of dst, in row-major order, to start + i·step. It computes whole numbers in int64 if dst holds
// integers.
func (*Device) Range(dst *device.Array, start, step float64) {
	s := scratches.Get()
	defer scratches.Put(s)
	seen := 0
	if !dst.DType.IsFloat() && start == math.Trunc(start) && step == math.Trunc(step) {
		value, increment := saturated(start), saturated(step)
		for l := plan(dst, nil, nil, nil); l.left > 0; l.next() {
			for i := 0; i < l.n; i += chunk {
				v := s.i64[0][:min(chunk, l.n-i)]
				for j := range v {
					v[j] = value
					value += increment
				}
				store(dst, l.off[0]+i*l.step[0], l.step[0], v)
			}
		}
		return
	}
	for l := plan(dst, nil, nil, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			v := s.f64[0][:min(chunk, l.n-i)]
			for j := range v {
				v[j] = start + float64(step*float64(seen+j))
			}
			store(dst, l.off[0]+i*l.step[0], l.step[0], v)
			seen += len(v)
		}
	}
}

// linesAlong returns a loop over the first elements of all lines along dim, the length of the last array's lines, and
// each array's stride along dim. The arrays have the same sizes except along dim.
func linesAlong(dst, x, y *device.Array, dim int) (loop, int, [3]int) {
	n := 1
	var step [3]int
	var arrays [3]*device.Array
	var first [3]device.Array
	for k, a := range [...]*device.Array{dst, x, y} {
		if a == nil {
			continue
		}
		first[k] = *a
		if a.Rank > 0 {
			step[k] = a.Strides[dim]
			n = a.Dims[dim]
			first[k].Dims[dim] = min(n, 1)
			first[k].Refresh()
		}
		arrays[k] = &first[k]
	}
	return plan(arrays[0], arrays[1], arrays[2], nil), n, step
}

// Scan computes the cumulative sum or product along dim, from the first element or, in reverse, from the last. It
// accumulates float32 and float64 in float64, and 16-bit floats in float32.
func (*Device) Scan(op device.Reduction, dst, x *device.Array, dim int, reverse bool) {
	run := types[x.DType].scan
	if run == nil || dst.DType != x.DType {
		noKernel("scan", x.DType)
	}
	run(op, dst, x, dim, reverse)
}

func scan[T, A element](op device.Reduction, dst, x *device.Array, dim int, reverse bool) {
	d, v := fromOffset[T](dst), fromOffset[T](x)
	s := scratches.Get()
	all := scratchBuffer[A](s, 0)
	l, n, step := linesAlong(dst, x, nil, dim)
	first := [2]int{}
	if reverse {
		for k := range first {
			first[k] = (n - 1) * step[k]
			step[k] = -step[k]
		}
	}
	for ; l.left > 0; l.next() {
		off0, off1 := l.off[0]+first[0], l.off[1]+first[1]
		s0, s1 := l.step[0], l.step[1]
		if s0 != 1 || s1 != 1 || l.n < lanes {
			i := 0
			for ; i <= l.n-lanes; i += lanes {
				scanLines[T, A](op, d, v, off0+i*s0, off1+i*s1, s0, s1, n, step)
			}
			for ; i < l.n; i++ {
				scanLine[T, A](op, d, v, off0+i*s0, off1+i*s1, n, step)
			}
			continue
		}
		// Neighbouring lines are contiguous: accumulate them together, a row of elements at a time.
		for i := 0; i < l.n; i += chunk {
			acc := all[:min(chunk, l.n-i)]
			for j := range acc {
				acc[j] = A(bit(op == device.Prod))
			}
			p0, p1 := off0+i, off1+i
			for range n {
				in, out := v[p1:p1+len(acc)], d[p0:p0+len(acc)]
				if op == device.Prod {
					for j := range acc {
						acc[j] *= A(in[j])
						out[j] = T(acc[j])
					}
				} else {
					for j := range acc {
						acc[j] += A(in[j])
						out[j] = T(acc[j])
					}
				}
				p0 += step[0]
				p1 += step[1]
			}
		}
	}
	scratches.Put(s)
}

func scanLine[T, A element](op device.Reduction, d, v []T, off0, off1, n int, step [3]int) {
	prod := op == device.Prod
	acc := A(bit(prod))
	for range n {
		if x := A(v[off1]); prod {
			acc *= x
		} else {
			acc += x
		}
		d[off0] = T(acc)
		off0 += step[0]
		off1 += step[1]
	}
}

// lanes is the number of lines that are scanned together: an addition waits for the previous one of its line, but not
// for those of others.
const lanes = 4

// scanLines scans four lines of n elements. The lines begin s0 apart in d and s1 apart in v.
func scanLines[T, A element](op device.Reduction, d, v []T, off0, off1, s0, s1, n int, step [3]int) {
	var a, b, c, e A
	prod := op == device.Prod
	if step[0] == 1 && step[1] == 1 && !prod { // the most frequent scan, without checks of the indices
		w, x, y, z := v[off1:][:n], v[off1+s1:][:n], v[off1+2*s1:][:n], v[off1+3*s1:][:n]
		dw, dx, dy, dz := d[off0:][:n], d[off0+s0:][:n], d[off0+2*s0:][:n], d[off0+3*s0:][:n]
		for i := range w {
			a, b, c, e = a+A(w[i]), b+A(x[i]), c+A(y[i]), e+A(z[i])
			dw[i], dx[i], dy[i], dz[i] = T(a), T(b), T(c), T(e)
		}
		return
	}
	if prod {
		a, b, c, e = 1, 1, 1, 1
	}
	for range n {
		w, x, y, z := A(v[off1]), A(v[off1+s1]), A(v[off1+2*s1]), A(v[off1+3*s1])
		if prod {
			a, b, c, e = a*w, b*x, c*y, e*z
		} else {
			a, b, c, e = a+w, b+x, c+y, e+z
		}
		d[off0], d[off0+s0], d[off0+2*s0], d[off0+3*s0] = T(a), T(b), T(c), T(e)
		off0 += step[0]
		off1 += step[1]
	}
}

func scanHalf(op device.Reduction, dst, x *device.Array, dim int, reverse bool) {
	d, v := fromOffset[uint16](dst), fromOffset[uint16](x)
	code := codeOf(x.DType)
	l, n, step := linesAlong(dst, x, nil, dim)
	for ; l.left > 0; l.next() {
		for i := range l.n {
			off0, off1, s0, s1 := l.off[0]+i*l.step[0], l.off[1]+i*l.step[1], step[0], step[1]
			if reverse {
				off0, off1, s0, s1 = off0+(n-1)*s0, off1+(n-1)*s1, -s0, -s1
			}
			acc := float32(0)
			if op == device.Prod {
				acc = 1
			}
			for range n {
				if e := code.decode(v[off1]); op == device.Prod {
					acc *= e
				} else {
					acc += e
				}
				d[off0] = code.encode(acc)
				off0 += s0
				off1 += s1
			}
		}
	}
}

// Recur computes yᵢ = bᵢ + aᵢ·yᵢ₋₁ along dim or, in reverse, yᵢ = bᵢ + aᵢ·yᵢ₊₁.
func (*Device) Recur(dst, a, b *device.Array, dim int, reverse bool) {
	switch dst.DType {
	case device.Float32:
		recur[float32](dst, a, b, dim, reverse)
	case device.Float64:
		recur[float64](dst, a, b, dim, reverse)
	default:
		noKernel("recurrence", dst.DType)
	}
}

func recur[T float](dst, a, b *device.Array, dim int, reverse bool) {
	d, va, vb := fromOffset[T](dst), fromOffset[T](a), fromOffset[T](b)
	l, n, step := linesAlong(dst, a, b, dim)
	for ; l.left > 0; l.next() {
		for i := range l.n {
			off := [3]int{l.off[0] + i*l.step[0], l.off[1] + i*l.step[1], l.off[2] + i*l.step[2]}
			s := step
			if reverse {
				for k := range off {
					off[k] += (n - 1) * s[k]
					s[k] = -s[k]
				}
			}
			y := 0.0
			for j := range n {
				r := float64(vb[off[2]])
				if j > 0 { // the first element has no predecessor, and a y of 0 times an infinite a would be NaN
					r += float64(float64(va[off[1]]) * y)
				}
				y = r
				d[off[0]] = T(y)
				for k := range off {
					off[k] += s[k]
				}
			}
		}
	}
}
