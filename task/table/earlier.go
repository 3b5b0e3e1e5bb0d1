package table

import (
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
)

// earlierPredictions returns the columns that lamina predict added to a table, by their names, with the reason for which
// they are no features: predicted_TARGET and, if there is such a column, those that begin with probability_.
func earlierPredictions(columns, targets []string) map[string]string {
	reasons := map[string]string{}
	for _, target := range targets {
		if name := "predicted_" + target; slices.Contains(columns, name) {
			reasons[name] = "by its name a prediction of " + readable.Name(target)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	for _, name := range columns {
		if strings.HasPrefix(name, "probability_") && !slices.Contains(targets, name) {
			reasons[name] = "by its name a part of a prediction"
		}
	}
	return reasons
}
