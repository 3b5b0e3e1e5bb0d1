package tabular

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestJSONLines(t *testing.T) {
	text := `{"a": 1, "b": "x\n\u00e4\ud83d\ude00", "c": true}
{"b": null, "d": {"e": -2.5e3, "f": "\"q\""}, "a": 2}

  {"list": [1, {"x": 2}], "c":false , "a":3}
{}`
	want := [][]string{{"a", "b", "c", "d.e", "d.f", "list"},
		{"1", "x\nä😀", "true", "", "", ""},
		{"2", "", "", "-2.5e3", `"q"`, ""},
		{"3", "", "false", "", "", `[1, {"x": 2}]`},
		{"", "", "", "", "", ""}}
	if got := table(t, "t.jsonl", text, Options{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := table(t, "t.txt", "\ufeff"+text, Options{}); !reflect.DeepEqual(got, want) {
		t.Errorf("by its content: got %q", got)
	}
}

// A key that is null in every row is a column, as pandas writes and reads it; null instead of an object is no column.
func TestJSONLinesNull(t *testing.T) {
	text := `{"age": null, "x": 1, "at": null}
{"x": 2, "at": {"city": "Rome"}, "age": null}
{"x": 3, "x": null, "s": ""}`
	want := [][]string{{"age", "x", "at.city", "s"}, {"", "1", "", ""}, {"", "2", "Rome", ""}, {"", "", "", ""}}
	if got := table(t, "t.jsonl", text, Options{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := table(t, "t.jsonl", `{"a": null}`, Options{}), [][]string{{"a"}, {""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONLinesErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\":1}\n{\"a\":}\n": `tabular: t.jsonl: row 2: byte 6 is "}", want a value`,
		"{\"a\":1}\n[1]\n":      `tabular: t.jsonl: row 2: byte 1 is "[1]", want an object in braces`,
		"{\"a\":01}":            `tabular: t.jsonl: row 1: byte 6 is "01}", want a value`,
		"{\"a\":\"x}":           `tabular: t.jsonl: row 1: the string at byte 6 is not closed`,
		"{\"a\":1} 2":           `tabular: t.jsonl: row 1: byte 9 is "2", want the end of the line`,
		"{\"a\":1":              `tabular: t.jsonl: row 1: the line ends early, want a comma or a closing brace`,
		"":                      `tabular: t.jsonl: the file is empty, want one JSON object in each line`,
	} {
		_, err := FromBytes("t.jsonl", []byte(text), Options{})
		if err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	_, err := FromBytes("t.json", []byte("[{}]"), Options{})
	if err == nil || !strings.Contains(err.Error(), "one JSON array") {
		t.Errorf("an array: error %v", err)
	}
}

func FuzzJSONLines(f *testing.F) {
	f.Add("{\"a\":1,\"b\":\"x\"}\n{\"a\":null}")
	f.Add(`{"a":{"b":[1,2]},"c":"\u00e4\n"}`)
	f.Fuzz(func(t *testing.T, s string) {
		src, err := FromBytes("f.jsonl", []byte(s), Options{})
		if err != nil {
			return
		}
		if _, err := read(src); err != nil {
			t.Fatalf("read at opening, but not again: %v", err)
		}
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); line != "" && !json.Valid([]byte(line)) &&
				!strings.Contains(s, "\ufeff") {
				t.Fatalf("%q was read, but is no JSON", line)
			}
		}
	})
}

// Short lines with few of many columns do not make large blocks.
func TestSparseJSONLines(t *testing.T) {
	const columns, rows = 3000, 20_000
	var text strings.Builder
	for i := range columns {
		fmt.Fprintf(&text, "{\"k%d\":%d}\n", i, i)
	}
	for range rows {
		text.WriteString("{}\n")
	}
	src, err := openJSONLines(file{name: "sparse.jsonl", open: func(at int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text.String()[at:])), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var b Block
	for {
		if err := r.Next(&b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := r.Parse(&b); err != nil {
			t.Fatal(err)
		}
		if b.Rows*columns > maxBlockCells {
			t.Fatalf("a block has %d cells", b.Rows*columns)
		}
		for i := range b.Rows {
			if n+i < columns && string(b.Cell(i, n+i)) != fmt.Sprint(n+i) {
				t.Fatalf("row %d: %q", n+i, b.Cell(i, n+i))
			}
		}
		n += b.Rows
	}
	if n != columns+rows {
		t.Errorf("%d rows, want %d", n, columns+rows)
	}
}
