package text

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReadTokenizer reads broken tokenizer.json files: each is an error or a tokenizer that works.
func FuzzReadTokenizer(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(goldenFolder, "*.json"))
	if err != nil || len(paths) < 30 {
		f.Fatal(len(paths), err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 1<<15 {
			f.Add(b)
		}
	}
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}`))
	f.Add([]byte(`{"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 50) + strings.Repeat(`]}`,
		50) + `,"model":{"vocab":{"<unk>":0},"unk_token":"<unk>"}}`))
	f.Add([]byte(`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := ReadTokenizer(bytes.NewReader(b))
		if err != nil {
			return
		}
		const s = "The day's <s>quick</s> café\r\n  １２３ [MASK] a\u0300\u0334 日本 \xff"
		e := tok.EncodePair(s, s[:20])
		for _, o := range e.Offsets {
			if o.Start < 0 || o.Start > o.End || o.End > len(s) {
				t.Errorf("offsets %v of %d bytes", o, len(s))
			}
		}
		tok.AppendIDs(nil, s)
		tok.Decode(e.IDs)
		d := tok.StreamWithSpecial()
		for _, id := range e.IDs[:min(len(e.IDs), 50)] {
			d.Next(id)
		}
		d.Flush()
		var out bytes.Buffer
		if _, err := tok.WriteTo(&out); err != nil {
			t.Errorf("saving: %v", err)
		} else if _, err := ReadTokenizer(&out); err != nil && !bytes.Contains(b, []byte("\\u")) {
			t.Errorf("reading what was saved: %v", err)
		}
	})
}

// TestReadErrors checks that errors name the part of the file.
func TestReadErrors(t *testing.T) {
	const model = `"model":{"type":"WordLevel","vocab":{"<unk>":0},"unk_token":"<unk>"}`
	for in, want := range map[string]string{
		``:                                      "unexpected end of JSON input",
		`[]`:                                    "array",
		`{"version":"2.0"}`:                     `version "2.0"`,
		`{}`:                                    "model: missing",
		`{"model":{"type":"Other","vocab":{}}}`: "model: unknown type \"Other\"",
		`{"model":{"type":"WordPiece","vocab":{"a":0}}}`:                     `unk_token "[UNK]" is not in the vocabulary`,
		`{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}`:              `the id of token "a" is -1`,
		`{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}`:      "2000000000",
		`{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}`:         "both have the id 0",
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}`:          `merge 0: token "b"`,
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}`:            `merges[0]: "a"`,
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}`:          "merges[0]: want two tokens",
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}`: "dropout 0.1",
		`{"model":{"type":"Unigram","vocab":[["a",-1]]}}`:                    "unk_id is missing",
		`{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}}`:         "unk_id 1, want 0 to 0",
		`{"model":{"type":"Unigram","vocab":[["a"],["b",1,2]],"unk_id":0}}`:  "",
		`{"normalizer":{"type":"X"},` + model +
			`}`: `normalizer: unknown type "X"`,
		`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{}]},` + model +
			`}`: `normalizer.normalizers[1]: unknown type ""`,
		`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////w=="},` + model +
			`}`: "precompiled_charsmap",
		`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"a(?=b)"},"behavior":"Isolated","invert":false},` + model + `}`: "lookahead",
		`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated","invert":false},` + model +
			`}`: `the pattern "("`,
		`{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"X","invert":false},` + model +
			`}`: `behavior "X"`,
		`{"pre_tokenizer":{"type":"Metaspace","replacement":"ab"},` + model +
			`}`: `replacement: "ab"`,
		`{"post_processor":{"type":"BertProcessing","sep":["[SEP]",1]},` + model + `}`: "sep and cls",
		`{"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}],"pair":[]},` + model +
			`}`: `sequence "B"`,
		`{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]"}}],"pair":[]},` + model +
			`}`: `special token "[X]"`,
		`{"decoder":{"type":"Strip","content":"","start":1,"stop":0},` + model + `}`: "content",
		`{"padding":{"strategy":{"Fixed":99999999},"direction":"Right","pad_id":0,"pad_token":"x"},` + model +
			`}`: "padding: length 99999999",
		`{"truncation":{"max_length":0,"strategy":"LongestFirst","stride":0},` + model +
			`}`: "truncation: max_length 0",
	} {
		_, err := ReadTokenizer(strings.NewReader(in))
		if want == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n error %v\n want %q", in, err, want)
		}
	}
	if _, err := LoadTokenizer("no-such-file.json"); err == nil || !strings.Contains(err.Error(), "no-such-file.json") {
		t.Errorf("error %v", err)
	}
}
