package text

// scanners are the patterns of well-known models, by their text. They use lookahead, which Go's regexp lacks, and a
// scanner is faster. Each of them matches at every position: a text is the sequence of its matches.
var scanners = map[string]*scanner{
	PatternGPT2: {next: scanGPT2},
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`: {next: scanGPT2},
	PatternLlama3: {next: scanWords, letters: classLetter, digits: 3},
	PatternQwen2:  {next: scanWords, letters: classLetter, digits: 1},
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {next: scanWords,
		letters: classLetter | classMark, digits: 1},
	PatternO200k: {next: scanCased, digits: 3},
}

// The patterns that well-known models split a text with before byte-level BPE.
const (
	// PatternGPT2 is GPT-2's, RoBERTa's and SmolLM's.
	PatternGPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// PatternLlama3 is that of Llama 3 and of GPT-4 (cl100k).
	PatternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	// PatternQwen2 is that of Qwen 2 and 3: digits are single.
	PatternQwen2 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	// PatternO200k is that of GPT-4o and gpt-oss (o200k).
	PatternO200k = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// scanner is a hand-written matcher: next returns the end of the match that begins at position i.
type scanner struct {
	next    func(s *scanner, t *classes, b []byte, i int) int
	letters class // that words consist of
	digits  int   // most digits in a match
}

func (s *scanner) matches(b []byte, dst []Span) []Span {
	t := table()
	for i := 0; i < len(b); {
		end := s.next(s, t, b, i)
		dst = append(dst, Span{i, end})
		i = end
	}
	return dst
}

// scanGPT2 matches a contraction in lowercase, or a space and letters, numbers or other characters, or white space.
func scanGPT2(_ *scanner, t *classes, b []byte, i int) int {
	if b[i] == '\'' {
		if n := contraction(b[i:], false); n > 0 {
			return i + n
		}
	}
	at := i
	if b[i] == ' ' && i+1 < len(b) {
		at++
	}
	k, n := t.first(b[at:])
	switch {
	case k&classLetter != 0:
		return t.run(b, at+n, classLetter)
	case k&classNumber != 0:
		return t.run(b, at+n, classNumber)
	case k&classSpace == 0:
		return t.runOutside(b, at+n, classLetter|classNumber|classSpace)
	}
	return scanSpaces(t, b, i)
}

// scanSpaces matches \s+(?!\S)|\s+ at a white-space character: a run of white space without its last character, if
// something follows.
func scanSpaces(t *classes, b []byte, i int) int {
	end := t.run(b, i, classSpace)
	if end < len(b) {
		if _, n := t.last(b[:end]); end-n > i {
			return end - n
		}
	}
	return end
}

// contraction returns the length of a contraction such as 've at the beginning of b, which is an apostrophe, or 0.
func contraction(b []byte, anyCase bool) int {
	if len(b) < 2 {
		return 0
	}
	c, d := b[1], byte(0)
	if len(b) > 2 {
		d = b[2]
	}
	if anyCase {
		if c == 0xC5 && d == 0xBF { // ſ is the lowercase form of S, too
			return 3
		}
		c, d = lowerASCII(c), lowerASCII(d)
	}
	switch {
	case c == 's' || c == 't' || c == 'm' || c == 'd':
		return 2
	case c == 'r' && d == 'e' || c == 'v' && d == 'e' || c == 'l' && d == 'l':
		return 3
	}
	return 0
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// scanWords matches a contraction, letters with one character before them, digits, other characters with a space
// before and line ends after them, or white space with line ends.
func scanWords(s *scanner, t *classes, b []byte, i int) int {
	c := b[i]
	if c == '\'' {
		if n := contraction(b[i:], true); n > 0 {
			return i + n
		}
	}
	k, n := t.first(b[i:])
	if k&s.letters != 0 && k&classLetter != 0 {
		return t.run(b, i+n, s.letters)
	}
	if k&(classLetter|classNumber) == 0 && c != '\r' && c != '\n' && i+n < len(b) {
		if k, m := t.first(b[i+n:]); k&s.letters != 0 {
			return t.run(b, i+n+m, s.letters)
		}
	}
	if k&s.letters != 0 { // a mark
		return t.run(b, i+n, s.letters)
	}
	return scanRest(t, b, i, s.digits, s.letters|classNumber|classSpace, false)
}

// scanRest matches the ends of the patterns: \p{N}{1,digits}| ?[^outside]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+. With
// slash, it may be among the line ends.
func scanRest(t *classes, b []byte, i, digits int, outside class, slash bool) int {
	k, n := t.first(b[i:])
	if k&classNumber != 0 {
		for i += n; digits > 1 && i < len(b); digits-- {
			k, n := t.first(b[i:])
			if k&classNumber == 0 {
				break
			}
			i += n
		}
		return i
	}
	at := i
	if b[i] == ' ' && i+1 < len(b) {
		at++
	}
	if k, n := t.first(b[at:]); k&outside == 0 {
		end := t.runOutside(b, at+n, outside)
		for end < len(b) && (b[end] == '\r' || b[end] == '\n' || slash && b[end] == '/') {
			end++
		}
		return end
	}
	if k&classSpace == 0 { // no alternative matches: the character stands alone
		return i + n
	}
	for end := t.run(b, i, classSpace); end > i; end-- {
		if b[end-1] == '\r' || b[end-1] == '\n' {
			return end
		}
	}
	return scanSpaces(t, b, i)
}

// scanCased matches o200k's words: capitals, then small letters, with one character before and a contraction after
// them.
func scanCased(s *scanner, t *classes, b []byte, i int) int {
	c := b[i]
	k, n := t.first(b[i:])
	afterLead := 0 // position after the one character that may stand before a word
	if k&(classLetter|classNumber) == 0 && c != '\r' && c != '\n' && i+n < len(b) {
		afterLead = i + n
	}
	for _, word := range [...]func(*classes, []byte, int) int{capitalsThenSmall, capitals} {
		end := -1
		if afterLead > 0 {
			end = word(t, b, afterLead)
		}
		if end < 0 {
			end = word(t, b, i)
		}
		if end < 0 {
			continue
		}
		if end < len(b) && b[end] == '\'' {
			end += contraction(b[end:], true)
		}
		return end
	}
	return scanRest(t, b, i, s.digits, classLetter|classNumber|classSpace, true)
}

// capitalsThenSmall matches [upper]*[lower]+ at i. It returns −1 if that does not match. Modifiers, letters without
// case and marks are in both classes.
func capitalsThenSmall(t *classes, b []byte, i int) int {
	last := -1 // end of the last character of the capitals that is in the class lower, too
	for i < len(b) {
		k, n := t.first(b[i:])
		if k&classUpper == 0 {
			if k&classLower != 0 {
				return t.run(b, i+n, classLower)
			}
			break
		}
		i += n
		if k&classLower != 0 {
			last = i
		}
	}
	return last
}

// capitals matches [upper]+[lower]* at i. It returns −1 if that does not match.
func capitals(t *classes, b []byte, i int) int {
	end := t.run(b, i, classUpper)
	if end == i {
		return -1
	}
	return t.run(b, end, classLower)
}
