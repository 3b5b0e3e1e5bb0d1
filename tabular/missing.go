package tabular

// IsMissing reports whether a cell of the column holds no value: it is empty, says NA or the like, or is one of
// MissingWords.
func (c *ColumnPreparation) IsMissing(cell []byte) bool { return c.missing(cell) }
