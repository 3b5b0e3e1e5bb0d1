package drawing_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/task/drawing"
)

func ExampleDrawer() {
	folder, err := os.MkdirTemp("", "show")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	var said strings.Builder
	d := drawing.Drawer{Out: &said, Folder: folder}
	grid := plots.Grid{Maps: []plots.Map{{H: 1, W: 2, Values: []float32{0, 1}}}, Scale: plots.Sequential}
	err = d.Write(context.Background(), "two.png", grid.Picture(), "two values")
	fmt.Println(strings.TrimSpace(filepath.Base(said.String())), err)
	// Output: two.png  two values <nil>
}
