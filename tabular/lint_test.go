package tabular

import (
	"fmt"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,same,city,copy,twice,price,gap,kind\n")
	for i := range 400 {
		city := []string{"London", "Rome", "Oslo"}[i%3]
		kind := "abc"[i%3 : i%3+1]
		switch i {
		case 7:
			city = "Londn"
		case 8:
			city = " rome"
		case 399:
			kind = "d"
		}
		price := fmt.Sprint(float64(i*i%97) + 0.25)
		gap := ""
		if i%4 == 0 {
			gap = fmt.Sprint(i%17) + ".5"
		}
		if i == 20 {
			price = "unknown"
		}
		fmt.Fprintf(&text, "%d,x,%s,K%s,%v,%s,%s,%s\n", i+1, city, kind, 2*(i*i%97), price, gap, kind)
	}
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	check := func(targets []string, want ...string) {
		t.Helper()
		got, err := Lint(ctx, src, p, targets)
		if err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprint(got)
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%v: no %q in %v", targets, w, got)
			}
		}
	}
	check([]string{"kind"}, "id: it numbers the rows", "same: all its values are equal", `city: "Londn" (1 row) looks like "London" (134)`,
		`city: " rome" (1 row) looks like "Rome"`, "copy: it has one value for each value of the target kind", `kind: the class "d" has 1 row`,
		`price: "unknown" among numbers`, "gap: 300 of 400 values are missing")
	check([]string{"price"}, "twice: it is a linear function of the target price", `price: "unknown" among numbers`)
}

func TestEqualRows(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,2\n", 3) + "2,3\n4,5\n"
	src := source(t, "t.csv", text)
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Lint(ctx, src, p, nil)
	if err != nil || len(got) != 1 || got[0].String() != "2 rows of 5 are equal to an earlier one: training and test may share them" {
		t.Errorf("warnings %v, %v", got, err)
	}
}
