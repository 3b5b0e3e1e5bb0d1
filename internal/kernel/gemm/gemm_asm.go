//go:build !noasm && (amd64 || arm64)

package gemm

import "unsafe"

//lint:file-ignore U1000 the assembly reads these constants

//go:generate go run ../../asmgen/gemm

// The offsets of the fields in a kernel's arguments. The assembler reads these constants from go_asm.h.
const (
	tilesC       = unsafe.Offsetof(tiles[float32]{}.c)
	tilesLdc     = unsafe.Offsetof(tiles[float32]{}.ldc)
	tilesHeight  = unsafe.Offsetof(tiles[float32]{}.height)
	tilesCount   = unsafe.Offsetof(tiles[float32]{}.count)
	tilesN       = unsafe.Offsetof(tiles[float32]{}.n)
	tilesK       = unsafe.Offsetof(tiles[float32]{}.k)
	tilesA       = unsafe.Offsetof(tiles[float32]{}.a)
	tilesArs     = unsafe.Offsetof(tiles[float32]{}.ars)
	tilesAcs     = unsafe.Offsetof(tiles[float32]{}.acs)
	tilesB       = unsafe.Offsetof(tiles[float32]{}.b)
	tilesBrs     = unsafe.Offsetof(tiles[float32]{}.brs)
	tilesNext    = unsafe.Offsetof(tiles[float32]{}.next)
	tilesSkip    = unsafe.Offsetof(tiles[float32]{}.skip)
	tilesPackedA = unsafe.Offsetof(tiles[float32]{}.packedA)
	tilesPackedB = unsafe.Offsetof(tiles[float32]{}.packedB)
	tilesBias    = unsafe.Offsetof(tiles[float32]{}.bias)
	tilesAdd     = unsafe.Offsetof(tiles[float32]{}.add)
	tilesRelu    = unsafe.Offsetof(tiles[float32]{}.relu)

	dotsC   = unsafe.Offsetof(dots[float32]{}.c)
	dotsLdc = unsafe.Offsetof(dots[float32]{}.ldc)
	dotsM   = unsafe.Offsetof(dots[float32]{}.m)
	dotsN   = unsafe.Offsetof(dots[float32]{}.n)
	dotsK   = unsafe.Offsetof(dots[float32]{}.k)
	dotsA   = unsafe.Offsetof(dots[float32]{}.a)
	dotsArs = unsafe.Offsetof(dots[float32]{}.ars)
	dotsB   = unsafe.Offsetof(dots[float32]{}.b)
	dotsBcs = unsafe.Offsetof(dots[float32]{}.bcs)
	dotsAdd = unsafe.Offsetof(dots[float32]{}.add)
)
