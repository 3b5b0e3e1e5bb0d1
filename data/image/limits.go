package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// magics lists the first bytes of the formats that are read. ? matches any byte.
var magics = []string{"\x89PNG\r\n\x1a\n", "\xff\xd8", "GIF87a", "GIF89a", "RIFF????WEBP", "BM????\x00\x00\x00\x00",
	"II*\x00", "MM\x00*"}

// formatNames names the formats in error messages.
const formatNames = "PNG, JPEG, GIF, WebP, BMP or TIFF"

// isImage reports whether head begins with the magic number of a format that is read.
func isImage(head []byte) bool {
	for _, magic := range magics {
		if matches(head, magic) {
			return true
		}
	}
	return false
}

func matches(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// maxPasses bounds the time of decoding. A JPEG may consist of many scans, and each scan is a pass over all blocks of
// its components, even if it has few bytes. An image at the limit of pixels may have this many passes, a smaller one
// proportionally more. libjpeg writes 14 for color images and 24 for CMYK.
const maxPasses = 32

// countScans returns the number of scans of a JPEG, and the sum of their numbers of components. It reads the segments
// as image/jpeg does.
func countScans(jpeg []byte) (n, passes int) {
	for b := jpeg[min(2, len(jpeg)):]; ; {
		next := bytes.IndexByte(b, 0xff) // skip the compressed data of a scan
		if next < 0 {
			return n, passes
		}
		for b = b[next:]; len(b) > 0 && b[0] == 0xff; { // a marker may have several 0xff before it
			b = b[1:]
		}
		if len(b) == 0 {
			return n, passes
		}
		marker := b[0]
		b = b[1:]
		const rst0, rst7, endOfImage, startOfScan = 0xd0, 0xd7, 0xd9, 0xda
		switch {
		case marker == 0, rst0 <= marker && marker <= rst7: // inside compressed data
			continue
		case marker == endOfImage:
			return n, passes
		case marker == startOfScan && len(b) > 2: // length, number of components
			n++
			passes += int(b[2])
		}
		if len(b) < 2 {
			return n, passes
		}
		b = b[min(len(b), max(2, int(binary.BigEndian.Uint16(b)))):] // the length counts itself
	}
}

// maxPixels returns an upper bound of the number of pixels in a file: what its bytes can hold. It bounds the memory
// that a file of some length can require. A WebP of one color takes a few bytes whatever its size, so for WebP the
// limit on pixels is the only bound.
func maxPixels(format string, content []byte, width int) int64 {
	perByte, length := int64(0), int64(len(content))
	switch format {
	case "png": // deflate compresses up to 1032 : 1; byte 24 is the bit depth, byte 25 the color type
		samples := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[content[25]]
		perByte = max(1, 1032*8/max(1, int64(content[24])*samples))
	case "jpeg": // at least one bit per 8×8 block, in a progressive scan
		perByte = 64 * 8
	case "gif": // a code of 12 bits encodes up to 4096 pixels
		perByte = 4096 * 8 / 12
	case "bmp": // not compressed
		return length * 8 / max(1, int64(binary.LittleEndian.Uint16(content[28:])))
	case "tiff":
		perByte = 8 * tiffRatio(content, width)
	default:
		return 1 << 62
	}
	return perByte * length
}

// tiffRatio returns how many bytes a byte of a TIFF's compressed data encodes at most.
func tiffRatio(content []byte, width int) int64 {
	switch v, _ := tiffTag(content, tagCompression); v {
	case 2, 3, 4: // a bit may stand for a row of the same color (CCITT)
		return 8 * int64(width)
	case 5: // LZW: 12 bits encode up to 4096 bytes
		return 4096 * 8 / 12
	case 8, 32946: // deflate
		return 1032
	case 32773: // PackBits: 2 bytes encode up to 128
		return 64
	}
	return 1
}

// isInvertedFax reports whether a TIFF is compressed as a fax and its tag PhotometricInterpretation says BlackIsZero.
// golang.org/x/image/tiff then shows the code for white as white; libtiff, and so other programs, show it as 0, black.
func isInvertedFax(content []byte) bool {
	compression, _ := tiffTag(content, tagCompression)
	photometric, _ := tiffTag(content, tagPhotometric)
	const group3, group4, blackIsZero = 3, 4, 1
	return (compression == group3 || compression == group4) && photometric == blackIsZero
}

// checkTiles returns an error for a TIFF whose tiles cover more than limit pixels. Tiles may be larger than the image,
// and each is decompressed.
func checkTiles(content []byte, width, height, limit int64) error {
	w, _ := tiffTag(content, tagTileWidth)
	h, _ := tiffTag(content, tagTileLength)
	if w == 0 || h == 0 {
		return nil
	}
	across, down := (width+int64(w)-1)/int64(w), (height+int64(h)-1)/int64(h)
	if area := float64(across) * float64(down) * float64(w) * float64(h); area > float64(limit) {
		return fmt.Errorf("tiff of %d×%d pixels in %d×%d tiles of %d×%d, which cover more than the limit of %d pixels",
			width, height, across, down, w, h, limit)
	}
	return nil
}

// Tags of TIFF and EXIF.
const (
	tagCompression = 259
	tagPhotometric = 262
	tagOrientation = 274
	tagTileWidth   = 322
	tagTileLength  = 323
)

// tiffTag returns the first value of a tag of type short or long in the first directory of TIFF data, and whether it
// is there. Broken data has no tags. (TIFF 6.0, section 2)
func tiffTag(tiff []byte, tag uint16) (value uint32, ok bool) {
	if len(tiff) < 8 {
		return 0, false
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0, false
	}
	at := uint64(order.Uint32(tiff[4:])) // offset of the first directory: a count, then entries of 12 bytes
	if at+2 > uint64(len(tiff)) {
		return 0, false
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 0, false
		}
		if order.Uint16(entries) == tag {
			const typeShort, typeLong = 3, 4
			switch order.Uint16(entries[2:]) {
			case typeShort:
				return uint32(order.Uint16(entries[8:])), true
			case typeLong:
				return order.Uint32(entries[8:]), true
			}
			return 0, false
		}
		entries = entries[12:]
	}
	return 0, false
}
