package decimal

import "encoding/binary"

// Separators sets a bit of masks for each byte of text, in blocks of 64: 1 if the byte is a line feed or the delimiter. Text
// must have a multiple of 64 bytes, and masks an element for each 64.
func Separators(text []byte, delimiter byte, masks []uint64) {
	if len(text) > 0 {
		_, _ = text[64*len(masks)-1], masks[0]
		separators(text, delimiter, masks)
	}
}

// separatorsGeneric is Separators in Go, eight bytes at a time.
func separatorsGeneric(text []byte, delimiter byte, masks []uint64) {
	const ones, lows, highs = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f, 0x8080808080808080
	delimiters, newlines := uint64(delimiter)*ones, uint64('\n')*ones
	for k := range masks {
		block, mask := text[64*k:][:64], uint64(0)
		for i := 0; i < 64; i += 8 {
			v := binary.LittleEndian.Uint64(block[i:])
			x, y := v^delimiters, v^newlines
			x, y = (x&lows+lows)|x, (y&lows+lows)|y // the highest bit of a byte is 0 if the byte was 0
			hits := ^(x & y) & highs >> 7
			mask |= hits * 0x0102040810204080 >> 56 << i // the product gathers the lowest bit of each byte in the highest byte
		}
		masks[k] = mask
	}
}
