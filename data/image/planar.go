package image

import (
	"fmt"
	"image"
	"image/color"
	"slices"
)

// Planar is an image of float32 planes, the layout of PyTorch's image tensors (C, H, W): the value of channel c at
// column x of row y is Pix[(c·H+y)·W+x], usually between 0 and 1. The channels are gray (C = 1), red, green and blue
// (3), or these and alpha (4).
//
// It keeps memory for the next pixels, so that a chain of transforms allocates nothing once its memory has grown to
// the largest image. The zero value is an empty image, ready for use.
type Planar struct {
	C, H, W int
	Pix     []float32 // (C, H, W)

	old     []float32 // memory of the pixels before the last Replace
	scratch []float32
}

// Plane returns the pixels (H, W) of channel c.
func (p *Planar) Plane(c int) []float32 {
	n := p.H * p.W
	return p.Pix[c*n:][:n:n]
}

// Replace gives the image a new size and new memory with undefined values, and returns the pixels that it had. They
// are valid until the next call. Transforms read the old pixels and write the new ones. It panics for a negative size.
func (p *Planar) Replace(c, h, w int) (old []float32) {
	if c < 0 || h < 0 || w < 0 {
		panic(fmt.Sprintf("image.Planar.Replace: %d channels of %d×%d pixels, want sizes ≥ 0", c, w, h))
	}
	n := c * h * w
	old = p.Pix
	p.Pix, p.old = sized(p.old, n), old
	p.C, p.H, p.W = c, h, w
	return old
}

// Scratch returns memory for n values, which are undefined. It is valid until the next call. A transform uses it for
// weights and displacements.
func (p *Planar) Scratch(n int) []float32 {
	p.scratch = sized(p.scratch, n)
	return p.scratch
}

// Memory returns the size of the memory that the image keeps, in bytes.
func (p *Planar) Memory() int { return 4 * (cap(p.Pix) + cap(p.old) + cap(p.scratch)) }

// sized returns a slice of n elements, in the memory of s if that is large enough.
func sized(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}

// Clone returns a copy of the pixels in new memory.
func (p *Planar) Clone() *Planar { return &Planar{C: p.C, H: p.H, W: p.W, Pix: slices.Clone(p.Pix)} }

// Set sets the image to m with 1 (gray), 3 (RGB) or 4 channels (RGBA), with values from 0 to 1. It panics for another
// number of channels.
//
// The gray value is the luma (19595 R + 38470 G + 7471 B)/65536 (ITU-R BT.601), rounded as Pillow's convert("L") does.
// With 1 or 3 channels transparent pixels show white behind them: value·alpha + 1 − alpha. (Pillow's convert("RGB")
// drops alpha, and shows the colors that the program which wrote the file left behind transparent pixels.) With 4
// channels the colors are not multiplied by alpha, and alpha of an opaque image is 1.
func (p *Planar) Set(m image.Image, channels int) {
	if channels != 1 && channels != 3 && channels != 4 {
		panic(fmt.Sprintf("image.Planar.Set: %d channels, want 1 (gray), 3 (RGB) or 4 (RGBA)", channels))
	}
	turn := 1
	if t, ok := m.(*oriented); ok {
		m, turn = t.Image, t.o
	}
	b := m.Bounds()
	p.Replace(channels, b.Dy(), b.Dx())
	if g, ok := m.(*image.Gray); ok {
		p.setGray(g)
	} else {
		p.setColors(m)
	}
	p.orient(turn)
}

// levels holds the value of each 8-bit level.
var levels = func() (v [256]float32) {
	for i := range v {
		v[i] = float32(i) / 255
	}
	return v
}()

// setGray sets all color planes to the gray values of m.
func (p *Planar) setGray(m *image.Gray) {
	for y := range p.H {
		src, dst := m.Pix[y*m.Stride:][:p.W], p.Pix[y*p.W:][:p.W]
		for x, v := range src {
			dst[x] = levels[v]
		}
	}
	for c := 1; c < p.C; c++ {
		copy(p.Plane(c), p.Plane(0))
	}
	if p.C == 4 {
		setAll(p.Plane(3), 1)
	}
}

// setColors sets the planes to the pixels of m, one by one.
func (p *Planar) setColors(m image.Image) {
	at, deep := colors(m)
	b, n := m.Bounds(), p.H*p.W
	for y := range p.H {
		for x := range p.W {
			v, i := at(b.Min.X+x, b.Min.Y+y), y*p.W+x
			alpha := float32(v.A) / 65535
			if p.C == 1 {
				p.Pix[i] = overWhite(float32(luma16(v, deep))/65535, alpha)
				continue
			}
			red, green, blue := float32(v.R)/65535, float32(v.G)/65535, float32(v.B)/65535
			if p.C == 3 {
				red, green, blue = overWhite(red, alpha), overWhite(green, alpha), overWhite(blue, alpha)
			} else {
				p.Pix[3*n+i] = alpha
			}
			p.Pix[i], p.Pix[n+i], p.Pix[2*n+i] = red, green, blue
		}
	}
}

func overWhite(v, alpha float32) float32 {
	if alpha == 1 {
		return v
	}
	return float32(v*alpha) + (1 - alpha)
}

// luma16 returns the luma of a color, 0 to 65535. Unless the image is deep (16-bit) it is one of the 256 levels.
func luma16(v color.NRGBA64, deep bool) uint16 {
	if deep {
		return uint16((19595*uint32(v.R) + 38470*uint32(v.G) + 7471*uint32(v.B) + 1<<15) >> 16)
	}
	return 0x101 * uint16((19595*uint32(v.R>>8)+38470*uint32(v.G>>8)+7471*uint32(v.B>>8)+1<<15)>>16)
}

// colors returns a function for the color of a pixel of m, not multiplied by alpha, and whether the values may lie
// between the 256 levels: with 16 bits a channel, and where a division by alpha gave them.
func colors(m image.Image) (at func(x, y int) color.NRGBA64, deep bool) {
	deep = true
	switch m := m.(type) {
	case *image.YCbCr:
		return func(x, y int) color.NRGBA64 {
			c := m.COffset(x, y)
			r, g, b := color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
			return wide(color.NRGBA{R: r, G: g, B: b, A: 0xff})
		}, false
	case *image.NRGBA:
		return func(x, y int) color.NRGBA64 {
			return wide(m.NRGBAAt(x, y))
		}, false
	case *image.NRGBA64:
		return m.NRGBA64At, true
	case *image.Paletted:
		table := make([]color.NRGBA64, 256) // colors beyond the palette stay transparent
		deep = false
		for i, c := range m.Palette[:min(len(m.Palette), 256)] {
			v, exact := c.(color.NRGBA)
			if !exact {
				table[i], deep = color.NRGBA64Model.Convert(c).(color.NRGBA64), true
				continue
			}
			table[i] = wide(v)
		}
		return func(x, y int) color.NRGBA64 { return table[m.ColorIndexAt(x, y)] }, deep
	case *image.RGBA:
		deep = !m.Opaque()
	}
	premultiplied := rgba64(m)
	return func(x, y int) color.NRGBA64 {
		v := premultiplied(x, y)
		if v.A == 0xffff {
			return color.NRGBA64(v)
		}
		return color.NRGBA64Model.Convert(v).(color.NRGBA64)
	}, deep
}

// wide returns a color of 8 bits a channel with 16 bits.
func wide(v color.NRGBA) color.NRGBA64 {
	return color.NRGBA64{R: 0x101 * uint16(v.R), G: 0x101 * uint16(v.G), B: 0x101 * uint16(v.B), A: 0x101 * uint16(v.A)}
}

// orient mirrors and rotates the image as EXIF orientation o requires.
func (p *Planar) orient(o int) {
	if o == 1 {
		return
	}
	h, w := p.H, p.W
	if o >= 5 {
		h, w = w, h
	}
	oldH, oldW := p.H, p.W
	old := p.Replace(p.C, h, w)
	for c := range p.C {
		src, dst := old[c*h*w:][:h*w], p.Plane(c)
		for y := range h {
			for x := range w {
				sx, sy := stored(x, y, oldW, oldH, o)
				dst[y*w+x] = src[sy*oldW+sx]
			}
		}
	}
}

// Image returns the image as an image.Image of 8 bits a channel: *image.Gray with 1 channel, *image.NRGBA with 3 or 4.
// Values below 0 become 0, and values above 1 become 255. It panics for another number of channels.
func (p *Planar) Image() image.Image {
	r := image.Rect(0, 0, p.W, p.H)
	switch p.C {
	case 1:
		m := image.NewGray(r)
		for i, v := range p.Pix {
			m.Pix[i] = level(v)
		}
		return m
	case 3, 4:
		m := image.NewNRGBA(r)
		setAll(m.Pix, 255)
		for c := range p.C {
			for i, v := range p.Plane(c) {
				m.Pix[4*i+c] = level(v)
			}
		}
		return m
	}
	panic(fmt.Sprintf("image.Planar.Image: %d channels, want 1, 3 or 4", p.C))
}

// level returns v as a level of 8 bits. NaN is 0.
func level(v float32) uint8 {
	if !(v > 0) {
		return 0
	}
	return uint8(min(float32(v*255)+0.5, 255))
}

func setAll[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
