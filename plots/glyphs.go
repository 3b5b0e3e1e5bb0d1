package plots

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
)

// textRun is a part of a line of text that is drawn in one font.
type textRun struct {
	face font.Face
	text string
}

// textRuns returns the parts of a line of text. The embedded fonts have Latin, Greek and Cyrillic characters; others,
// such as the Chinese names of classes, are drawn in the font that more returns, and as U+732B if that has none either.
// Two digits 1 are two parts: the fonts' kerning would draw them closer than other digits.
func textRuns(f font.Face, more func() *opentype.Font, text string) []textRun {
	var runs []textRun
	before := rune(0)
	for _, r := range text {
		face, s := f, string(r)
		if !hasGlyph(f.Face, r) {
			if other := more(); other != nil && hasGlyph(other, r) {
				face = font.Face{Font: font.Font{Typeface: "sans-serif", Size: f.Font.Size}, Face: other}
			} else {
				s = fmt.Sprintf("U+%04X", r)
			}
		}
		last := len(runs) - 1
		if last < 0 || runs[last].face != face || before == '1' && r == '1' {
			runs = append(runs, textRun{face, s})
		} else {
			runs[last].text += s
		}
		before = r
	}
	return runs
}

// hasGlyph reports whether a font has a character.
func hasGlyph(f *opentype.Font, r rune) bool {
	i, err := f.GlyphIndex(nil, r)
	return err == nil && i != 0
}

// systemFont returns a font of the system with Chinese, Japanese and Korean characters, nil if there is none.
var systemFont = sync.OnceValue(func() *opentype.Font {
	for _, path := range systemFonts() {
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		c, err := opentype.ParseCollection(content) // also of a single font
		if err != nil {
			continue
		}
		if f, err := c.Font(0); err == nil && hasGlyph(f, '文') {
			if _, err := f.Name(nil, sfnt.NameIDFamily); err == nil { // which SVG needs
				return f
			}
		}
	}
	return nil
})

// systemFonts returns the usual paths of such fonts.
func systemFonts() (paths []string) {
	switch runtime.GOOS {
	case "windows":
		for _, name := range []string{"msyh.ttc", "simhei.ttf", "simsun.ttc", "msgothic.ttc", "malgun.ttf"} {
			paths = append(paths, filepath.Join(os.Getenv("WINDIR"), "Fonts", name))
		}
		return paths
	case "darwin":
		return []string{"/System/Library/Fonts/PingFang.ttc", "/System/Library/Fonts/STHeiti Light.ttc",
			"/System/Library/Fonts/Hiragino Sans GB.ttc", "/System/Library/Fonts/Supplemental/Arial Unicode.ttf"}
	}
	for _, pattern := range []string{"*/*/NotoSansCJK*-Regular.*", "*/NotoSansCJK*-Regular.*", "*/*/NotoSansSC*-Regular.*", "*/*/SourceHanSans*-Regular.*",
		"*/*/wqy-*.ttc", "*/wqy-*/*.ttc", "*/*/DroidSansFallback*.ttf"} {
		found, _ := filepath.Glob(filepath.Join("/usr/share/fonts", pattern))
		paths = append(paths, found...)
	}
	return paths
}
