package conv

// The plain loops define the results. They run on processors and builds without assembly, and for shapes for which
// there is no faster loop.

// eachRow calls f for all products of one output channel's image y and one input channel's image x, a row at a time: for
// i < count, the product of weight tap, element yAt+i of y and element xAt+i·stride of x, where stride is Stride[2].
func (s *Shape) eachRow(f func(tap, yAt, xAt, count int)) {
	tap := 0
	for kz := range s.Kernel[0] {
		z0, z1 := s.inside(0, kz)
		for ky := range s.Kernel[1] {
			y0, y1 := s.inside(1, ky)
			for kx := range s.Kernel[2] {
				x0, x1 := s.inside(2, kx)
				for z := z0; z < z1; z++ {
					for y := y0; y < y1; y++ {
						if x0 < x1 {
							row := s.at(0, z, kz)*s.Input[1] + s.at(1, y, ky)
							f(tap, (z*s.Output[1]+y)*s.Output[2]+x0, row*s.Input[2]+s.at(2, x0, kx), x1-x0)
						}
					}
				}
				tap++
			}
		}
	}
}

// at returns the input position of output position p and kernel position k in dimension d.
func (s *Shape) at(d, p, k int) int { return p*s.Stride[d] + k*s.Dilation[d] - s.Padding[d] }

// inside returns the range of output positions whose input position at kernel position k lies inside the input.
func (s *Shape) inside(d, k int) (from, to int) {
	offset := k*s.Dilation[d] - s.Padding[d]
	if offset < 0 {
		from = ceil(-offset, s.Stride[d])
	}
	if last := s.Input[d] - 1 - offset; last >= 0 {
		to = min(last/s.Stride[d]+1, s.Output[d])
	}
	return from, to
}

// ceil returns x/y, rounded up.
func ceil(x, y int) int { return (x + y - 1) / y }

func forwardPlain[T Float](y, x, w, bias []T, s *Shape, relu bool) {
	in, size, image, taps := s.In/s.Groups, product(s.Output), product(s.Input), product(s.Kernel)
	for i := range s.Batch * s.Out {
		n, o := i/s.Out, i%s.Out
		group := o / (s.Out / s.Groups)
		y := y[i*size:][:size]
		var b T
		if bias != nil {
			b = bias[o]
		}
		for j := range y {
			y[j] = b
		}
		for c := range in {
			x, w := x[(n*s.In+group*in+c)*image:][:image], w[(o*in+c)*taps:][:taps]
			s.eachRow(func(tap, yAt, xAt, count int) {
				for j := range y[yAt:][:count] {
					y[yAt+j] += w[tap] * x[xAt+j*s.Stride[2]]
				}
			})
		}
		if relu {
			for j, v := range y {
				if v < 0 {
					y[j] = 0
				}
			}
		}
	}
}

func gradInputPlain[T Float](dx, dy, w []T, s *Shape) {
	in, out, size, image, taps := s.In/s.Groups, s.Out/s.Groups, product(s.Output), product(s.Input), product(s.Kernel)
	for i := range s.Batch * s.In {
		n, group, c := i/s.In, i%s.In/in, i%in
		dx := dx[i*image:][:image]
		clear(dx)
		for o := group * out; o < (group+1)*out; o++ {
			dy, w := dy[(n*s.Out+o)*size:][:size], w[(o*in+c)*taps:][:taps]
			s.eachRow(func(tap, yAt, xAt, count int) {
				for j, d := range dy[yAt:][:count] {
					dx[xAt+j*s.Stride[2]] += w[tap] * d
				}
			})
		}
	}
}

func gradWeightPlain[T Float](dw, dy, x []T, s *Shape) {
	in, out, size, image, taps := s.In/s.Groups, s.Out/s.Groups, product(s.Output), product(s.Input), product(s.Kernel)
	for i := range s.Out * in {
		o, c := i/in, i/in/out*in+i%in
		dw := dw[i*taps:][:taps]
		clear(dw)
		for n := range s.Batch {
			dy, x := dy[(n*s.Out+o)*size:][:size], x[(n*s.In+c)*image:][:image]
			s.eachRow(func(tap, yAt, xAt, count int) {
				var sum T
				for j, d := range dy[yAt:][:count] {
					sum += d * x[xAt+j*s.Stride[2]]
				}
				dw[tap] += sum
			})
		}
	}
}
