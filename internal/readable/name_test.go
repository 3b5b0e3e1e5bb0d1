package readable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"price":                          "price",
		"a\x1b[31mb\nc":                  "a [31mb c",
		"名字":                             "名字",
		strings.Repeat("x", 80):          strings.Repeat("x", 80),
		strings.Repeat("x", 100) + "end": strings.Repeat("x", 50) + "…" + strings.Repeat("x", 17) + "end",
		strings.Repeat("名", 1000):        strings.Repeat("名", 16) + "…" + strings.Repeat("名", 6),
		strings.Repeat("\x80", 1000):     "…",
	} {
		if got := Name(name); got != want {
			t.Errorf("%.20q is %q, want %q", name, got, want)
		}
	}
}

func TestMessage(t *testing.T) {
	long := strings.Repeat("y", 10_000)
	for text, want := range map[string]string{
		"":                             "",
		"a b\n\tc ":                    "a b\n\tc ",
		"red \x1b[31m\r":               "red  [31m ",
		"name " + long + " is wrong\n": "name " + long[:180] + "…" + long[:120] + " is wrong\n",
	} {
		if got := Message(text); got != want {
			t.Errorf("%.30q is %q, want %q", text, got, want)
		}
	}
	if got := Message(strings.Repeat("名字 ", 5000)); len(got) > 4010 || !utf8.ValidString(got) {
		t.Errorf("%d bytes", len(got))
	}
}
