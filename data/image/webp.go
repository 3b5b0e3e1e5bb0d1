package image

import "image"

// isAnimatedWebP reports whether content is a WebP whose header has the flag Animation. (WebP container
// specification, "Extended File Format")
func isAnimatedWebP(content []byte) bool {
	const animation = 1 << 1
	return matches(content, "RIFF????WEBPVP8X") && len(content) > 20 && content[20]&animation != 0
}

// fromStudioRange returns the image of a lossy WebP with its colors as red, green and blue.
//
// WebP's brightness goes from 16 (black) to 235 (white), ITU-R BT.601's range for video. golang.org/x/image/webp
// returns it as image.YCbCr, which counts from 0 to 255, so that white would be light gray. The factors are
// libwebp's, in fixed point: 255/219 for brightness, 1.596, 0.391, 0.813 and 2.018 for colors.
func fromStudioRange(m image.Image) image.Image {
	var ycc *image.YCbCr
	var alpha *image.NYCbCrA
	switch m := m.(type) {
	case *image.YCbCr:
		ycc = m
	case *image.NYCbCrA:
		ycc, alpha = &m.YCbCr, m
	default: // a lossless WebP
		return m
	}
	b := ycc.Rect
	rgb := image.NewNRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := ycc.COffset(x, y)
			v, cb, cr := int(ycc.Y[ycc.YOffset(x, y)]), int(ycc.Cb[c]), int(ycc.Cr[c])
			luma := v * 19077 >> 8
			p := rgb.Pix[rgb.PixOffset(x, y):][:4:4]
			p[0] = studioLevel(luma + cr*26149>>8 - 14234)
			p[1] = studioLevel(luma - cb*6419>>8 - cr*13320>>8 + 8708)
			p[2] = studioLevel(luma + cb*33050>>8 - 17685)
			p[3] = 0xff
			if alpha != nil {
				p[3] = alpha.A[alpha.AOffset(x, y)]
			}
		}
	}
	return rgb
}

// studioLevel returns a level with 6 fractional bits, cut to 0 to 255.
func studioLevel(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
