// Package image converts images to the input of a network: n×n grayscale values between 0 and 1.
//
// [ReadFile] reads PNG, JPEG, GIF, WebP, BMP and TIFF. [Planar] holds an image as planes of numbers, for package
// vision's transforms. [Gray] scales any image. [Digit] also finds a handwritten digit in the image and normalizes it
// as MNIST does, so that a network trained on MNIST can classify a scan or a photograph of paper.
package image

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif" // these imports register the decoders of image.Decode
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// DefaultLimit is the largest number of pixels that Read and ReadFile accept: 64 million. Decoding an image of that
// size takes up to 512 MB of memory, and 1.3 GB for a progressive JPEG.
const DefaultLimit = 64_000_000

// ReadFile reads the image in the file at path, as Read does. Its errors name the file.
func ReadFile(path string) (image.Image, error) { return ReadFileLimit(path, DefaultLimit) }

// ReadFileLimit is ReadFile with the given limit on the number of pixels.
func ReadFileLimit(path string, limit int) (image.Image, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	defer f.Close()
	m, err := decode(f, limit)
	if err != nil {
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

// Read reads an image in PNG, JPEG, GIF, WebP, BMP or TIFF from r. It applies the EXIF orientation of a JPEG, PNG, WebP
// or TIFF. Of an animated GIF it returns the first frame and of a TIFF with several pages the first page; an animated
// WebP or PNG is not read, except an animated PNG's still image.
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

// onScreen returns the first frame of a GIF in its place on the screen of the GIF, whose other pixels are transparent.
func onScreen(frame image.Image, screen image.Config) image.Image {
	r := image.Rect(0, 0, screen.Width, screen.Height)
	if frame.Bounds() == r {
		return frame
	}
	m := image.NewNRGBA(r)
	draw.Draw(m, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return m
}

func decode(r io.Reader, limit int) (m image.Image, err error) {
	defer func() { // a file that makes a decoder panic must not end the program
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("the decoder failed: %v", p)
		}
	}()
	br := bufio.NewReader(r)
	head, err := br.Peek(inputfile.HeadSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !isImage(head) {
		return nil, fmt.Errorf("not a %s image, found %s", formatNames, inputfile.Identify(head))
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
	if isAnimatedWebP(content) {
		return nil, fmt.Errorf("an animated webp, want a still image")
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
	case w*h > maxPixels(format, content, config.Width):
		return nil, fmt.Errorf("%s of %d bytes cannot hold the %d×%d pixels that it claims", format, len(content), w, h)
	}
	switch format {
	case "tiff":
		if err := checkTiles(content, w, h, int64(limit)); err != nil {
			return nil, err
		}
	case "jpeg":
		if n, passes := countScans(content); int64(passes)*(w*h)/maxPasses > int64(limit) {
			return nil, fmt.Errorf("jpeg of %d×%d pixels in %d scans, which would take too long to decode", w, h, n)
		}
	}
	m, _, err = image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	switch format {
	case "gif":
		m = onScreen(m, config)
	case "webp":
		m = fromStudioRange(m)
	case "tiff":
		if g, ok := m.(*image.Gray); ok && isInvertedFax(content) {
			for i, v := range g.Pix {
				g.Pix[i] = ^v
			}
		}
	}
	return upright(m, orientation(content)), nil
}
