package digitphotos

import (
	"bytes"
	_ "embed"
	"image"
	"image/draw"
	"image/jpeg"
	"math"
	"strings"
)

// Photographs of scikit-learn's datasets, scaled down: china.jpg by danielbuechele and flower.jpg by vultilion, both
// on flickr.com under CC BY 2.0 (testdata/README.md).
var (
	//go:embed testdata/china.jpg
	chinaFile []byte
	//go:embed testdata/flower.jpg
	flowerFile []byte
)

func (p *page) showChina()  { p.crop(chinaFile) }
func (p *page) showFlower() { p.crop(flowerFile) }

// crop shows a part of a photograph, at least half as wide and as high, maybe mirrored.
func (p *page) crop(file []byte) {
	m, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		panic(err) // the embedded file is valid
	}
	all := m.Bounds()
	gray := image.NewGray(all)
	draw.Draw(gray, all, m, all.Min, draw.Src)
	k := p.between(0.5, 1)
	w, h := k*float64(all.Dx()), k*float64(all.Dy())
	x, y := p.between(0, float64(all.Dx())-w), p.between(0, float64(all.Dy())-h)
	source := newCanvas(all.Dx(), all.Dy())
	for i, v := range gray.Pix {
		source.pix[i] = float32(v)
	}
	p.w, p.h = 480, int(480*h/w)
	p.direct = image.NewGray(image.Rect(0, 0, p.w, p.h))
	mirror := p.chance(0.5)
	for v := range p.h {
		for u := range p.w {
			s := (float64(u) + 0.5) / float64(p.w)
			if mirror {
				s = 1 - s
			}
			p.direct.Pix[v*p.w+u] = uint8(source.at(min(x+s*w, float64(all.Dx()-1)),
				min(y+(float64(v)+0.5)*h/float64(p.h), float64(all.Dy()-1))))
		}
	}
}

// onlyNoise makes each pixel, or each small patch, random.
func (p *page) onlyNoise() {
	p.direct = image.NewGray(image.Rect(0, 0, p.w, p.h))
	c := newCanvas(p.w, p.h)
	for i := range c.pix {
		c.pix[i] = float32(p.rng.NormFloat64())
	}
	spread := p.between(0.05, 0.3)
	if sigma := p.between(0, 4); sigma > 0.5 {
		c.blur(sigma)
		spread *= 2 * math.Sqrt(math.Pi) * sigma // the blur reduces the standard deviation by this factor
	}
	for i, v := range c.pix {
		p.direct.Pix[i] = uint8(min(255, max(0, 255*(0.5+spread*float64(v)))))
	}
}

func (p *page) onlyRules() {
	p.ruleLines()
	if p.chance(0.5) {
		p.ruleSquares()
	}
	if p.paper < 0.5 {
		p.rulesGray = p.paper + p.between(0.1, 0.4)
	}
}

// letters are strokes on a grid of 0 to 8, x before y. Letters of which a digit is written too (b, B, D, g, G, I, J,
// l, O, o, q, S, U, Z, z) are only part of words.
var letters = map[rune]string{
	'A': "08 40 88,25 65", 'C': "82 50 20 03 05 28 58 86", 'E': "80 00 08 88,04 64", 'F': "80 00 08,04 64",
	'H': "00 08,80 88,04 84", 'K': "00 08,80 04 88", 'M': "08 00 45 80 88", 'N': "08 00 88 80",
	'P': "00 08,00 60 82 64 04", 'R': "00 08,00 60 82 64 04 88", 'T': "00 80,40 48", 'V': "00 48 80",
	'W': "00 28 43 68 80", 'X': "00 88,80 08", 'Y': "00 44 80,44 48",
	'a': "62 42 22 04 06 28 48 66 62 68 88", 'd': "80 88,84 52 22 04 06 28 58 85", 'e': "05 85 83 52 22 04 06 28 58 87",
	'f': "71 50 31 38,14 64", 'h': "00 08,05 23 53 75 78", 'k': "00 08,63 05 68", 'm': "08 03,05 23 43 45 48,45 63 83 85 88",
	'n': "08 03,05 23 53 75 78", 'p': "03 08,04 23 53 75 57 27 06", 'r': "08 03,05 23 53", 't': "30 36 48 68,13 63",
	'u': "03 06 28 58 75 73,75 78", 'v': "03 48 83", 'w': "03 28 44 68 83", 'x': "03 78,73 08", 'y': "03 45,83 28",
	'B': "00 08 68 86 64 04,64 82 60 00", 'D': "00 08 48 85 83 40 00", 'G': "82 50 20 03 05 28 58 86 84 54", 'I': "40 48",
	'J': "80 86 58 28 06", 'L': "00 08 88", 'O': "40 12 15 48 75 72 40", 'S': "82 60 20 02 24 64 86 68 28 06", 'U': "00 06 28 68 86 80",
	'Z': "00 80 08 88", 'b': "00 08,05 23 53 75 57 27 06", 'g': "62 22 04 06 27 66 62 68 59 19", 'i': "43 48,41 41", 'l': "40 48",
	'o': "43 23 05 28 58 75 53 43", 'q': "62 22 04 06 27 66 62 69", 's': "73 43 14 65 67 38 08", 'z': "03 73 08 78",
}

const (
	plainLetters     = "ACEFHKMNPRTVWXYadefhkmnprtuwxy"
	ambiguousLetters = "BDGIJLOSUZbgiloqsvz"
)

// writeWord writes a letter, or a word of up to six.
func (p *page) writeWord() { p.writeLetters(0.3) }

// writeUnmistakable writes letters that do not look like digits.
func (p *page) writeUnmistakable() { p.writeLetters(0) }

// writeLetters writes one to six letters. After the first, the part ambiguous of them may look like digits.
func (p *page) writeLetters(ambiguous float64) {
	var word strings.Builder
	n := 1 + p.rng.IntN(6)
	for i := range n {
		set := plainLetters
		if i > 0 && p.chance(ambiguous) {
			set = ambiguousLetters
		}
		word.WriteByte(set[p.rng.IntN(len(set))])
	}
	height := p.size * float64(min(p.w, p.h))
	height = min(height, 0.8*float64(p.w)/(0.85*float64(n)), 0.8*float64(p.h))
	width := max(2, height*p.between(0.04, 0.16))
	pitch := 0.85 * height
	x, y := (float64(p.w)-pitch*float64(n))/2, (float64(p.h)-height)/2
	for _, c := range word.String() {
		p.letter(c, x, y, height*p.between(0.55, 0.75), height, width, 0.06*height)
		x += pitch
	}
}

// letter draws a letter into a box of w×h pixels. jitter moves its points.
func (p *page) letter(c rune, x, y, w, h, width, jitter float64) {
	for line := range strings.SplitSeq(letters[c], ",") {
		var points [][2]float64
		for word := range strings.FieldsSeq(line) {
			points = append(points, [2]float64{
				x + w*float64(word[0]-'0')/8 + jitter*p.rng.NormFloat64()/2,
				y + h*float64(word[1]-'0')/8 + jitter*p.rng.NormFloat64()/2,
			})
		}
		p.ink.path(round(points), width)
	}
}

// round cuts the corners of a path: Chaikin's algorithm, two rounds.
func round(points [][2]float64) [][2]float64 {
	for range 2 {
		if len(points) < 3 {
			return points
		}
		next := [][2]float64{points[0]}
		for i := range points[1:] {
			a, b := points[i], points[i+1]
			for _, t := range []float64{0.25, 0.75} {
				next = append(next, [2]float64{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])})
			}
		}
		points = append(next, points[len(points)-1])
	}
	return points
}

// printText fills the page with lines of words.
func (p *page) printText() {
	side := float64(min(p.w, p.h))
	height := side * p.between(0.02, 0.045)
	width := max(1, height*p.between(0.1, 0.18))
	all := plainLetters + ambiguousLetters
	for y := 0.1 * float64(p.h); y < 0.86*float64(p.h); y += 1.8 * height {
		for x := 0.1 * float64(p.w); x < 0.86*float64(p.w); x += 0.9 * height {
			if p.chance(0.17) { // a space
				continue
			}
			p.letter(rune(all[p.rng.IntN(len(all))]), x, y, 0.65*height, height, width, 0)
		}
	}
}

// drawShapes draws one to four filled or open shapes that no digit looks like.
func (p *page) drawShapes() {
	n := 1 + p.rng.IntN(4)
	side := float64(min(p.w, p.h))
	for i := range n {
		r := side * p.between(0.1, 0.3) / math.Sqrt(float64(n))
		x := float64(p.w) * (0.15 + 0.7*(float64(i)+0.5)/float64(n))
		y := float64(p.h) * p.between(0.4, 0.6)
		points := p.shape(x, y, r)
		if p.chance(0.5) {
			p.ink.fill(points)
			continue
		}
		p.ink.path(append(points, points[0]), max(2, r*p.between(0.08, 0.3)))
	}
}

// drawBlobs fills one to three round shapes.
func (p *page) drawBlobs() {
	n := 1 + p.rng.IntN(3)
	side := float64(min(p.w, p.h))
	for i := range n {
		r := side * p.between(0.1, 0.25) / math.Sqrt(float64(n))
		x, y := float64(p.w)*(0.15+0.7*(float64(i)+0.5)/float64(n)), float64(p.h)*p.between(0.4, 0.6)
		turn, narrow := p.between(0, 2*math.Pi), p.between(0.6, 1)
		var wave, phase [3]float64
		for k := range wave {
			wave[k], phase[k] = p.between(0, 0.15), p.between(0, 2*math.Pi)
		}
		points := make([][2]float64, 40)
		for j := range points {
			t := 2 * math.Pi * float64(j) / float64(len(points))
			radius := r
			for k := range wave {
				radius += r * wave[k] * math.Cos(float64(k+2)*t+phase[k])
			}
			u, v := radius*math.Cos(t), narrow*radius*math.Sin(t)
			points[j] = [2]float64{x + u*math.Cos(turn) - v*math.Sin(turn), y + u*math.Sin(turn) + v*math.Cos(turn)}
		}
		p.ink.fill(points)
	}
}

// shape returns the corners of a triangle, square, star, arrow or cross.
func (p *page) shape(x, y, r float64) [][2]float64 {
	turn := p.between(0, 2*math.Pi)
	polar := func(k, n int, radius float64) [2]float64 {
		a := turn + 2*math.Pi*float64(k)/float64(n)
		return [2]float64{x + radius*math.Cos(a), y + radius*math.Sin(a)}
	}
	var points [][2]float64
	switch p.rng.IntN(5) {
	case 0, 1:
		n := 3 + p.rng.IntN(2)
		for k := range n {
			points = append(points, polar(k, n, r))
		}
	case 2:
		for k := range 10 {
			points = append(points, polar(k, 10, r*[]float64{1, 0.45}[k%2]))
		}
	case 3: // an arrow
		for _, q := range [][2]float64{{-1, -0.2}, {0.2, -0.2}, {0.2, -0.6}, {1, 0}, {0.2, 0.6}, {0.2, 0.2}, {-1, 0.2}} {
			c, s := math.Cos(turn), math.Sin(turn)
			points = append(points, [2]float64{x + r*(c*q[0]-s*q[1]), y + r*(s*q[0]+c*q[1])})
		}
	case 4: // a cross
		for k := range 4 {
			a, b := polar(2*k, 8, r), polar(2*k+2, 8, r)
			in := [2]float64{x + ((a[0]+b[0])/2-x)*0.45, y + ((a[1]+b[1])/2-y)*0.45}
			for _, side := range []float64{-1, 1} {
				dx, dy := (a[0]-x)/r, (a[1]-y)/r
				points = append(points, [2]float64{a[0] - side*dy*-0.22*r, a[1] + side*dx*-0.22*r})
			}
			points = append(points, in)
		}
	}
	return points
}
