package text

import (
	"strings"
	"unicode/utf8"
)

// decoder is a step from tokens to text. The text is what the last step returns, joined.
type decoder interface {
	decode(tokens []string) []string
}

// decodeTokens returns the text of tokens. Without a decoder they are joined by spaces, as in Python.
func (c *core) decodeTokens(tokens []string) string {
	if c.decoder == nil {
		return strings.Join(tokens, " ")
	}
	return strings.Join(c.decoder.decode(tokens), "")
}

// sequenceDecoder runs several decoders.
type sequenceDecoder []decoder

func (s sequenceDecoder) decode(tokens []string) []string {
	for _, d := range s {
		tokens = d.decode(tokens)
	}
	return tokens
}

// byteLevelDecoder turns the characters of byteAlphabet into bytes. A token with another character is taken as it is.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(tokens []string) []string {
	var b []byte
	for _, t := range tokens {
		var ok bool
		if b, ok = alphabetBytes(b, t); !ok {
			b = append(b, t...)
		}
	}
	return []string{validUTF8(b)}
}

// validUTF8 returns b as text. Each longest beginning of a character that is cut off, and each byte that begins none,
// becomes U+FFFD, as in Python and in the WHATWG's standard.
func validUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		c, size := utf8.DecodeRune(b)
		if c == utf8.RuneError && size == 1 {
			size = beginning(b)
		}
		out.WriteRune(c)
		b = b[size:]
	}
	return out.String()
}

// beginning returns the length of the longest beginning of b that begins a character, at least 1. b begins with no
// complete character.
func beginning(b []byte) int {
	need, low, high := 0, byte(0x80), byte(0xBF) // bytes after the first one, and the range of the second one
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		if c == 0xE0 {
			low = 0xA0
		} else if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		if c == 0xF0 {
			low = 0x90
		} else if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= need && n < len(b) && b[n] >= low && b[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}

// byteFallbackDecoder turns runs of tokens such as <0xE4> into the characters of their bytes, or each into U+FFFD if
// they are not UTF-8.
type byteFallbackDecoder struct{}

func (byteFallbackDecoder) decode(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	var b []byte
	flush := func() {
		switch {
		case len(b) == 0:
		case utf8.Valid(b):
			out = append(out, string(b))
		default:
			for range b {
				out = append(out, "\uFFFD")
			}
		}
		b = b[:0]
	}
	for _, t := range tokens {
		if c, ok := byteToken(t); ok {
			b = append(b, c)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

// byteToken returns the byte of a token such as <0xE4>.
func byteToken(t string) (byte, bool) {
	if len(t) != 6 || t[:3] != "<0x" || t[5] != '>' {
		return 0, false
	}
	hi, lo := hexDigit(t[3]), hexDigit(t[4])
	return byte(hi<<4 | lo), hi >= 0 && lo >= 0
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|32 >= 'a' && c|32 <= 'f':
		return int(c|32-'a') + 10
	}
	return -1
}

// wordPieceDecoder joins tokens by spaces, except those with the prefix of tokens inside a word.
type wordPieceDecoder struct {
	prefix  string
	cleanup bool
}

func (d wordPieceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		if i > 0 {
			if rest, ok := strings.CutPrefix(t, d.prefix); ok {
				t = rest
			} else {
				t = " " + t
			}
		}
		if d.cleanup {
			t = cleanup(t)
		}
		out[i] = t
	}
	return out
}

// cleanups are the replacements of cleanup, in their order.
var cleanups = [][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"},
	{" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

// cleanup removes spaces before English punctuation.
func cleanup(s string) string {
	for _, r := range cleanups {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}

// metaspaceDecoder turns the visible character for a space into a space. It removes those of the first token if the
// tokenizer puts one there.
type metaspaceDecoder struct {
	space  string
	prefix bool
}

func (d metaspaceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		to := " "
		if i == 0 && d.prefix {
			to = ""
		}
		out[i] = strings.ReplaceAll(t, d.space, to)
	}
	return out
}

// bpeDecoder turns the suffix of a word's last token into a space, except that of the last token.
type bpeDecoder struct{ suffix string }

func (d bpeDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		to := " "
		if i == len(tokens)-1 {
			to = ""
		}
		out[i] = strings.ReplaceAll(t, d.suffix, to)
	}
	return out
}

// fuseDecoder joins the tokens to one.
type fuseDecoder struct{}

func (fuseDecoder) decode(tokens []string) []string { return []string{strings.Join(tokens, "")} }

// stripDecoder removes a character at the ends of each token, at most start and stop times.
type stripDecoder struct {
	content     string
	start, stop int
}

func (d stripDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		for k := 0; k < d.start && strings.HasPrefix(t, d.content); k++ {
			t = t[len(d.content):]
		}
		for k := 0; k < d.stop && strings.HasSuffix(t, d.content); k++ {
			t = t[:len(t)-len(d.content)]
		}
		out[i] = t
	}
	return out
}

// replaceDecoder replaces the matches of a pattern in each token.
type replaceDecoder replace

func (d replaceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		var n normalized
		n.reset([]byte(t), 0, false)
		replace(d).normalize(&n)
		out[i] = string(n.text)
	}
	return out
}

// ctcDecoder joins equal neighbours, and removes the padding token (CTC).
type ctcDecoder struct {
	pad, delimiter string
	cleanup        bool
}

func (d ctcDecoder) decode(tokens []string) []string {
	var out []string
	for i, t := range tokens {
		if i > 0 && t == tokens[i-1] {
			continue
		}
		t = strings.ReplaceAll(t, d.pad, "")
		if d.cleanup {
			t = strings.ReplaceAll(cleanup(t), d.delimiter, " ")
		}
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// StreamDecoder turns ids into text one by one, as they are generated: [Tokenizer.Stream] makes one. The pieces of
// text together are what Decode returns for all ids.
type StreamDecoder struct {
	t           *Tokenizer
	skipSpecial bool
	ids         []int32 // the last ids whose text matters for the next ones
	done        int     // how many of them have been returned as text
	prefix      string  // their text
}

// Stream returns a decoder for a sequence of ids. It leaves out special tokens.
func (t *Tokenizer) Stream() *StreamDecoder { return &StreamDecoder{t: t, skipSpecial: true} }

// StreamWithSpecial is Stream with special tokens.
func (t *Tokenizer) StreamWithSpecial() *StreamDecoder { return &StreamDecoder{t: t} }

// Next returns the text that id adds. It is empty while the last character is not complete.
func (d *StreamDecoder) Next(id int32) string {
	if d.skipSpecial && d.t.isSpecial(id) {
		return ""
	}
	d.ids = append(d.ids, id)
	s := d.t.decode(d.ids, d.skipSpecial)
	if strings.HasSuffix(s, "\uFFFD") && len(d.ids)-d.done < maxHeld {
		return ""
	}
	return d.take(s)
}

// maxHeld is the number of ids that Next holds back at most: a character has at most 4 bytes, so after more the text
// is invalid.
const maxHeld = 8

// take returns what s has after the prefix, and begins a new window with the ids of this text.
func (d *StreamDecoder) take(s string) string {
	text := ""
	if len(s) > len(d.prefix) {
		text = s[len(d.prefix):]
	}
	d.ids = append(d.ids[:0], d.ids[d.done:]...)
	d.done = len(d.ids)
	d.prefix = d.t.decode(d.ids, d.skipSpecial)
	return text
}

// Flush returns the text that is held back, with U+FFFD for incomplete characters. Call it at the end.
func (d *StreamDecoder) Flush() string { return d.take(d.t.decode(d.ids, d.skipSpecial)) }
