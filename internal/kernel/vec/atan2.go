package vec

import "math"

// Atan2 sets dst to the angle of the point (x, y) in radians, between -π and π.
func Atan2[T Float](dst, y, x []T) {
	same(len(dst), len(y), len(x))
	if map2(opAtan2, dst, y, x, 0, 0) {
		return
	}
	for i, v := range y {
		dst[i] = T(math.Atan2(float64(v), float64(x[i])))
	}
}
