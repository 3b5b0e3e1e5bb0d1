package gemm

// Products of pairs are split products of one component, on processors with AVX-512 BF16. Their instruction adds two
// products of bfloat16 numbers to each of 16 sums, which are the lanes of a register, at twice the rate of float32
// products. The operands are packed as for the matrix unit.

var genericPairs = &splitKernels{split: splitGeneric, tiles: pairTilesGeneric, highest: Medium}

// pairTilesGeneric computes what splitTilesGeneric does, for the first components alone and with the rounding of
// VDPBF16PS.
func pairTilesGeneric(t *splitTiles) { bf16TilesGeneric(t, [][2]int{{0, 0}}, multiplyPairs) }

// multiplyPairs adds the product of two tiles of pairs to 16×16 of the sums, as VDPBF16PS does (Intel's "Software
// Developer's Manual", volume 2; AMD's Zen 4 gives the same bits). To each sum it adds the product of the upper halves,
// then that of the lower halves. Each addition rounds to nearest even; denormal operands and results become zero.
func multiplyPairs(sums *[panelWidth][panelWidth]float32, i0, j0 int, a, b []uint32) {
	var x, y [tileWords][2]float64
	for i := range x {
		x[i], y[i] = unpackPair(a[i]), unpackPair(b[i])
	}
	for i := range tile {
		row := sums[i0+i][j0:][:tile]
		for j := range row {
			for p := range tile {
				u, v := &x[i*tile+p], &y[p*tile+j]
				row[j] = fma(u[0], v[0], fma(u[1], v[1], row[j]))
			}
		}
	}
}
