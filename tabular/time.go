package tabular

import (
	"strings"
	"time"
)

// layouts lists the forms of dates and times that are recognized, in the notation of package time; seconds may have a
// fraction. A column's layout is the first that fits all its cells. So 3/4/2025 is March 4 unless a cell of the
// column has a number above 12 in the first place.
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
}

// layoutSet is a set of layouts, one bit for each.
type layoutSet uint32

const allLayouts = layoutSet(1)<<27 - 1

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

// first returns the first layout of the set, "" if it is empty.
func (s layoutSet) first() string {
	for i, layout := range layouts {
		if s&(1<<i) != 0 {
			return layout
		}
	}
	return ""
}

// parseTime returns the time that cell names in that layout, in seconds since 1970 in UTC.
func parseTime(layout string, cell []byte) (t time.Time, ok bool) {
	t, err := time.Parse(layout, string(trim(cell)))
	return t, err == nil
}

// hasClock reports whether a layout has a time of day.
func hasClock(layout string) bool { return strings.Contains(layout, ":04") }

func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())*1e-9 }
