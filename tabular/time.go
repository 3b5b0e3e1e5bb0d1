package tabular

import (
	"strings"
	"time"
)

// layouts lists the forms of dates and times that are recognized, in the notation of package time; seconds may have a
// fraction. A column's layout is the first that fits all its cells. So 3/4/2025 is March 4 unless a cell of the
// column has a number above 12 in the first place; see [Profile.SetDayFirst].
var layouts = []string{
	"2006-1-2",
	"2006-1-2 15:04",
	"2006-1-2 15:04:05",
	"2006-1-2T15:04",
	"2006-1-2T15:04:05",
	"2006-1-2T15:04:05Z07:00",
	"2006-1-2 15:04:05Z07:00",
	"2006-1-2 15:04:05-07",
	"2006/1/2",
	"2006/1/2 15:04",
	"2006/1/2 15:04:05",
	"1/2/2006",
	"1/2/2006 15:04",
	"1/2/2006 15:04:05",
	"1/2/2006 3:04 PM",
	"2/1/2006",
	"2/1/2006 15:04",
	"2/1/2006 15:04:05",
	"2.1.2006",
	"2.1.2006 15:04",
	"2.1.2006 15:04:05",
	"2 Jan 2006",
	"2-Jan-2006",
	"2-Jan-06",
	"Jan 2, 2006",
	"2 January 2006",
	"January 2, 2006",
	"2006-1",
	"Jan 2006",
	"January 2006",
}

// layoutSet is a set of layouts, one bit for each.
type layoutSet uint32

const allLayouts = layoutSet(1)<<30 - 1

// fitting returns the layouts of the set that cell has.
func (s layoutSet) fitting(cell []byte) layoutSet {
	b := trim(cell)
	if len(b) < 6 || len(b) > 40 {
		return 0
	}
	text := string(b)
	var fit layoutSet
	for i, layout := range layouts {
		if s&(1<<i) == 0 {
			continue
		}
		if _, err := time.Parse(layout, text); err == nil {
			fit |= 1 << i
		}
	}
	return fit
}

// first returns the first layout of the set, "" if it is empty, and that of the other order of day and month if the set has
// it too.
func (s layoutSet) first() (layout, other string) {
	for i, l := range layouts {
		switch {
		case s&(1<<i) == 0:
		case layout == "":
			layout = l
		case monthFirst(layout) && l == strings.Replace(layout, "1/2/", "2/1/", 1):
			other = l
		}
	}
	return layout, other
}

func monthFirst(layout string) bool { return strings.HasPrefix(layout, "1/2/") }

// AmbiguousDates says in which order the dates of a column are read if the other order fits all of them too: "read as
// month/day/year, though day/month/year fits too". It returns "" for other columns.
func (c *ColumnProfile) AmbiguousDates() string {
	if c.OtherLayout == "" {
		return ""
	}
	return "read as " + dateOrder(c.Layout) + ", though " + dateOrder(c.OtherLayout) + " fits too"
}

// sameTime reports whether a cell is the same time in two layouts.
func sameTime(a, b, cell string) bool {
	x, _ := parseTime(a, []byte(cell))
	y, _ := parseTime(b, []byte(cell))
	return x.Equal(y)
}

// dateOrder returns the order of the numbers in a layout with slashes.
func dateOrder(layout string) string {
	if monthFirst(layout) {
		return "month/day/year"
	}
	return "day/month/year"
}

// SetDayFirst chooses the order of day and month in the columns of which both orders fit all dates, such as 3/4/2025:
// day/month/year or month/day/year, pandas' dayfirst. [Inspect] chooses month/day/year.
func (p *Profile) SetDayFirst(dayFirst bool) {
	for i := range p.Columns {
		c := &p.Columns[i]
		if dayFirst && c.OtherLayout != "" {
			c.Layout = c.OtherLayout
		}
		c.OtherLayout = ""
	}
}

// parseTime returns the time that cell names in that layout, or in one that begins with the year: programs write the
// times of one table to CSV, JSON lines and Parquet in different such layouts, which leave no doubt.
func parseTime(layout string, cell []byte) (t time.Time, ok bool) {
	text := string(trim(cell))
	t, err := time.Parse(layout, text)
	for i := 0; err != nil && i < len(layouts); i++ {
		if strings.HasPrefix(layouts[i], "2006") {
			t, err = time.Parse(layouts[i], text)
		}
	}
	return t, err == nil
}

// timeExample returns a time in that layout that shows the order of its parts.
func timeExample(layout string) string {
	return time.Date(1999, 12, 31, 17, 30, 59, 0, time.UTC).Format(layout)
}

// hasClock reports whether a layout has a time of day.
func hasClock(layout string) bool { return strings.Contains(layout, ":04") }

func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())*1e-9 }
