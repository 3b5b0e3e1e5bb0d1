package tabular

import (
	"fmt"
	"strings"
	"testing"
)

// TestDayFirst: if both orders of day and month fit all dates of a column, month/day/year is chosen with a warning, and
// SetDayFirst chooses the other.
func TestDayFirst(t *testing.T) {
	var text strings.Builder
	text.WriteString("both,clock,later,dots,yearly\n")
	for i := range 30 {
		fmt.Fprintf(&text, "%d/%d/2024,%02d/%02d/2024 10:30,%d/3/2024,%d.%d.2024,1/1/%d\n", i%12+1, i%11+1, i%12+1,
			i%11+1, i%30+1, i%12+1, i%11+1, 1990+i)
	}
	src := source(t, "t.csv", text.String())
	inspect := func() *Profile {
		t.Helper()
		p, err := Inspect(ctx, src)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	layouts := func(p *Profile) (all []string) {
		for i := range p.Columns {
			all = append(all, p.Columns[i].Layout)
		}
		return all
	}
	p := inspect()
	if got, want := fmt.Sprint(layouts(p)), "[1/2/2006 1/2/2006 15:04 2/1/2006 2.1.2006 1/2/2006]"; got != want {
		t.Errorf("layouts %v, want %v", got, want)
	}
	const order = "read as month/day/year, though day/month/year fits too"
	if got := p.String(); strings.Count(got, order) != 2 {
		t.Errorf("the description is\n%s", got)
	}
	warnings, err := Lint(ctx, src, p, nil)
	if got := fmt.Sprint(warnings); err != nil || len(warnings) != 2 ||
		!strings.Contains(got, `both: dates such as "1/1/2024" are `+order) || !strings.Contains(got, "clock: ") {
		t.Errorf("warnings %v, %v", warnings, err)
	}
	p.SetDayFirst(true)
	if got, want := fmt.Sprint(layouts(p)), "[2/1/2006 2/1/2006 15:04 2/1/2006 2.1.2006 1/2/2006]"; got != want {
		t.Errorf("layouts %v with the day first, want %v", got, want)
	}
	if warnings, err := Lint(ctx, src, p, nil); err != nil || len(warnings) != 0 {
		t.Errorf("warnings %v, %v", warnings, err)
	}
	p = inspect()
	if p.SetDayFirst(false); layouts(p)[0] != "1/2/2006" || p.Columns[0].AmbiguousDates() != "" {
		t.Errorf("with the month first: %+v", p.Columns[0])
	}
}

// One table in several formats has the same times: pandas writes those of whole days to CSV without a clock, Parquet
// cells have one, JSON lines a T.
func TestTimesOfOtherFormats(t *testing.T) {
	for _, layout := range []string{"2006-1-2", "2006-1-2 15:04:05", "2006-1-2T15:04:05", "2006-1-2 15:04:05Z07:00", "1/2/2006"} {
		for _, cell := range []string{"2024-12-06", "2024-12-06 00:00:00", "2024-12-06T00:00:00.000", "2024-12-06T00:00:00Z",
			"2024-12-06 01:00:00+01:00", "2024/12/6"} {
			if v, err := valueOf(Time, layout, []byte(cell)); err != nil || v != 1733443200 {
				t.Errorf("layout %s: %s is %v, %v", layout, cell, v, err)
			}
		}
	}
	for _, cell := range []string{"6/12/2024", "6.12.2024", "1733443200"} {
		if v, err := valueOf(Time, "2006-1-2", []byte(cell)); err == nil {
			t.Errorf("%s is %v", cell, v)
		}
	}
}

// Words that count as missing in a column of numbers have no time either.
func TestTimesWithoutNumbers(t *testing.T) {
	var text strings.Builder
	text.WriteString("year,x\n")
	for i := range 60 {
		year := fmt.Sprint(1960 + i)
		if word, ok := map[int]string{5: "n.d.", 7: "inf", 9: ""}[i]; ok {
			year = word
		}
		fmt.Fprintf(&text, "%s,%d\n", year, i)
	}
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	times, err := Times(ctx, src, *p.Column("year"))
	if err != nil || times[5] == times[5] || times[7] == times[7] || times[9] == times[9] || times[6] != 1966 {
		t.Errorf("%v, %v", times, err)
	}
}

// TestMonths: months are times, with and without a day.
func TestMonths(t *testing.T) {
	if want := layoutSet(1)<<len(layouts) - 1; allLayouts != want {
		t.Errorf("allLayouts is %b, want %b", allLayouts, want)
	}
	for cell, layout := range map[string]string{"2024-%02d": "2006-1", "%s 2024": "Jan 2006"} {
		var text strings.Builder
		text.WriteString("month,x\n")
		for i := range 60 {
			var month any = i%12 + 1
			if layout == "Jan 2006" {
				month = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}[i%12]
			}
			fmt.Fprintf(&text, cell+",%d\n", month, i)
		}
		p, err := Inspect(ctx, source(t, "t.csv", text.String()))
		if err != nil {
			t.Fatal(err)
		}
		if c := p.Columns[0]; c.Kind != Time || c.Layout != layout {
			t.Errorf("%s: %v %q", cell, c.Kind, c.Layout)
		}
	}
}
