//go:build !noasm

package gemm

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

//lint:file-ignore U1000 the assembly reads these constants

func partKernelsNow() *partKernels {
	if cpu.Chosen() == cpu.AMX {
		return amxParts
	}
	return nil
}

var amxParts = &partKernels{split: splitAVX512, tiles: partTilesAMX}

const (
	splitDst   = unsafe.Offsetof(split{}.dst)
	splitPart  = unsafe.Offsetof(split{}.part)
	splitParts = unsafe.Offsetof(split{}.parts)
	splitSteps = unsafe.Offsetof(split{}.steps)
	splitSrc   = unsafe.Offsetof(split{}.src)
	splitLd    = unsafe.Offsetof(split{}.ld)
	splitPair  = unsafe.Offsetof(split{}.pair)
	splitOther = unsafe.Offsetof(split{}.other)
	splitNext  = unsafe.Offsetof(split{}.next)
	splitMost  = unsafe.Offsetof(split{}.most)
	splitLeast = unsafe.Offsetof(split{}.least)

	partTilesC           = unsafe.Offsetof(partTiles{}.c)
	partTilesLdc         = unsafe.Offsetof(partTiles{}.ldc)
	partTilesRows        = unsafe.Offsetof(partTiles{}.rows)
	partTilesN           = unsafe.Offsetof(partTiles{}.n)
	partTilesA           = unsafe.Offsetof(partTiles{}.a)
	partTilesB           = unsafe.Offsetof(partTiles{}.b)
	partTilesPart        = unsafe.Offsetof(partTiles{}.part)
	partTilesPanel       = unsafe.Offsetof(partTiles{}.panel)
	partTilesSteps       = unsafe.Offsetof(partTiles{}.steps)
	partTilesProducts    = unsafe.Offsetof(partTiles{}.products)
	partTilesProductsLen = partTilesProducts + 8 // a slice's length lies behind its pointer
	partTilesBias        = unsafe.Offsetof(partTiles{}.bias)
	partTilesAdd         = unsafe.Offsetof(partTiles{}.add)
	partTilesRelu        = unsafe.Offsetof(partTiles{}.relu)
	partTilesSums        = unsafe.Offsetof(partTiles{}.sums)
)
