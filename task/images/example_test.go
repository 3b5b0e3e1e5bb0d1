package images_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/tensor"
)

// drawings writes bright and dark pictures into the folders of two classes.
func drawings(root string) error {
	for class, light := range map[string]uint8{"day": 200, "night": 40} {
		if err := os.MkdirAll(filepath.Join(root, class), 0o777); err != nil {
			return err
		}
		for i := range 12 {
			m := image.NewGray(image.Rect(0, 0, 12, 12))
			for j := range m.Pix {
				m.Pix[j] = light + uint8((i*j)%40)
			}
			m.Set(i%12, 3, color.White)
			f, err := os.Create(filepath.Join(root, class, fmt.Sprintf("%d.png", i)))
			if err != nil {
				return err
			}
			if err := png.Encode(f, m); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// trained trains on the pictures of a folder, and returns the run's folder.
func trained(root string, set *task.Set) (string, error) {
	pictures := filepath.Join(root, "pictures")
	if err := drawings(pictures); err != nil {
		return "", err
	}
	_, err := tasktest.Train(set, root, "data.path="+pictures, "training.epochs=60", "model.width=8")
	return filepath.Join(root, "run"), err
}

func ExampleTask() {
	root, _ := os.MkdirTemp("", "images")
	defer os.RemoveAll(root)
	set := task.NewSet(images.Task{})
	run, err := trained(root, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := os.ReadFile(filepath.Join(run, "report.txt"))
	fmt.Println(string(report[:29]), err)
	// Output: 4 of 4 test pictures correct: <nil>
}

func ExampleModel() {
	root, _ := os.MkdirTemp("", "images")
	defer os.RemoveAll(root)
	set := task.NewSet(images.Task{})
	run, err := trained(root, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	loaded, _, err := set.Load(context.Background(), run, "best", tensor.CPU())
	if err != nil {
		fmt.Println(err)
		return
	}
	m := loaded.(*images.Model)
	test, err := m.TestData(context.Background())
	fmt.Println(m.Classes(), test.Len(), test.Fields()[0].Shape, err)
	// Output: [day night] 4 (1, 12, 12) <nil>
}
