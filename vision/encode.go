package vision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// encodable lists the transforms that Encode and Decode know, in addition to Compose, RandomChoice and RandomApply.
var encodable = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, t := range []Transform{
		Normalize{}, Resize{}, Crop{}, CenterCrop{}, RandomCrop{}, RandomResizedCrop{}, RandomHorizontalFlip{}, RandomVerticalFlip{}, Pad{},
		Affine{}, RandomAffine{}, Rotate{}, RandomRotation{}, Perspective{}, RandomPerspective{}, ElasticTransform{}, GaussianBlur{},
		AdjustBrightness{}, AdjustContrast{}, AdjustSaturation{}, AdjustHue{}, AdjustSharpness{}, AdjustGamma{}, ColorJitter{}, Grayscale{},
		RandomGrayscale{}, Invert{}, Solarize{}, Posterize{}, AutoContrast{}, Equalize{}, Erase{}, RandomErasing{}, Cutout{},
		GaussianNoise{}, RandAugment{},
	} {
		types[reflect.TypeOf(t).Name()] = reflect.TypeOf(t)
	}
	return types
}()

// Encode returns a transform as JSON, so that a run can remember how its pictures were prepared: an object whose key is
// the transform's name and whose value holds the settings that are not 0.
//
//	{"Compose":[{"Resize":{"Size":256}},{"CenterCrop":{"Size":224}},{"Normalize":{"Mean":[0.5],"Std":[0.25]}}]}
//
// It returns an error for a transform that is not of this package, and for a Func.
func Encode(t Transform) ([]byte, error) {
	v, err := encode(t)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("vision: %w", err)
	}
	return b, nil
}

func encode(t Transform) (any, error) {
	list := func(name string, ts []Transform) (any, error) {
		parts := []any{}
		for _, t := range ts {
			v, err := encode(t)
			if err != nil {
				return nil, err
			}
			parts = append(parts, v)
		}
		return map[string]any{name: parts}, nil
	}
	switch t := t.(type) {
	case Compose:
		return list("Compose", t)
	case RandomChoice:
		return list("RandomChoice", t)
	case RandomApply:
		v, err := encode(t.Transform)
		if err != nil {
			return nil, err
		}
		settings := map[string]any{"Transform": v}
		if t.P != 0 {
			settings["P"] = t.P
		}
		return map[string]any{"RandomApply": settings}, nil
	}
	v := reflect.Indirect(reflect.ValueOf(t))
	if !v.IsValid() || encodable[v.Type().Name()] != v.Type() {
		return nil, fmt.Errorf("vision: a %T cannot be written as JSON, want a transform of package vision other than Func", t)
	}
	settings := map[string]any{}
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			settings[v.Type().Field(i).Name] = v.Field(i).Interface()
		}
	}
	return map[string]any{v.Type().Name(): settings}, nil
}

// Decode returns the transform that Encode wrote. It returns an error for other JSON: an unknown transform or
// setting, or a value of another type. It does not check the values; Apply does.
func Decode(text []byte) (Transform, error) {
	t, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("vision: %w", err)
	}
	return t, nil
}

func decode(text []byte) (Transform, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("a transform: %w", err)
	}
	if len(object) != 1 {
		return nil, fmt.Errorf("an object with %d keys, want one: the name of a transform", len(object))
	}
	for name, raw := range object {
		switch name {
		case "Compose":
			ts, err := decodeList(name, raw)
			return Compose(ts), err
		case "RandomChoice":
			ts, err := decodeList(name, raw)
			return RandomChoice(ts), err
		case "RandomApply":
			var v struct {
				Transform json.RawMessage
				P         float64
			}
			if err := strict(raw, &v); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			t, err := decode(v.Transform)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return RandomApply{t, v.P}, nil
		}
		typ := encodable[name]
		if typ == nil {
			names := []string{"Compose", "RandomApply", "RandomChoice"}
			for n := range encodable {
				names = append(names, n)
			}
			slices.Sort(names)
			return nil, fmt.Errorf("no transform %q, want one of %s", name, strings.Join(names, ", "))
		}
		v := reflect.New(typ)
		if err := strict(raw, v.Interface()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return v.Elem().Interface().(Transform), nil
	}
	panic("unreachable")
}

func decodeList(name string, raw json.RawMessage) (ts []Transform, err error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, part := range parts {
		t, err := decode(part)
		if err != nil {
			return nil, fmt.Errorf("%s, transform %d: %w", name, i, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}

// strict decodes JSON and refuses unknown fields.
func strict(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// MarshalText returns torchvision's name of the method.
func (m Interpolation) MarshalText() ([]byte, error) { return nameOf(m, interpolations[:]) }

// UnmarshalText sets m to the method with that name.
func (m *Interpolation) UnmarshalText(text []byte) error {
	return setByName(m, text, interpolations[:])
}

// MarshalText returns torchvision's name of the mode.
func (m PadMode) MarshalText() ([]byte, error) { return nameOf(m, padModes[:]) }

// UnmarshalText sets m to the mode with that name.
func (m *PadMode) UnmarshalText(text []byte) error { return setByName(m, text, padModes[:]) }

func nameOf[T ~uint8](v T, names []string) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, fmt.Errorf("vision: no name for %d", v)
	}
	return []byte(names[v]), nil
}

func setByName[T ~uint8](v *T, text []byte, names []string) error {
	k := slices.Index(names, string(text))
	if k < 0 {
		return fmt.Errorf("%q, want one of %s", text, strings.Join(names, ", "))
	}
	*v = T(k)
	return nil
}
