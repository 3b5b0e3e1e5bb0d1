package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// withTag returns a little-endian TIFF with a tag of its first directory set to a long.
func withTag(t *testing.T, tiff []byte, tag uint16, value uint32) []byte {
	t.Helper()
	b := bytes.Clone(tiff)
	at := binary.LittleEndian.Uint32(b[4:])
	for i := range int(binary.LittleEndian.Uint16(b[at:])) {
		e := b[int(at)+2+12*i:][:12]
		if binary.LittleEndian.Uint16(e) == tag {
			binary.LittleEndian.PutUint16(e[2:], 4)
			binary.LittleEndian.PutUint32(e[4:], 1)
			binary.LittleEndian.PutUint32(e[8:], value)
			return b
		}
	}
	t.Fatalf("no tag %d", tag)
	return nil
}

// TestClaims checks that files which claim more pixels than they can hold are refused before they cost memory.
func TestClaims(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(kinds, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	large := func(tiff []byte) []byte { return withTag(t, withTag(t, tiff, 256, 7000), 257, 9000) }
	bmp := read("rgb.bmp")
	binary.LittleEndian.PutUint32(bmp[18:], 7000)
	binary.LittleEndian.PutUint32(bmp[22:], 9000)
	flat := read("rgb.bmp")
	binary.LittleEndian.PutUint32(flat[22:], 0)
	webp := read("lossless.webp")
	copy(webp[21:], []byte{0xff, 0xff, 0xff, 0x0f}) // 16384×16384 pixels
	// RowsPerStrip and StripOffsets become the size of a tile: 1024×8 pixels for each 8 rows of one pixel.
	tiles := withTag(t, withTag(t, read("rgb.tiff"), 256, 1), 257, 800_000)
	for from, to := range map[uint16][2]uint32{273: {tagTileWidth, 1024}, 278: {tagTileLength, 8}} {
		tiles = withTag(t, tiles, from, to[1])
		at := binary.LittleEndian.Uint32(tiles[4:])
		for i := range int(binary.LittleEndian.Uint16(tiles[at:])) {
			if e := tiles[int(at)+2+12*i:]; binary.LittleEndian.Uint16(e) == from {
				binary.LittleEndian.PutUint16(e, uint16(to[0]))
			}
		}
	}
	if err := checkTiles(tiles, 1, 800_000, DefaultLimit); err == nil || !strings.Contains(err.Error(), "1×100000 tiles of 1024×8") {
		t.Errorf("tiles: %v", err)
	}
	if err := checkTiles(tiles, 1024, 8000, DefaultLimit); err != nil {
		t.Errorf("tiles of a large image: %v", err)
	}
	for name, c := range map[string]struct {
		content []byte
		text    string
	}{
		"BMP":           {bmp, "cannot hold the 7000×9000 pixels"},
		"BMP of no row": {flat, "bmp"},
		"TIFF":          {large(read("rgb.tiff")), "cannot hold the 7000×9000 pixels"},
		"LZW":           {large(read("lzw.tiff")), "cannot hold the 7000×9000 pixels"},
		"deflate":       {large(read("deflate.tiff")), "cannot hold the 7000×9000 pixels"},
		"PackBits":      {large(read("packbits.tiff")), "cannot hold the 7000×9000 pixels"},
		"WebP":          {webp, "the limit is 64000000 pixels"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(bytes.NewReader(c.content))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
	}
}
