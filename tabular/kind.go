package tabular

import (
	"fmt"
	"strings"
)

// Kind is the type of a column: what its cells mean and how they become features.
type Kind uint8

// The kinds.
const (
	Unknown  Kind = iota
	Number        // a number: scaled
	Category      // one of some values, which may be numbers: one-hot, or an index for an embedding
	Boolean       // true and false, yes and no, 1 and 0: 1 or 0
	Time          // a date, with or without the time of day: numeric parts
	Text          // words: a hashed bag of words
	Drop          // not used
)

var kindNames = [...]string{"unknown", "number", "category", "boolean", "time", "text", "drop"}

// String returns the kind's name: number, category, boolean, time, text, drop.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind returns the kind with that name.
func ParseKind(name string) (Kind, error) {
	for k, s := range kindNames[1:] {
		if s == name {
			return Kind(k + 1), nil
		}
	}
	return Unknown, fmt.Errorf("tabular: kind %s of a column, want one of %s", quoted(name), strings.Join(kindNames[1:], ", "))
}

// MarshalText returns the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText sets k to the kind with that name.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

// parseBoolean returns the value of a word that says true or false, in lower or upper case.
func parseBoolean(cell []byte) (v, ok bool) {
	b := trim(cell)
	if len(b) == 0 || len(b) > 5 {
		return false, false
	}
	switch strings.ToLower(string(b)) {
	case "true", "yes", "t", "y", "1":
		return true, true
	case "false", "no", "f", "n", "0":
		return false, true
	}
	return false, false
}
