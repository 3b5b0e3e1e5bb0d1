package main

import (
	"sync"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/task/tensorboard"
	"github.com/lamina-ml/lamina/task/texts"
)

// tasks returns the tasks of the tool. A target that several recognize is for the first.
var tasks = sync.OnceValue(func() *task.Set {
	set := task.NewSet(digits.Task{}, texts.Task{}, table.Task{}, images.Task{}, language.Task{})
	tensorboard.Register(set.Registry)
	set.Registry.DefaultCallbacks = []string{"tensorboard"}
	return set
})
