package recipe

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Schema returns the JSON schema (draft 2020-12) of configurations, with which editors complete and check them.
func (r *Registry) Schema() []byte {
	root := object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A training with Lamina",
		"type": "object", "additionalProperties": false}
	properties := object{}
	for _, o := range Options(&Recipe{}) {
		switch o.Name {
		case "task":
			properties[o.Name] = object{"description": o.Doc, "enum": r.Names(Tasks, "")}
		case "data":
			var forms []any
			for _, e := range r.Entries(Tasks, "") {
				forms = append(forms, r.structure(e.Options, e.Doc))
			}
			properties[o.Name] = object{"description": o.Doc, "anyOf": append([]any{object{"type": "string"}}, forms...)}
		default:
			properties[o.Name] = r.property(o, o.Type)
		}
	}
	root["properties"] = properties
	definitions := object{}
	for _, k := range []Kind{Models, Layers, Losses, Optimizers, Schedules, Metrics, Callbacks} {
		definitions[string(k)] = r.choiceSchema(k)
	}
	root["$defs"] = definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}

// object is a JSON object.
type object map[string]any

// choiceSchema returns the schema of a choice of a kind: a name, or a mapping with one.
func (r *Registry) choiceSchema(k Kind) object {
	var forms []any
	var names []any
	var texts []any
	for _, e := range r.Entries(k, "") {
		names, texts = append(names, e.Name), append(texts, e.Doc)
		full := r.structure(e.Options, e.Doc)
		p := full["properties"].(object)
		if k == Layers { // {linear: 64}
			value := []any{object{"type": "null"}, r.structure(e.Options, e.Doc)}
			if list := Options(e.Options); len(list) > 0 {
				value = append(value, r.property(list[0], list[0].Type))
			}
			forms = append(forms, object{"type": "object", "description": e.Doc,
				"properties": object{e.Name: object{"anyOf": value}}, "required": []string{e.Name},
				"additionalProperties": false})
		}
		p["name"] = object{"const": e.Name, "description": e.Doc}
		if e.Name != "layers" {
			full["required"] = []string{"name"}
		}
		forms = append(forms, full)
	}
	if len(names) > 0 {
		forms = append([]any{object{"enum": names, "enumDescriptions": texts}}, forms...)
	}
	// Options of the entry that is chosen by default. A list of layers is a model of its own.
	partial := object{"type": "object", "not": object{"required": []string{"name"}},
		"properties": object{"layers": object{"not": object{"type": "array"}}}}
	if k == Models || k == Losses || k == Optimizers || k == Schedules {
		forms = append(forms, partial)
	}
	if len(forms) == 0 {
		return object{}
	}
	return object{"anyOf": forms}
}

// structure returns the schema of a struct of options.
func (r *Registry) structure(pointer any, doc string) object {
	properties := object{}
	for _, o := range Options(pointer) {
		properties[o.Name] = r.property(o, o.Type)
	}
	return object{"type": "object", "description": doc, "properties": properties, "additionalProperties": false}
}

// property returns the schema of an option's value of a type.
func (r *Registry) property(o Option, t reflect.Type) object {
	p := object{}
	if t == o.Type && o.Doc != "" {
		p["description"] = o.Doc
	}
	if v, ok := jsonValue(o.Default); ok && t == o.Type && o.Default != "" {
		p["default"] = v
	}
	switch {
	case t == reflect.TypeFor[Choice]():
		p["$ref"] = "#/$defs/" + string(o.Kind)
		delete(p, "default")
		return p
	case t == durationType:
		p["type"] = []string{"string", "integer"}
		return p
	case t == reflect.TypeFor[Size]():
		p["anyOf"] = []any{object{"type": "integer", "minimum": 1}, object{"const": "out"}}
		return p
	}
	switch t.Kind() {
	case reflect.Struct:
		full := r.structure(reflect.New(t).Interface(), o.Doc)
		return full
	case reflect.Map:
		p["type"], p["additionalProperties"] = "object", r.property(o, t.Elem())
	case reflect.Slice:
		p["type"], p["items"] = []string{"array", "string"}, r.property(o, t.Elem())
	case reflect.Bool:
		p["type"] = "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		p["type"] = "integer"
		if t.Kind() == reflect.Uint64 {
			p["minimum"] = 0
		}
	case reflect.Float64:
		p["type"] = "number"
	case reflect.String:
		p["type"] = []string{"string", "number", "boolean"}
		if len(o.Enum) > 0 {
			delete(p, "type")
			p["enum"] = o.Enum
		}
	}
	if k := t.Kind(); k == reflect.Int || k == reflect.Float64 {
		for name, bound := range map[string]*float64{"minimum": o.min, "maximum": o.max, "exclusiveMinimum": o.above,
			"exclusiveMaximum": o.below} {
			if bound != nil {
				p[name] = *bound
			}
		}
	}
	return p
}

// jsonValue returns a default as a JSON value.
func jsonValue(text string) (any, bool) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, true
	}
	if text == "true" || text == "false" {
		return text == "true", true
	}
	var v any
	if strings.HasPrefix(text, "[") {
		return v, json.Unmarshal([]byte(text), &v) == nil
	}
	return text, true
}
