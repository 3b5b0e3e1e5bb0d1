package digits

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// TestEpochs checks the number of epochs that depends on the changes of the images, unless the user chose one.
func TestEpochs(t *testing.T) {
	set := task.NewSet(Task{})
	for _, c := range []struct {
		values []string
		want   int
	}{
		{[]string{"model=convnet"}, 15},
		{[]string{"model=convnet", "data.augment=mirror"}, 22},
		{[]string{"model=convnet", "data.augment=mirror", "training.epochs=3"}, 3},
		{[]string{"model=cnn", "data.augment=mirror"}, 10},
	} {
		r := tasktest.Recipe(set, c.values...)
		p, err := Task{}.Open(t.Context(), task.Opening{Recipe: r, Device: tensor.CPU()})
		if err != nil {
			t.Fatal(err)
		}
		if p.Close != nil {
			p.Close()
		}
		if r.Training.Epochs != c.want {
			t.Errorf("%v: %d epochs, want %d", c.values, r.Training.Epochs, c.want)
		}
	}
}
