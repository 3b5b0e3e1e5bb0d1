// Package image converts images to the input of a network: n×n grayscale values between 0 and 1.
//
// [ReadFile] reads PNG, JPEG and GIF. [Gray] scales any image. [Digit] also finds a handwritten digit in the image
// and normalizes it as MNIST does, so that a network trained on MNIST can classify a scan or a photograph of paper.
package image

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif" // these imports register the decoders of image.Decode
	_ "image/jpeg"
	_ "image/png"
	"io"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// DefaultLimit is the largest number of pixels that Read and ReadFile accept: 64 million. Decoding an image of that
// size takes up to 512 MB of memory, and 1.3 GB for a progressive JPEG.
const DefaultLimit = 64_000_000

// ReadFile reads the image in the file at path, as Read does. Its errors name the file.
func ReadFile(path string) (image.Image, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	defer f.Close()
	m, err := decode(f, DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

// Read reads an image in PNG, JPEG or GIF (its first frame) from r. It applies the EXIF orientation of a JPEG or PNG.
//
// It returns an error for another format, for broken content, for more than DefaultLimit pixels, and for a JPEG with
// so many scans that decoding would take more than seconds. It allocates memory for pixels only after it has checked
// that their number is within the limit and plausible for the length of the content.
func Read(r io.Reader) (image.Image, error) { return ReadLimit(r, DefaultLimit) }

// ReadLimit is Read with the given limit on the number of pixels.
func ReadLimit(r io.Reader, limit int) (image.Image, error) {
	m, err := decode(r, limit)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return m, nil
}

func decode(r io.Reader, limit int) (image.Image, error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(inputfile.HeadSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !isImage(head) {
		return nil, fmt.Errorf("not a PNG, JPEG or GIF image, found %s", inputfile.Identify(head))
	}
	// No encoding needs more than 8 bytes per pixel; the 64 MiB are for metadata.
	most := 8*min(int64(limit), 1<<40) + 64<<20
	content, err := io.ReadAll(io.LimitReader(br, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("the content has more than %d bytes, which is too long for the limit of %d pixels",
			most, limit)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	w, h := int64(config.Width), int64(config.Height)
	switch {
	case w <= 0 || h <= 0:
		return nil, fmt.Errorf("%s of %d×%d pixels is empty, want at least 1×1", format, w, h)
	case w > int64(limit)/h:
		return nil, fmt.Errorf("%s of %d×%d pixels, the limit is %d pixels", format, w, h, limit)
	case w*h/maxPixelsPerByte(format, content) > int64(len(content)):
		return nil, fmt.Errorf("%s of %d bytes cannot hold the %d×%d pixels that it claims", format, len(content), w, h)
	}
	if format == "jpeg" {
		if n, passes := countScans(content); int64(passes)*(w*h)/maxPasses > int64(limit) {
			return nil, fmt.Errorf("jpeg of %d×%d pixels in %d scans, which would take too long to decode", w, h, n)
		}
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return upright(m, orientation(content)), nil
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

// maxPixelsPerByte returns an upper bound of the number of pixels per byte of a file. It bounds the memory that a
// file of some length can require.
func maxPixelsPerByte(format string, content []byte) int64 {
	switch format {
	case "png": // deflate compresses up to 1032 : 1; byte 24 is the bit depth, byte 25 the color type
		samples := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[content[25]]
		return max(1, 1032*8/max(1, int64(content[24])*samples))
	case "jpeg": // at least one bit per 8×8 block, in a progressive scan
		return 64 * 8
	}
	return 4096 * 8 / 12 // gif: a code of 12 bits encodes up to 4096 pixels
}

// isImage reports whether head begins with the magic number of a supported format.
func isImage(head []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}
