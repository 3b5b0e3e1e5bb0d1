// Package peak measures what the processor's multiply-add units give at best: a loop of independent float32 multiply-adds on
// registers alone. Nothing can multiply matrices faster, and nothing reaches it.
package peak

// FLOPs is the number of floating-point operations of one call of Run: a multiply-add counts as two.
func FLOPs(iterations int) float64 { return 2 * float64(lanes()) * accumulators * float64(iterations) }

// accumulators is how many vectors are summed at once: more than the units' latency times their number.
const accumulators = 12

// Run does the given number of iterations, each of which adds to every accumulator once.
func Run(iterations int) { run(iterations) }

// generic is the loop in Go, for processors without one of their own; the conversion keeps the sums from being folded.
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
