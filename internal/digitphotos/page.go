package digitphotos

import (
	"image"
	"math"
	"math/rand/v2"
)

// page is a sheet of paper with handwriting, and the conditions under which it is photographed. Lengths are pixels of
// the photograph, gray values are from 0 (black) to 1 (white).
type page struct {
	rng    *rand.Rand
	w, h   int // size of the photograph
	number string
	boxes  []box // of the digits, on the paper

	paper, pen float64 // gray values
	ink        canvas  // the amount of ink on the paper, 0 to 1
	size       float64 // height of a digit, as a fraction of the frame's shorter side
	penWidth   float64 // pixels of a digit's 28; 0 keeps the handwriting as it is

	across, down *rules // lines printed on the paper, or nil
	rulesGray    float64

	angle     float64 // of the camera, in radians
	keystone  [2]float64
	table     bool
	margin    [4]float64 // distance of the paper's edges from the frame's, as a fraction of the frame: l, t, r, b
	tableGray float64
	woodGrain float64
	dark      func(x, y float64) float64 // the part of the light that reaches a point of the frame; nil means 1
	blur      float64                    // standard deviation of the blur
	noise     float64                    // standard deviation
	quality   int                        // of the JPEG
	direct    *image.Gray                // a finished photograph, instead of all this
}

type box struct{ left, top, right, bottom float64 }

// rules are parallel lines.
type rules struct{ period, offset, width float64 }

// The ranges of the effects.
const (
	minSide, maxSide       = 320, 560 // of the photograph
	paperMin, paperMax     = 0.84, 1.0
	penMin, penMax         = 0.04, 0.35
	sizeMin, sizeMax       = 0.2, 0.8 // of the frame's shorter side
	usualMin, usualMax     = 0.35, 0.6
	shadingMax             = 0.6 // the darkest place gets 40% of the light
	shadowMin, shadowMax   = 0.25, 0.6
	ruleMin, ruleMax       = 120. / 255, 220. / 255
	rotationMax            = 20 * math.Pi / 180
	keystoneMax            = 0.25 // change of scale from one edge of the frame to the other
	blurMax                = 2
	penWidthMin, penWMax   = 1, 5 // pixels of a digit's 28
	noiseMax               = 0.08
	qualityMin, qualityMax = 50, 95
	tableMin, tableMax     = 0.08, 0.45
)

func newPage(r *rand.Rand, least, most float64) *page {
	p := &page{rng: r, quality: qualityMax}
	side := p.between(least, most)
	long := side * []float64{1, 4. / 3, 3. / 2}[r.IntN(3)]
	p.w, p.h = int(long), int(side)
	if r.IntN(2) == 0 {
		p.w, p.h = p.h, p.w
	}
	p.paper, p.pen = p.between(paperMin, paperMax), p.between(penMin, penMax)
	p.size = p.between(usualMin, usualMax)
	p.ink = newCanvas(p.w, p.h)
	return p
}

func (p *page) between(lo, hi float64) float64 { return lo + (hi-lo)*p.rng.Float64() }
func (p *page) chance(q float64) bool          { return p.rng.Float64() < q }

// shade makes one side, or all corners, darker by up to shadingMax.
func (p *page) shade() {
	most := p.between(0, shadingMax)
	before := p.dark
	w, h := float64(p.w), float64(p.h)
	corners := p.chance(0.5)
	turn := p.between(0, 2*math.Pi)
	c, s := math.Cos(turn), math.Sin(turn)
	reach := (math.Abs(c)*w + math.Abs(s)*h) / 2
	p.dark = func(x, y float64) float64 {
		dx, dy := x-w/2, y-h/2
		t := (c*dx + s*dy + reach) / (2 * reach)
		if corners {
			t = (dx*dx + dy*dy) / (w*w/4 + h*h/4)
		}
		light := 1 - most*t
		if before != nil {
			light *= before(x, y)
		}
		return light
	}
}

// castShadow puts one side of a line or of a curve into shadow.
func (p *page) castShadow() {
	depth := p.between(shadowMin, shadowMax)
	before := p.dark
	w, h := float64(p.w), float64(p.h)
	turn := p.between(0, 2*math.Pi)
	c, s := math.Cos(turn), math.Sin(turn)
	reach := (math.Abs(c)*w + math.Abs(s)*h) / 2
	edge := reach * p.between(-0.7, 0.7)
	soft := p.between(1, 25)
	bend := p.between(-0.3, 0.3) / reach
	p.dark = func(x, y float64) float64 {
		dx, dy := x-w/2, y-h/2
		along := c*dy - s*dx
		t := (c*dx+s*dy-edge-bend*along*along)/soft + 0.5
		light := 1 - depth*smooth(t)
		if before != nil {
			light *= before(x, y)
		}
		return light
	}
}

// smooth rises from 0 at 0 to 1 at 1.
func smooth(t float64) float64 {
	t = min(1, max(0, t))
	return t * t * (3 - 2*t)
}

func (p *page) ruleLines() {
	period := p.between(0.05, 0.16) * float64(min(p.w, p.h))
	p.down = &rules{period, p.between(0, period), p.between(1, 2.5)}
	p.rulesGray = p.between(ruleMin, ruleMax)
}

func (p *page) ruleSquares() {
	p.ruleLines()
	across := *p.down
	across.offset = p.between(0, across.period)
	p.across = &across
}

// layOnTable moves the edges of the paper into the frame, one to four of them.
func (p *page) layOnTable() {
	p.table, p.tableGray, p.woodGrain = true, p.between(tableMin, tableMax), p.between(0, 0.06)
	for p.margin == [4]float64{} {
		for i := range p.margin {
			if p.chance(0.6) {
				p.margin[i] = p.between(0.02, 0.14)
			}
		}
	}
}

func (p *page) rotate() { p.angle = p.between(-rotationMax, rotationMax) }
func (p *page) tilt() {
	for i := range p.keystone {
		p.keystone[i] = p.between(-keystoneMax, keystoneMax)
	}
}
func (p *page) anySize()  { p.size = p.between(sizeMin, sizeMax) }
func (p *page) blurLens() { p.blur = p.between(0, blurMax) }
func (p *page) anyPen()   { p.penWidth = p.between(penWidthMin, penWMax) }
func (p *page) addNoise() { p.noise = p.between(0, noiseMax) }
func (p *page) compress() { p.quality = qualityMin + p.rng.IntN(qualityMax-qualityMin+1) }

// invert makes the paper dark and the pen light: chalk on a board.
func (p *page) invert() { p.paper, p.pen = p.between(0.05, 0.3), p.between(0.75, 1) }

// mixAll applies every effect that has a range from nothing on, and each other effect with a probability.
func (p *page) mixAll() {
	p.mixWithoutRules()
	switch {
	case p.chance(0.25):
		p.ruleLines()
	case p.chance(0.33):
		p.ruleSquares()
	}
	if p.paper < 0.5 && p.down != nil { // lines on a board are light
		p.rulesGray = p.paper + p.between(0.1, 0.4)
	}
}

// moveClose lets a digit fill the frame, on paper that is only dim.
func (p *page) moveClose() {
	p.shade()
	p.rotate()
	p.tilt()
	p.size = p.between(0.6, 0.8)
	p.blurLens()
	p.compress()
	if p.chance(0.5) {
		p.addNoise()
	}
	if p.chance(0.75) {
		p.anyPen()
	}
}

func (p *page) mixWithoutRules() {
	p.shade()
	p.rotate()
	p.tilt()
	p.anySize()
	p.blurLens()
	p.addNoise()
	p.compress()
	if p.chance(0.5) {
		p.anyPen()
	}
	if p.chance(0.33) {
		p.castShadow()
	}
	switch {
	case p.chance(0.33):
		p.layOnTable()
	case p.chance(0.25):
		p.invert()
	}
}
