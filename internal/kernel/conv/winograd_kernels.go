package conv

// winogradInput are the arguments of the kernel that transforms src: for l below the lanes of a vector, channels
// c < channels, and the 4×4 matrix d of the columns at+2·l to at+2·l+3 of the four rows,
//
//	v[(4·i+j)*plane + c*channel + l] = (Bᵀ d B)[i][j]
//
// Columns at+m are 0 unless they are in the masks: bit b of masks[0] is for m = b, of masks[1] for m = lanes+b, of
// masks[2] for m = 2+b, of masks[3] for m = lanes+2+b.
type winogradInput[T Float] struct {
	rows           [4][]T // of the first channel
	next           [4]int // from one channel to the next
	at             int    // may be negative
	masks          [4]uint64
	v              []T
	plane, channel int
	channels       int
}

func winogradInputGeneric[T Float](w *winogradInput[T], lanes int) {
	for c := range w.channels {
		for l := range lanes {
			var d, h [4][4]T
			for r := range 4 {
				for j := range 4 {
					m := 2*l + j
					inside := m < lanes && w.masks[0]>>m&1 != 0 || m >= lanes && m < 2*lanes && w.masks[1]>>(m-lanes)&1 != 0 ||
						m >= 2*lanes && w.masks[3]>>(m-lanes-2)&1 != 0
					if inside {
						d[r][j] = w.rows[r][c*w.next[r]+w.at+m]
					}
				}
				h[r] = [4]T{d[r][0] - d[r][2], d[r][1] + d[r][2], d[r][2] - d[r][1], d[r][1] - d[r][3]}
			}
			for j := range 4 {
				for i, v := range [4]T{h[0][j] - h[2][j], h[1][j] + h[2][j], h[2][j] - h[1][j], h[1][j] - h[3][j]} {
					w.v[(4*i+j)*w.plane+c*w.channel+l] = v
				}
			}
		}
	}
}

// winogradOutput are the arguments of the kernel that computes dst: for l below the lanes of a vector, channels
// o < channels, and M[i][j] = m[(4·i+j)*plane + o*channel + l],
//
//	y[o*next + i*lower + 2·l+j] = act((Aᵀ M A)[i][j] + bias[o])
//
// for i and j of 0 and 1, if the bit of 2·l+j is set: bit b of masks[0] for b, of masks[1] for lanes+b. If lower is 0,
// there is no second row. The bias may be nil.
type winogradOutput[T Float] struct {
	m              []T
	plane, channel int
	channels       int
	y              []T
	next, lower    int
	masks          [2]uint64
	bias           []T
	relu           bool
}

func winogradOutputGeneric[T Float](w *winogradOutput[T], lanes int) {
	for o := range w.channels {
		for l := range lanes {
			var s [2][4]T
			for j := range 4 {
				var m [4]T
				for i := range 4 {
					m[i] = w.m[(4*i+j)*w.plane+o*w.channel+l]
				}
				s[0][j], s[1][j] = m[0]+m[1]+m[2], m[1]-m[2]-m[3]
			}
			for i := range 2 {
				for j, v := range [2]T{s[i][0] + s[i][1] + s[i][2], s[i][1] - s[i][2] - s[i][3]} {
					x := 2*l + j
					if w.masks[x/lanes]>>(x%lanes)&1 == 0 || i == 1 && w.lower == 0 {
						continue
					}
					if w.bias != nil {
						v += w.bias[o]
					}
					if w.relu && v < 0 {
						v = 0
					}
					w.y[o*w.next+i*w.lower+x] = v
				}
			}
		}
	}
}

// winogradWeightsGeneric sets dst[(4·i+j)*plane+l] = (G g Gᵀ)[i][j] for l < n, where g[i][j] is src[(3·i+j)*ld+l].
func winogradWeightsGeneric[T Float](dst []T, plane int, src []T, ld, n int) {
	for l := range n {
		var g [4][3]T
		for j := range 3 {
			a, b, c := src[j*ld+l], src[(3+j)*ld+l], src[(6+j)*ld+l]
			g[0][j], g[1][j], g[2][j], g[3][j] = a, (a+c+b)/2, (a+c-b)/2, c
		}
		for i := range 4 {
			a, b, c := g[i][0], g[i][1], g[i][2]
			for j, v := range [4]T{a, (a + c + b) / 2, (a + c - b) / 2, c} {
				dst[(4*i+j)*plane+l] = v
			}
		}
	}
}
