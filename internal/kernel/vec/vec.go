// Package vec holds the loops over slices that are not matrix products: arithmetic, functions of one value and their
// gradients, sums, the row operations of classifiers and norms, whole optimizer steps, and random numbers.
//
// Every function takes its destination first and works on plain slices. The destination's length is the number of
// elements; a source of another length is a programmer's mistake and panics. A destination may be one of the sources,
// with the same first element; slices that overlap in any other way give undefined values.
//
// The loops in this package's .go files are its documentation and its reference. For float32 there are kernels with
// vector instructions: they give the same bits for arithmetic and optimizers, and results within two units in the last
// place of the exact value for exp, log and the other functions. Special values (NaN, infinities, signed zeros) are
// PyTorch's.
//
// Results never depend on the number of threads: the length of a sum determines how it is split.
package vec

import "fmt"

//go:generate go run ../../asmgen/vec

// Float is the element type of every loop.
type Float interface{ float32 | float64 }

// same panics unless each source has the destination's length.
func same(dst int, sources ...int) {
	for _, n := range sources {
		if n != dst {
			panic(fmt.Sprintf("vec: destination holds %d elements, a source %d", dst, n))
		}
	}
}

// rowsOf returns the number of rows of cols elements in n elements.
func rowsOf(n, cols int) int {
	if cols <= 0 {
		if n == 0 {
			return 0
		}
		panic(fmt.Sprintf("vec: %d elements cannot make rows of %d", n, cols))
	}
	if n%cols != 0 {
		panic(fmt.Sprintf("vec: %d elements do not fill rows of %d", n, cols))
	}
	return n / cols
}
