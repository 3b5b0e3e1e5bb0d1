package vec

import "fmt"

// The functions of this file read or write rows of x, each of as many elements as the other slice has, one after the
// other and in the order of their numbers in index.

// GatherSum adds the rows of x to dst, each times its factor and rounded once. Without factors, nil, they are 1.
func GatherSum[T Float](dst, x []T, index []int64, factors []T) {
	checkGathered(len(x), len(dst), index, factors)
	if isa, ok := vectors[T](); ok && len(index) > 0 {
		gatherSumAt(isa, first(dst), first(x), &index[0], first(factors), len(dst), len(index))
		return
	}
	for i, k := range index {
		row := x[int(k)*len(dst):][:len(dst)]
		if factors == nil {
			for j, v := range row {
				dst[j] += v
			}
			continue
		}
		for j, v := range row {
			dst[j] = fma(factors[i], v, dst[j])
		}
	}
}

// GatherMax sets dst to the largest elements of the rows of x, and chosen to the numbers of their rows, the first of
// equal ones. A NaN is larger than all. There is at least one row, and their numbers are below 2³¹.
func GatherMax[T Float](dst []T, chosen []int32, x []T, index []int64) {
	same(len(dst), len(chosen))
	checkGathered[T](len(x), len(dst), index, nil)
	if isa, ok := vectors[T](); ok && len(dst) > 0 {
		gatherMaxAt(isa, first(dst), &chosen[0], first(x), &index[0], len(dst), len(index))
		return
	}
	for i, k := range index {
		for j, v := range x[int(k)*len(dst):][:len(dst)] {
			if best := dst[j]; i == 0 || v > best || v != v && best == best {
				dst[j], chosen[j] = v, int32(k)
			}
		}
	}
}

// SpreadAdd adds src to the rows of x, each time multiplied by the row's factor and rounded once. Without factors, nil,
// they are 1.
func SpreadAdd[T Float](x, src []T, index []int64, factors []T) {
	checkGathered(len(x), len(src), index, factors)
	if isa, ok := vectors[T](); ok && len(index) > 0 {
		spreadAddAt(isa, first(x), first(src), &index[0], first(factors), len(src), len(index))
		return
	}
	for i, k := range index {
		row := x[int(k)*len(src):][:len(src)]
		if factors == nil {
			for j, v := range src {
				row[j] += v
			}
			continue
		}
		for j, v := range src {
			row[j] = fma(factors[i], v, row[j])
		}
	}
}

// checkGathered panics unless n elements have the rows of size elements, and each row a factor.
func checkGathered[T Float](n, size int, index []int64, factors []T) {
	if factors != nil {
		same(len(index), len(factors))
	}
	if size == 0 {
		return
	}
	if rows := n / size; !Within(index, 0, int64(rows)-1) {
		panic(fmt.Sprintf("vec: the number of a row is not among those of %d rows", rows))
	}
}
