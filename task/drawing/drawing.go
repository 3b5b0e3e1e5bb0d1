// Package drawing writes the pictures of the command show: curves, a confusion matrix, and what a score depends on.
package drawing

import (
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision/explain"
)

// Drawer writes the pictures of the command show to a folder, and says what each shows.
type Drawer struct {
	Out    io.Writer
	Folder string
}

// New returns a drawer for a call of the command show. folder is the value of --out; "" means show in the run's
// folder.
func New(c task.Call, folder string) (*Drawer, error) {
	if folder == "" {
		folder = filepath.Join(c.Run.Folder, "show")
	}
	return &Drawer{c.Out, folder}, os.MkdirAll(folder, 0o777)
}

// Curves draws the curves of a run's training, if it has finished an epoch.
func (d *Drawer) Curves(ctx context.Context, run *runs.Run) error {
	results, err := run.Results()
	if err != nil || len(results.Rows) == 0 {
		return err
	}
	return d.Write(ctx, runs.CurvesFile, task.Curves(results).Picture(), "losses and metrics of each epoch")
}

// Confusion draws the confusion matrix of a report, if it is about classes.
func (d *Drawer) Confusion(ctx context.Context, r *task.Report) error {
	c, ok := r.Matrix()
	if !ok {
		return nil
	}
	c.Note = r.Verdict
	return d.Write(ctx, runs.ConfusionFile, c.Picture(), "how often each class was taken for which")
}

// Write writes a picture to the file name.
func (d *Drawer) Write(ctx context.Context, name string, p *plots.Picture, shows string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(d.Folder, name)
	if err := p.WriteFile(path); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "%s  %s\n", path, shows)
	return nil
}

// Explain draws which pixels of the input x (1, C, H, W) the score of a class depends on: saliency, SmoothGrad, occlusion
// and, if the model has a convolution, Grad-CAM. picture is the input as people see it, and name is that of the class.
func (d *Drawer) Explain(ctx context.Context, model nn.Module, x tensor.Tensor, class int, name string, picture image.Image) error {
	draw := func(file, title, note string, heat tensor.Tensor, scale plots.Scale, shows string) error {
		maps := plots.MapsOf(heat)
		maps[0].Title = "for the score of " + name
		heats := plots.Heat{Title: title, Note: note, Image: picture, ImageTitle: "the network's input", Maps: maps, Scale: scale}
		return d.Write(ctx, file, heats.Picture(), shows)
	}
	err := draw("saliency.png", "Saliency", "how strongly the score depends on each pixel: |∂score/∂pixel|",
		explain.Saliency(model, x, class).Select(0, 0), plots.Sequential, "how strongly the score depends on each pixel")
	if err != nil {
		return err
	}
	err = draw("smoothgrad.png", "SmoothGrad", "the score's gradient, averaged over 50 noisy copies of the image",
		explain.SmoothGrad(model, x, class, explain.SmoothGradConfig{}).Select(0, 0), plots.Sequential,
		"the same, averaged over noisy copies")
	if err != nil {
		return err
	}
	// Large pictures have larger patches at fewer places: each place is a prediction.
	patch := explain.OcclusionConfig{Size: max(5, x.Dim(3)/6), Stride: max(1, x.Dim(3)/28)}
	err = draw("occlusion.png", "Occlusion",
		fmt.Sprintf("how much the score falls when a patch of %d×%d pixels is covered;\nblue: the score rises", patch.Size, patch.Size),
		explain.Occlusion(model, x, class, patch), plots.Diverging, "how the score changes when a part is covered")
	convolution := func(l explain.Layer) bool { return l.Type == "Conv2d" }
	if err != nil || !slices.ContainsFunc(explain.FeatureMaps(model, x), convolution) {
		return err
	}
	return draw("gradcam.png", "Grad-CAM", "where the last convolution's maps support the score",
		explain.GradCAM(model, x, class, explain.GradCAMConfig{}).Select(0, 0), plots.Sequential,
		"where the last convolution sees the class")
}
