//go:build !noasm && (amd64 || arm64)

package conv

import "unsafe"

//lint:file-ignore U1000 the assembly reads these constants

//go:generate go run ../../asmgen/conv

// The offsets of the fields in a kernel's arguments. The assembler reads these constants from go_asm.h.
const (
	tilesC       = unsafe.Offsetof(tiles[float32]{}.c)
	tilesLdc     = unsafe.Offsetof(tiles[float32]{}.ldc)
	tilesA       = unsafe.Offsetof(tiles[float32]{}.a)
	tilesB       = unsafe.Offsetof(tiles[float32]{}.b)
	tilesLda     = unsafe.Offsetof(tiles[float32]{}.lda)
	tilesAo      = unsafe.Offsetof(tiles[float32]{}.ao)
	tilesBo      = unsafe.Offsetof(tiles[float32]{}.bo)
	tilesTable   = unsafe.Offsetof(tiles[float32]{}.table)
	tilesOuter   = unsafe.Offsetof(tiles[float32]{}.outer)
	tilesInner   = unsafe.Offsetof(tiles[float32]{}.inner)
	tilesHeight  = unsafe.Offsetof(tiles[float32]{}.height)
	tilesCount   = unsafe.Offsetof(tiles[float32]{}.count)
	tilesN       = unsafe.Offsetof(tiles[float32]{}.n)
	tilesNextA   = unsafe.Offsetof(tiles[float32]{}.nextA)
	tilesNextB   = unsafe.Offsetof(tiles[float32]{}.nextB)
	tilesNextC   = unsafe.Offsetof(tiles[float32]{}.nextC)
	tilesBias    = unsafe.Offsetof(tiles[float32]{}.bias)
	tilesRowBias = unsafe.Offsetof(tiles[float32]{}.rowBias)
	tilesAdd     = unsafe.Offsetof(tiles[float32]{}.add)
	tilesRelu    = unsafe.Offsetof(tiles[float32]{}.relu)
	tilesStream  = unsafe.Offsetof(tiles[float32]{}.stream)

	planesC     = unsafe.Offsetof(planes[float32]{}.c)
	planesLdc   = unsafe.Offsetof(planes[float32]{}.ldc)
	planesB     = unsafe.Offsetof(planes[float32]{}.b)
	planesLdb   = unsafe.Offsetof(planes[float32]{}.ldb)
	planesW     = unsafe.Offsetof(planes[float32]{}.w)
	planesTable = unsafe.Offsetof(planes[float32]{}.table)
	planesKh    = unsafe.Offsetof(planes[float32]{}.kh)
	planesKw    = unsafe.Offsetof(planes[float32]{}.kw)
	planesStep  = unsafe.Offsetof(planes[float32]{}.step)
	planesRows  = unsafe.Offsetof(planes[float32]{}.rows)
	planesN     = unsafe.Offsetof(planes[float32]{}.n)
	planesBias  = unsafe.Offsetof(planes[float32]{}.bias)
	planesRelu  = unsafe.Offsetof(planes[float32]{}.relu)
	planesAdd   = unsafe.Offsetof(planes[float32]{}.add)

	winogradInputRows     = unsafe.Offsetof(winogradInput[float32]{}.rows)
	winogradInputNext     = unsafe.Offsetof(winogradInput[float32]{}.next)
	winogradInputAt       = unsafe.Offsetof(winogradInput[float32]{}.at)
	winogradInputMasks    = unsafe.Offsetof(winogradInput[float32]{}.masks)
	winogradInputV        = unsafe.Offsetof(winogradInput[float32]{}.v)
	winogradInputPlane    = unsafe.Offsetof(winogradInput[float32]{}.plane)
	winogradInputChannel  = unsafe.Offsetof(winogradInput[float32]{}.channel)
	winogradInputChannels = unsafe.Offsetof(winogradInput[float32]{}.channels)

	winogradOutputM        = unsafe.Offsetof(winogradOutput[float32]{}.m)
	winogradOutputPlane    = unsafe.Offsetof(winogradOutput[float32]{}.plane)
	winogradOutputChannel  = unsafe.Offsetof(winogradOutput[float32]{}.channel)
	winogradOutputChannels = unsafe.Offsetof(winogradOutput[float32]{}.channels)
	winogradOutputY        = unsafe.Offsetof(winogradOutput[float32]{}.y)
	winogradOutputNext     = unsafe.Offsetof(winogradOutput[float32]{}.next)
	winogradOutputLower    = unsafe.Offsetof(winogradOutput[float32]{}.lower)
	winogradOutputMasks    = unsafe.Offsetof(winogradOutput[float32]{}.masks)
	winogradOutputBias     = unsafe.Offsetof(winogradOutput[float32]{}.bias)
	winogradOutputRelu     = unsafe.Offsetof(winogradOutput[float32]{}.relu)
)
