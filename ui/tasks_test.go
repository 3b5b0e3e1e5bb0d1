package ui

import (
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/task/texts"
)

// What the page asks models of tasks by their methods. Without one of these the page would show less, without an error.
var (
	_ sized         = (*digits.Model)(nil)
	_ tempered      = (*digits.Model)(nil)
	_ digitReader   = (*digits.Model)(nil)
	_ preparer      = (*images.Model)(nil)
	_ tabled        = (*table.Model)(nil)
	_ languageModel = (*language.Model)(nil)
	_ textModel     = (*texts.Model)(nil)

	_ task.Viewed = digits.Task{}
	_ task.Viewed = images.Task{}
	_ task.Viewed = table.Task{}
	_ task.Viewed = language.Task{}
	_ task.Viewed = texts.Task{}

	_ task.Tested     = (*digits.Model)(nil)
	_ task.Tested     = (*images.Model)(nil)
	_ task.Tested     = (*table.Model)(nil)
	_ task.Classifier = (*digits.Model)(nil)
	_ task.Classifier = (*images.Model)(nil)
	_ task.Classifier = (*table.Model)(nil)
)
