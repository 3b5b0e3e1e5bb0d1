package search

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/tune"
)

// DefaultSpace returns ranges around a configuration: for the learning rate a factor of 30 on both sides, the batch
// size by factors of 2, weight decay, and dropout and hidden sizes if the model has them.
func DefaultSpace(r *recipe.Recipe) (tune.Space, error) {
	var space tune.Space
	for _, v := range r.Values() {
		var text string
		switch v.Path {
		case "optimizer.lr":
			lr, err := strconv.ParseFloat(v.Text, 64)
			if err != nil || lr <= 0 {
				continue
			}
			text = fmt.Sprintf("log:%.0e..%.0e", lr/30, lr*30)
		case "optimizer.weight_decay":
			text = "log:1e-6..1e-1"
		case "model.dropout":
			text = "0.0..0.5"
		case "model.hidden":
			text = hiddenChoices(v.Text)
		case "training.batch":
			n := r.Training.Batch
			text = fmt.Sprintf("%d,%d,%d", max(n/2, 1), n, 2*n)
			if n == 1 {
				text = "1,2"
			}
		}
		if text == "" {
			continue
		}
		p, err := tune.ParseParam(v.Path, text)
		if err != nil {
			return nil, err
		}
		space = append(space, p)
	}
	return space, space.Check()
}

// hiddenChoices returns lists of hidden sizes near one such as "[128, 64]": half and twice the sizes, one layer more and
// one less; "" if the text is no list of numbers.
func hiddenChoices(text string) string {
	var sizes []int
	for _, s := range strings.Split(strings.Trim(text, "[]"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 {
			return ""
		}
		sizes = append(sizes, n)
	}
	scaled := func(sizes []int, mul, div int) string {
		var parts []string
		for _, n := range sizes {
			parts = append(parts, strconv.Itoa(max(n*mul/div, 1)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	choices := []string{scaled(sizes, 1, 1), scaled(sizes, 2, 1), scaled(append(sizes, sizes[len(sizes)-1]), 1, 1)}
	if half := scaled(sizes, 1, 2); half != choices[0] {
		choices = append(choices, half)
	}
	if len(sizes) > 1 {
		choices = append(choices, scaled(sizes[:len(sizes)-1], 1, 1))
	}
	return strings.Join(choices, ",")
}
