//go:build !noasm

package gemm

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

//lint:file-ignore U1000 the assembly reads these constants

func currentSplitKernels() *splitKernels {
	switch {
	case cpu.Chosen() == cpu.AMX:
		return amxSplit
	case cpu.BF16():
		return avx512Pairs
	}
	return nil
}

var (
	amxSplit    = &splitKernels{split: splitAVX512, tiles: splitTilesAMX}
	avx512Pairs = &splitKernels{split: splitAVX512, tiles: pairTilesAVX512, highest: Medium}
)

const (
	splitDst        = unsafe.Offsetof(split{}.dst)
	splitStride     = unsafe.Offsetof(split{}.stride)
	splitComponents = unsafe.Offsetof(split{}.components)
	splitSteps      = unsafe.Offsetof(split{}.steps)
	splitSrc        = unsafe.Offsetof(split{}.src)
	splitLd         = unsafe.Offsetof(split{}.ld)
	splitPairStride = unsafe.Offsetof(split{}.pairStride)
	splitTileStride = unsafe.Offsetof(split{}.tileStride)
	splitStepStride = unsafe.Offsetof(split{}.stepStride)
	splitMaxAbs     = unsafe.Offsetof(split{}.maxAbs)
	splitMinAbs     = unsafe.Offsetof(split{}.minAbs)

	splitTilesC           = unsafe.Offsetof(splitTiles{}.c)
	splitTilesLdc         = unsafe.Offsetof(splitTiles{}.ldc)
	splitTilesRows        = unsafe.Offsetof(splitTiles{}.rows)
	splitTilesN           = unsafe.Offsetof(splitTiles{}.n)
	splitTilesA           = unsafe.Offsetof(splitTiles{}.a)
	splitTilesB           = unsafe.Offsetof(splitTiles{}.b)
	splitTilesStride      = unsafe.Offsetof(splitTiles{}.stride)
	splitTilesPanelStride = unsafe.Offsetof(splitTiles{}.panelStride)
	splitTilesSteps       = unsafe.Offsetof(splitTiles{}.steps)
	splitTilesProducts    = unsafe.Offsetof(splitTiles{}.products)
	splitTilesProductsLen = splitTilesProducts + 8 // a slice's length follows its pointer
	splitTilesBias        = unsafe.Offsetof(splitTiles{}.bias)
	splitTilesAdd         = unsafe.Offsetof(splitTiles{}.add)
	splitTilesRelu        = unsafe.Offsetof(splitTiles{}.relu)
	splitTilesSums        = unsafe.Offsetof(splitTiles{}.sums)
)
