package tensorboard_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task/tensorboard"
)

func ExampleOptions() {
	r := recipe.NewRegistry()
	tensorboard.Register(r)
	choice, err := r.Choose(recipe.Callbacks, "tensorboard", "")
	fmt.Println(choice.Options.(*tensorboard.Options).Every, err)
	// Output: 10 <nil>
}
