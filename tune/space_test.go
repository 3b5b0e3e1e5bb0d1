package tune

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParseParam(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"1e-4..1e-1", "0.0001..0.1"},
		{"log:1e-4..1e-1", "log:0.0001..0.1"},
		{"1..8", "1..8"},
		{"-3 .. 8", "-3..8"},
		{"1.0..8", "1..8.0"},
		{"log:16..512", "log:16..512"},
		{"log:1e5..1e7", "log:100000..1e+07"},
		{"adam, sgd", "adam,sgd"},
		{"[64],[64,64]", "[64],[64,64]"},
		{"0..0.99 if optimizer.name=sgd", "0..0.99 if optimizer.name=sgd"},
	} {
		p, err := ParseParam("p", test.text)
		if err != nil || p.Range() != test.want {
			t.Errorf("%q: %q, %v; want %q", test.text, p.Range(), err, test.want)
		}
		if again, err := ParseParam("p", p.Range()); err != nil || again.Range() != p.Range() || again.Int != p.Int {
			t.Errorf("%q: %+v became %+v, %v", test.text, p, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                      "one value",
		"adam":                  "one value",
		"adam,adam":             "different",
		"a,,b":                  "not empty",
		"1..":                   "must be numbers",
		"x..y":                  "must be numbers",
		"8..1":                  "below the second",
		"0..NaN":                "below the second",
		"0.0..1e999":            "must be numbers",
		"log:0..1.0":            "begins above 0",
		"log:5":                 "no \"..\"",
		"0..1 if optimizer":     "no condition",
		"0..999999999999999999": "2^53",
	} {
		if p, err := ParseParam("p", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want an error with %q", text, p, err, want)
		}
	}
}

func TestSpaceCheck(t *testing.T) {
	choice := Param{Name: "o", Choices: []string{"sgd", "adam"}}
	momentum := Param{Name: "m", High: 0.99, If: "o", IfValue: "sgd"}
	for _, test := range []struct {
		space Space
		want  string
	}{
		{Space{choice, momentum}, ""},
		{Space{momentum, choice}, "no range before it"},
		{Space{choice, {Name: "m", High: 1, If: "o", IfValue: "lion"}}, "no range before it"},
		{Space{choice, choice}, "two ranges"},
		{Space{}, "no parameter"},
	} {
		err := test.space.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v; want %q", test.space, err, test.want)
		}
	}
}

// TestSamplersStayInside checks values of both samplers for every kind of range, also at the ends.
func TestSamplersStayInside(t *testing.T) {
	space := spaceOf(t, "f=-1.5..2", "l=log:1e-5..1e-1", "i=1..3", "j=log:1..40", "c=a,b,c", "m=0.0..1 if c=b", "n=1..2 if c=b")
	for _, s := range []Sampler{Random{}, TPE{}} {
		var past []Trial
		seen := map[string]int{}
		for n := range 120 {
			v := s.Suggest(space, Rank(past, true), rand.New(rand.NewPCG(9, uint64(n))))
			if err := space.contains(v); err != nil {
				t.Fatal(err)
			}
			trial := Trial{Number: n, Values: v, State: []State{Complete, Complete, Pruned, Failed, Running}[n%5], Value: float64(n % 17)}
			past = append(past, trial)
			for name, value := range v {
				seen[name+"="+value]++
			}
		}
		for _, want := range []string{"i=1", "i=2", "i=3", "j=1", "c=a", "c=b", "c=c", "n=1", "n=2"} {
			if seen[want] == 0 {
				t.Errorf("%T never chose %s", s, want)
			}
		}
	}
}

// TestSorted sorts chains of conditions: whatever their names, each parameter follows the one that it depends on.
func TestSorted(t *testing.T) {
	param := func(name, parent string) Param {
		p := Param{Name: name, Choices: []string{"1", "2"}}
		if parent != "" {
			p.If, p.IfValue = parent, "1"
		}
		return p
	}
	for _, c := range []struct {
		space Space
		want  string
		fails bool
	}{
		{Space{param("a", "b"), param("b", "c"), param("c", "")}, "c b a", false},
		{Space{param("c", "b"), param("b", "a"), param("a", "")}, "a b c", false},
		{Space{param("a", ""), param("b", "z"), param("c", "b"), param("z", "")}, "a z b c", false},
		{Space{param("a", "b"), param("b", "a"), param("c", "")}, "c a b", true},
		{Space{param("a", "a")}, "a", true},
		{Space{param("a", "none"), param("b", "")}, "b a", true},
	} {
		var names []string
		for _, p := range c.space.Sorted() {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("sorted: %s, want %s", got, c.want)
		}
		if err := c.space.Sorted().Check(); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}
