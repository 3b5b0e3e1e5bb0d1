package text

// model splits a piece of text into tokens of its vocabulary.
type model interface {
	// tokenize appends the tokens of b, which is not empty, to dst.
	tokenize(w *work, b []byte, dst []token) []token
	vocab() *vocabulary
	// spec returns what tokenizer.json says about the model.
	spec() any
}

// token is a token of a piece of text: its id, and the bytes of the piece that it stands for.
type token struct {
	id         int32
	start, end int32
}

// wordLevel gives each piece one id.
type wordLevel struct {
	vocabulary *vocabulary
	unknown    string
	unknownID  int32
}

func (m *wordLevel) vocab() *vocabulary { return m.vocabulary }

func (m *wordLevel) tokenize(_ *work, b []byte, dst []token) []token {
	id, ok := m.vocabulary.ids[string(b)]
	if !ok {
		id = m.unknownID
	}
	return append(dst, token{id, 0, int32(len(b))})
}
