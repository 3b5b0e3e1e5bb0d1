// Package digitphotos draws pictures of handwritten digits as people photograph them, from the digits of MNIST, and
// pictures without a digit. Package vision/digits is tested with them, and networks are trained on the ink that they
// contain.
//
// A picture is determined by its kind, a seed and a number. The ranges of all effects are constants of this package.
package digitphotos

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/lamina-ml/lamina/data/mnist"
)

// Picture is a drawn photograph.
type Picture struct {
	Image  image.Image
	Number string // the digits in it from left to right; "" if it contains none
	Light  bool   // the pen is lighter than the paper
	page   *page
}

// DigitAt returns which digit of Number is seen around a point of the picture, or −1 if none is.
func (p Picture) DigitAt(x, y int) int {
	u, v := p.page.view()(float64(x), float64(y))
	for i, b := range p.page.boxes {
		if u >= b.left && u < b.right && v >= b.top && v < b.bottom {
			return i
		}
	}
	return -1
}

// Kind is a kind of picture.
type Kind struct {
	Name   string
	Digits bool // pictures of this kind contain digits
	draw   func(p *page, d *mnist.Digits)
}

// Kinds lists all kinds. Each of the first has one effect alone; "mixed" has all of them.
var Kinds = []Kind{
	digitKind("plain", 1, func(*page) {}),
	digitKind("shading", 1, (*page).shade),
	digitKind("shadow edge", 1, (*page).castShadow),
	digitKind("rules", 1, (*page).ruleLines),
	digitKind("squares", 1, (*page).ruleSquares),
	digitKind("table", 1, (*page).layOnTable),
	digitKind("rotation", 1, (*page).rotate),
	digitKind("perspective", 1, (*page).tilt),
	digitKind("size", 1, (*page).anySize),
	digitKind("blur", 1, (*page).blurLens),
	digitKind("pens", 1, (*page).anyPen),
	digitKind("noise", 1, (*page).addNoise),
	digitKind("jpeg", 1, (*page).compress),
	digitKind("inverted", 1, (*page).invert),
	digitKind("2 digits", 2, func(*page) {}),
	digitKind("3 digits", 3, func(*page) {}),
	digitKind("4 digits", 4, func(*page) {}),
	digitKind("mixed", 1, (*page).mixAll),
	digitKind("mixed, 2 digits", 2, (*page).mixAll),
	digitKind("mixed, 3 digits", 3, (*page).mixAll),
	digitKind("mixed, 4 digits", 4, (*page).mixAll),
	emptyKind("blank", (*page).mixWithoutRules, func(*page) {}),
	emptyKind("only noise", func(*page) {}, (*page).onlyNoise),
	emptyKind("only rules", (*page).mixAll, (*page).onlyRules),
	emptyKind("letters", (*page).mixAll, (*page).writeWord),
	emptyKind("page of text", (*page).mixWithoutRules, (*page).printText),
	emptyKind("shapes", (*page).mixAll, (*page).drawShapes),
	emptyKind("china.jpg", func(*page) {}, (*page).showChina),
	emptyKind("flower.jpg", func(*page) {}, (*page).showFlower),
}

// TrainedKinds lists the kinds that a network for photographs is trained on: with digits, and without, and close-ups
// of single marks, which take little time to draw in small pictures. The photographs of scikit-learn and letters that
// look like digits are not among them.
var TrainedKinds = struct{ Digits, Empty, CloseDigits, CloseEmpty []Kind }{
	Digits: named("mixed", "mixed, 2 digits", "mixed, 3 digits", "mixed, 4 digits"),
	Empty: append(named("shapes", "only rules", "shapes", "only noise", "shapes", "blank"),
		emptyKind("unmistakable letters", (*page).mixAll, (*page).writeUnmistakable),
		emptyKind("blobs", (*page).mixAll, (*page).drawBlobs),
		emptyKind("unmistakable letters", (*page).mixAll, (*page).writeUnmistakable)),
	CloseDigits: []Kind{digitKind("close-up", 1, (*page).moveClose)},
	CloseEmpty: []Kind{
		emptyKind("letters, close-up", (*page).moveClose, (*page).writeUnmistakable),
		emptyKind("shapes, close-up", (*page).moveClose, (*page).drawShapes),
		emptyKind("letters, close-up", (*page).moveClose, (*page).writeUnmistakable),
		emptyKind("blobs, close-up", (*page).moveClose, (*page).drawBlobs),
	},
}

func named(names ...string) []Kind {
	var kinds []Kind
	for _, name := range names {
		k, err := KindNamed(name)
		if err != nil {
			panic(err)
		}
		kinds = append(kinds, k)
	}
	return kinds
}

func digitKind(name string, digits int, effect func(*page)) Kind {
	return Kind{name, true, func(p *page, d *mnist.Digits) {
		effect(p)
		p.writeDigits(d, digits)
	}}
}

func emptyKind(name string, effect, content func(*page)) Kind {
	return Kind{name, false, func(p *page, _ *mnist.Digits) {
		effect(p)
		content(p)
	}}
}

// KindNamed returns the kind with that name.
func KindNamed(name string) (Kind, error) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("no kind of picture is named %q", name)
}

// Draw draws picture i of a kind with digits of d.
func (k Kind) Draw(d *mnist.Digits, seed uint64, i int) Picture {
	return k.DrawSized(d, seed, i, minSide, maxSide)
}

// DrawSized is Draw for pictures whose shorter side is between two numbers of pixels. Drawing takes less time if they
// are small.
func (k Kind) DrawSized(d *mnist.Digits, seed uint64, i int, least, most float64) Picture {
	var name uint64
	for _, b := range []byte(k.Name) {
		name = name*131 + uint64(b)
	}
	p := newPage(rand.New(rand.NewPCG(seed, name<<24+uint64(i))), least, most)
	k.draw(p, d)
	return Picture{p.photograph(), p.number, p.pen > p.paper, p}
}
