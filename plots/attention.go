package plots

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// Attention shows the weights of an attention layer, with a map for each head. Row i has the weights with which token i
// reads each token; the darkest is the largest weight.
type Attention struct {
	Title, Note string
	Queries     []string // the tokens that read, one for each row
	Keys        []string // the tokens that are read, one for each column; nil means Queries
	Weights     tensor.Tensor
	Columns     int // maps in a row; 0 means 2 for long texts, up to 4 for short ones
}

// Picture lays the maps out. It panics if Weights is not (heads, len(Queries), len(Keys)).
func (a Attention) Picture() *Picture {
	keys := a.Keys
	if keys == nil {
		keys = a.Queries
	}
	rows, columns := len(a.Queries), len(keys)
	if w := a.Weights; w.Rank() != 3 || w.Dim(0) < 1 || w.Dim(1) != rows || w.Dim(2) != columns || rows < 1 || columns < 1 {
		panic(&tensor.Error{Op: "plots.Attention",
			Msg:    fmt.Sprintf("want weights (heads, %d, %d) as there are names of tokens", rows, columns),
			Shapes: []tensor.Shape{w.Shape()}})
	}
	maps := MapsOf(a.Weights)
	across := a.Columns
	if across == 0 {
		across = min(max(2, 48/max(rows, columns)), 4)
	}
	across = min(across, len(maps))
	size := max(2, min(18, 480/max(rows, columns))) // of a cell in pixels
	named := size >= 9
	font := min(12, float64(size)-1)
	left0, top0, upright := 4.0, 18.0, false // the space for the names of rows and columns
	if named {
		for _, name := range a.Queries {
			left0 = max(left0, min(width(font, false, visible(name)), 90)+8)
		}
		longest := 0.0
		for _, name := range keys {
			longest = max(longest, min(width(font, false, visible(name)), 90))
		}
		if upright = longest <= float64(size); upright {
			top0 += font + 4
		} else {
			top0 += longest + 8
		}
	}
	stepX, stepY := left0+float64(columns*size)+14, top0+float64(rows*size)+14
	top := heading(a.Title, a.Note)
	total := max(margin+float64(across)*stepX, headingWidth(a.Title, a.Note)+2*margin)
	height := top + float64((len(maps)+across-1)/across)*stepY
	return &Picture{int(math.Ceil(total)), int(math.Ceil(height)), func(c *canvas) {
		c.heading(a.Title, a.Note)
		for i, m := range maps {
			x, y := margin+float64(i%across)*stepX+left0, top+float64(i/across)*stepY+top0
			c.text(x, y-top0+11, left, 12, ink, "head "+strconv.Itoa(i+1))
			most := float32(0)
			for _, v := range m.Values {
				most = max(most, v)
			}
			for r := range rows {
				for k := range columns {
					depth := float64(m.Values[r*columns+k])
					if most > 0 {
						depth /= float64(most)
					}
					c.rect(x+float64(k*size), y+float64(r*size), float64(size)-0.5, float64(size)-0.5, blend(emptyCell, correctBlue, depth))
				}
			}
			if !named {
				continue
			}
			for r, name := range a.Queries {
				c.text(x-4, y+float64(r*size)+float64(size)/2+font*0.36, right, font, muted, clip(font, visible(name), 90))
			}
			for k, name := range keys {
				if upright {
					c.text(x+float64(k*size)+float64(size)/2, y-5, center, font, muted, visible(name))
					continue
				}
				name = clip(font, visible(name), 90)
				c.vertical(x+float64(k*size)+float64(size)/2+font*0.36, y-4-width(font, false, name)/2, font, muted, name)
			}
		}
	}}
}

// visible returns a token with signs for spaces, line ends and tabs.
func visible(token string) string {
	return strings.NewReplacer(" ", "·", "\n", "¶", "\t", "→").Replace(token)
}
