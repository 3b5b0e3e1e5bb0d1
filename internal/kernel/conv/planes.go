package conv

// planes are the arguments of the kernels of depthwise convolutions, in which one plane of the source and one of the
// destination belong to each other. planesGeneric computes
//
//	c[i*ldc+j] = act(bias + Σ_ky Σ_kx w[ky*kw+kx] · b[(i*step+ky)*ldb + table[kx] + j])
//
// for i < rows and j < n; planesGradGeneric computes the gradient of the weights,
//
//	w[ky*kw+kx] = [w[ky*kw+kx] +] Σ_i Σ_j c[i*ldc+j] · b[(i*step+ky)*ldb + table[kx] + j]
//
// The sizes are at least 1. The assembly knows kernels of 1 to 5 and of 7 rows, and steps of 1 and 2.
type planes[T Float] struct {
	c            []T
	ldc          int
	b            []T
	ldb          int
	w            []T
	table        []int32
	bias         T // not beside relu, so that the offsets of all fields are the same for both types
	kh, kw, step int
	rows, n      int
	relu, add    bool
}

func planesGeneric[T Float](p *planes[T]) {
	for i := range p.rows {
		c := p.c[i*p.ldc:][:p.n]
		for j := range c {
			c[j] = p.bias
		}
		for ky := range p.kh {
			for kx := range p.kw {
				w := p.w[ky*p.kw+kx]
				b := p.b[(i*p.step+ky)*p.ldb+int(p.table[kx]):][:p.n]
				for j, v := range b {
					c[j] += w * v
				}
			}
		}
		if p.relu {
			for j, v := range c {
				if v < 0 {
					c[j] = 0
				}
			}
		}
	}
}

func planesGradGeneric[T Float](p *planes[T]) {
	for ky := range p.kh {
		for kx := range p.kw {
			var sum T
			for i := range p.rows {
				b := p.b[(i*p.step+ky)*p.ldb+int(p.table[kx]):][:p.n]
				for j, v := range p.c[i*p.ldc:][:p.n] {
					sum += v * b[j]
				}
			}
			if w := &p.w[ky*p.kw+kx]; p.add {
				*w += sum
			} else {
				*w = sum
			}
		}
	}
}

// splitGeneric sets even[i*ldd+j] = src[i*lds+2*j] and odd[i*ldd+j] = src[i*lds+2*j+1] for i < rows and the elements of
// rows of cols elements; neither size is 0.
func splitGeneric[T Float](even, odd []T, ldd int, src []T, lds, rows, cols int) {
	for i := range rows {
		s := src[i*lds:][:cols]
		for j := range (cols + 1) / 2 {
			even[i*ldd+j] = s[2*j]
		}
		for j := range cols / 2 {
			odd[i*ldd+j] = s[2*j+1]
		}
	}
}

// spreadGeneric sets dst[i*ldd+2*j] = src[i*lds+j] and the elements between them to 0, for i < rows and j < cols; neither
// size is 0.
func spreadGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	for i := range rows {
		d := dst[i*ldd:][:2*cols-1]
		clear(d)
		for j, v := range src[i*lds:][:cols] {
			d[2*j] = v
		}
	}
}
