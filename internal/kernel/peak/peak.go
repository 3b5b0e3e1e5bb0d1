// Package peak measures the peak speed of the processor's multiply-add units: a loop of independent float32
// multiply-adds on registers. It is an upper bound of the speed of a matrix product on vector units.
package peak

// FLOPs returns the number of floating-point operations of one call of [Run]: a multiply-add counts as two.
func FLOPs(iterations int) float64 { return 2 * float64(lanes()) * accumulators * float64(iterations) }

// accumulators is the number of vectors that are summed at the same time: more than the latency of the units times
// their number.
const accumulators = 12

// Run runs a number of iterations. Each adds to every accumulator once.
func Run(iterations int) { run(iterations) }

// generic is the loop in plain Go, for processors without assembly. It returns the sum, so that the compiler keeps the
// loop.
func generic(iterations int) (sum float32) {
	var a [accumulators]float32
	x := float32(1.0000001)
	for range iterations {
		a[0] += x * x
		a[1] += x * x
		a[2] += x * x
		a[3] += x * x
		a[4] += x * x
		a[5] += x * x
		a[6] += x * x
		a[7] += x * x
		a[8] += x * x
		a[9] += x * x
		a[10] += x * x
		a[11] += x * x
	}
	for _, v := range a {
		sum += v
	}
	return sum
}
