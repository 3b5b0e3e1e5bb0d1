package image

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"
)

// tiffData returns EXIF data with another tag and an orientation.
func tiffData(order binary.AppendByteOrder, o uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x010f, 7}, {0x0112, o}} { // tag, value
		tiff = order.AppendUint16(tiff, entry[0])
		tiff = order.AppendUint16(tiff, 3) // unsigned short
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	tiff = order.AppendUint32(tiff, 0)
	return tiff
}

// exifSegment returns an APP1 segment with another tag and an orientation.
func exifSegment(order binary.AppendByteOrder, o uint16) []byte {
	segment := append([]byte("Exif\x00\x00"), tiffData(order, o)...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(segment)+2)), segment...)
}

// withSegment inserts a segment after the first marker of a JPEG.
func withSegment(jpeg, segment []byte) []byte {
	return append(append(bytes.Clone(jpeg[:2]), segment...), jpeg[2:]...)
}

// sides maps each orientation to the visual sides of the stored image's first row and first column, as EXIF defines it.
var sides = []struct{ row, column string }{
	1: {"top", "left"}, {"top", "right"}, {"bottom", "right"}, {"bottom", "left"},
	{"left", "top"}, {"right", "top"}, {"right", "bottom"}, {"left", "bottom"},
}

func TestTurn(t *testing.T) {
	stored := image.NewGray(image.Rect(5, 7, 8, 9)) // 3×2, not at the origin
	for i := range stored.Pix {
		stored.Pix[i] = byte(1 + i)
	}
	for o := 1; o <= 8; o++ {
		m := upright(stored, o)
		size := m.Bounds().Size()
		if want := (image.Point{3, 2}); o < 5 && size != want {
			t.Fatalf("orientation %d: size %v", o, size)
		}
		if want := (image.Point{2, 3}); o >= 5 && size != want {
			t.Fatalf("orientation %d: size %v", o, size)
		}
		seen := func(row, column string) byte {
			p := m.Bounds().Min
			for _, side := range []string{row, column} {
				switch side {
				case "right":
					p.X += size.X - 1
				case "bottom":
					p.Y += size.Y - 1
				}
			}
			return color.GrayModel.Convert(m.At(p.X, p.Y)).(color.Gray).Y
		}
		other := map[string]string{"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
		row, column := sides[o].row, sides[o].column
		got := [4]byte{seen(row, column), seen(row, other[column]), seen(other[row], column), seen(other[row], other[column])}
		if want := [4]byte{1, 3, 4, 6}; got != want {
			t.Errorf("orientation %d: first row's and last row's ends are %v, want %v", o, got, want)
		}
	}
}

func TestOrientation(t *testing.T) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, image.NewGray(image.Rect(0, 0, 24, 8)), nil); err != nil {
		t.Fatal(err)
	}
	plain := buf.Bytes()
	for o := uint16(0); o <= 9; o++ {
		want := int(o)
		if o < 1 || o > 8 { // EXIF reserves other values
			want = 1
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			content := withSegment(plain, exifSegment(order, o))
			if got := orientation(content); got != want {
				t.Errorf("%v %d: got %d", order, o, got)
			}
			m, err := Read(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			size := m.Bounds().Size()
			if upright := size == (image.Point{24, 8}); upright != (want < 5) {
				t.Errorf("%v %d: read with size %v", order, o, size)
			}
		}
	}
	segment := exifSegment(binary.BigEndian, 6)
	if got := orientation(withSegment(plain, append([]byte{0xff, 0xe0, 0, 4, 1, 2, 0xff}, segment...))); got != 6 {
		t.Errorf("behind another segment and padding: got %d", got)
	}
	// Broken data (truncated at every length, every byte changed) gives at worst a wrong orientation.
	for i := range segment {
		orientation(withSegment(startOfImage, segment[:i]))
		damaged := bytes.Clone(segment)
		damaged[i] ^= 0xff
		if o := orientation(withSegment(plain, damaged)); o < 1 || o > 8 {
			t.Errorf("byte %d changed: orientation %d", i, o)
		}
	}
	for _, none := range [][]byte{nil, plain[:1], plain, withSegment(plain, []byte{0xff, 0xe1, 0, 0})} {
		if o := orientation(none); o != 1 {
			t.Errorf("no orientation: got %d", o)
		}
	}
}

// withChunk inserts a chunk eXIf into a PNG before its first chunk of the type before.
func withChunk(png []byte, before string, tiff []byte) []byte {
	at := bytes.Index(png, []byte(before)) - 4
	chunk := append([]byte("eXIf"), tiff...)
	sum := crc32.ChecksumIEEE(chunk)
	chunk = append(binary.BigEndian.AppendUint32(nil, uint32(len(tiff))), chunk...)
	chunk = binary.BigEndian.AppendUint32(chunk, sum)
	return slices.Concat(png[:at], chunk, png[at:])
}

// A PNG may have its EXIF data before or after its pixels.
func TestOrientationPNG(t *testing.T) {
	plain := encode(t, image.NewGray(image.Rect(0, 0, 24, 8)), "png")
	for o := uint16(1); o <= 8; o++ {
		for _, before := range []string{"IDAT", "IEND"} {
			content := withChunk(plain, before, tiffData(binary.BigEndian, o))
			m, err := Read(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			upright := m.Bounds().Size() == image.Point{24, 8}
			if got := orientation(content); got != int(o) || upright != (o < 5) {
				t.Errorf("%d before %s: got %d, size %v", o, before, got, m.Bounds().Size())
			}
			for i := range content {
				orientation(content[:i]) // must not panic
			}
		}
	}
	long := withChunk(plain, "IDAT", tiffData(binary.BigEndian, 6))
	binary.BigEndian.PutUint32(long[33:], 1<<32-1) // the length of the chunk after the header
	for _, none := range [][]byte{plain, long, long[:8], withChunk(plain, "IDAT", nil)} {
		if o := orientation(none); o != 1 {
			t.Errorf("no orientation: got %d", o)
		}
	}
}

var startOfImage = []byte{0xff, 0xd8}

func FuzzOrientation(f *testing.F) {
	f.Add(withSegment(startOfImage, exifSegment(binary.LittleEndian, 3)))
	f.Add(withSegment(startOfImage, exifSegment(binary.BigEndian, 8)))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 2, 0xff, 0xff, 0xff})
	f.Add(withChunk(encode(f, image.NewGray(image.Rect(0, 0, 2, 1)), "png"), "IEND", tiffData(binary.LittleEndian, 5)))
	f.Fuzz(func(t *testing.T, content []byte) {
		if o := orientation(content); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
	})
}
