package models

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/nn"
)

// setZeros sets each float64 field of config, a pointer to a struct, to nn.Zero if its key in all has the number 0.
func setZeros(config any, all map[string]json.RawMessage) {
	v := reflect.ValueOf(config).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if n, err := strconv.ParseFloat(string(all[name]), 64); err == nil && n == 0 &&
			v.Field(i).Kind() == reflect.Float64 {
			v.Field(i).SetFloat(nn.Zero)
		}
	}
}
