// Package plots draws pictures of models and trainings, as PNG and SVG: feature maps, filters and heat maps, confusion
// matrices, images with titles, curves, points, bars and histograms.
//
//	p := plots.Grid{Title: "conv1", Maps: plots.MapsOf(layer.Output.Select(0, 0))}.Picture()
//	err := p.WriteFile("conv1.png")
//
// Each kind is a struct of what it shows; its method Picture lays it out. Values that are not finite are drawn in grey.
// The colors are viridis for numbers that begin at a smallest one, and blue–white–red for signed numbers. Readers with
// any color vision can tell them apart. Text and lines are drawn by gonum.org/v1/plot. Characters that its fonts do not
// have, such as Chinese ones, are drawn in a font of the system, or as U+732B if it has none.
package plots
