package text

import (
	"encoding/json"
	"fmt"
	"slices"
)

// namedToken is ["[CLS]", 101].
type namedToken struct {
	token string
	id    int32
}

func (n *namedToken) UnmarshalJSON(b []byte) error {
	pair := [2]any{&n.token, &n.id}
	return json.Unmarshal(b, &pair)
}

func (n *namedToken) special() specialToken {
	return specialToken{[]int32{n.id}, []string{n.token}}
}

// templateFile is a piece of a template: {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {"id": "[CLS]",
// "type_id": 0}}.
type templateFile struct {
	Sequence, SpecialToken *struct {
		ID     string `json:"id"`
		TypeID int32  `json:"type_id"`
	}
}

func parseProcessor(typ string, raw json.RawMessage, path string, depth int) (processor, error) {
	var f struct {
		Sep            *namedToken    `json:"sep"`
		Cls            *namedToken    `json:"cls"`
		TrimOffsets    *bool          `json:"trim_offsets"`
		AddPrefixSpace *bool          `json:"add_prefix_space"`
		Single         []templateFile `json:"single"`
		Pair           []templateFile `json:"pair"`
		SpecialTokens  map[string]struct {
			IDs    []int32  `json:"ids"`
			Tokens []string `json:"tokens"`
		} `json:"special_tokens"`
		Processors []json.RawMessage `json:"processors"`
	}
	if err := fields(raw, path, &f); err != nil {
		return nil, err
	}
	var trim *trimOffsets
	if f.TrimOffsets == nil || *f.TrimOffsets {
		trim = &trimOffsets{f.AddPrefixSpace == nil || *f.AddPrefixSpace}
	}
	switch typ {
	case "BertProcessing", "RobertaProcessing":
		if f.Sep == nil || f.Cls == nil || f.Sep.id < 0 || f.Cls.id < 0 {
			return nil, fmt.Errorf("%s: want sep and cls, with ids ≥ 0", path)
		}
		s := &surround{cls: f.Cls.special(), sep: f.Sep.special(), roberta: typ == "RobertaProcessing"}
		if s.roberta {
			s.trim = trim
		}
		return s, nil
	case "ByteLevel":
		if trim == nil {
			return sequenceProcessor{}, nil
		}
		return trim, nil
	case "TemplateProcessing":
		special := map[string]specialToken{}
		for name, s := range f.SpecialTokens {
			if slices.ContainsFunc(s.IDs, func(id int32) bool { return id < 0 }) {
				return nil, fmt.Errorf("%s: special_tokens[%q]: ids %v, want numbers ≥ 0", path, name, s.IDs)
			}
			if len(s.IDs) != len(s.Tokens) {
				return nil, fmt.Errorf("%s: special_tokens[%q]: %d ids and %d tokens, want as many",
					path, name, len(s.IDs), len(s.Tokens))
			}
			special[name] = specialToken{s.IDs, s.Tokens}
		}
		t := &template{}
		var err error
		if t.single, err = templatePieces(f.Single, special, 1); err != nil {
			return nil, fmt.Errorf("%s: single: %w", path, err)
		}
		if t.pair, err = templatePieces(f.Pair, special, 2); err != nil {
			return nil, fmt.Errorf("%s: pair: %w", path, err)
		}
		return t, nil
	case "Sequence":
		list, err := parseSequence(f.Processors, path+".processors", depth, parseProcessor)
		if err != nil {
			return nil, err
		}
		after := false // a template
		for i, p := range list {
			if after && p.added(true) > 0 {
				return nil, fmt.Errorf("%s.processors[%d]: special tokens are added after a template", path, i)
			}
			_, isTemplate := p.(*template)
			after = after || isTemplate || changesParts(p)
		}
		return sequenceProcessor(list), nil
	}
	return nil, unknownType(path, typ, "BertProcessing, RobertaProcessing, ByteLevel, TemplateProcessing, Sequence")
}

// changesParts reports whether a sequence has a template, which may return another number of texts.
func changesParts(p processor) bool {
	s, _ := p.(sequenceProcessor)
	for _, q := range s {
		if _, ok := q.(*template); ok || changesParts(q) {
			return true
		}
	}
	return false
}

// maxPieces is the largest number of pieces of a template, so that a file cannot multiply a text.
const maxPieces = 64

func templatePieces(list []templateFile, special map[string]specialToken, texts int) ([]templatePiece, error) {
	if len(list) > maxPieces {
		return nil, fmt.Errorf("%d pieces, want at most %d", len(list), maxPieces)
	}
	var out []templatePiece
	for i, f := range list {
		switch {
		case f.Sequence != nil:
			p := templatePiece{sequence: 0, typeID: f.Sequence.TypeID}
			if f.Sequence.ID == "B" && texts > 1 {
				p.sequence = 1
			} else if f.Sequence.ID != "A" {
				return nil, fmt.Errorf("piece %d: sequence %q, want one of the %d texts (A, B)", i, f.Sequence.ID,
					texts)
			}
			out = append(out, p)
		case f.SpecialToken != nil:
			s, ok := special[f.SpecialToken.ID]
			if !ok {
				return nil, fmt.Errorf("piece %d: special token %q is not in special_tokens", i, f.SpecialToken.ID)
			}
			out = append(out, templatePiece{-1, s, f.SpecialToken.TypeID})
		default:
			return nil, fmt.Errorf("piece %d: want a Sequence or a SpecialToken", i)
		}
	}
	return out, nil
}
