package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// shapes writes n drawings of each of two shapes into folders of a new folder.
func shapes(t *testing.T, n int) string {
	t.Helper()
	root := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for _, class := range []string{"disc", "ring"} {
		if err := os.MkdirAll(filepath.Join(root, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m := image.NewRGBA(image.Rect(0, 0, 20, 16))
			cx, cy, radius := 7+6*r.Float64(), 6+4*r.Float64(), 4+2*r.Float64()
			for y := range 16 {
				for x := range 20 {
					d := (float64(x)-cx)*(float64(x)-cx) + (float64(y)-cy)*(float64(y)-cy)
					in := d < radius*radius && (class == "disc" || d > radius*radius/3)
					c := color.RGBA{uint8(r.IntN(40)), uint8(r.IntN(40)), uint8(r.IntN(40)), 255}
					if in {
						c = color.RGBA{220, 180, 40, 255}
					}
					m.Set(x, y, c)
				}
			}
			write(t, filepath.Join(root, class, fmt.Sprintf("%03d.png", i)), m)
		}
	}
	return root
}

func write(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestTrainsOnAFolder(t *testing.T) {
	folder := shapes(t, 30)
	os.WriteFile(filepath.Join(folder, "disc", "notes.txt"), []byte("no picture"), 0o666)
	set := task.NewSet(Task{})
	values, ok := Task{}.Recognize(task.Target{Path: folder, Folder: true, Exists: true})
	if !ok || values["data.path"] != folder {
		t.Fatalf("a folder of classes is not recognized: %v", values)
	}
	r := tasktest.Recipe(set, "data.path="+folder, "training.epochs=6", "model.width=8")
	out := filepath.Join(t.TempDir(), "run")
	var log bytes.Buffer
	res, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out, Writer: &log})
	if err != nil {
		t.Fatal(err)
	}
	if a := res.Report.Metrics["accuracy"]; a < 0.8 {
		t.Errorf("accuracy %v\n%s%s", a, log.String(), res.Report.Text)
	}
	for _, want := range []string{"2 classes (disc, ring)", "left out: 1 files that are no pictures", "20×20 pixels in colors"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in\n%s", want, log.String())
		}
	}
	run := func(name string, options any, args ...string) string {
		t.Helper()
		text, _, err := tasktest.Command(set, out, name, options, args...)
		if err != nil {
			t.Fatal(name, err)
		}
		return text
	}
	if text := run("evaluate", &evaluateOptions{Report: true}); !strings.Contains(text, "test pictures correct") {
		t.Error(text)
	}
	if text, _, err := tasktest.Command(set, out, "evaluate", &evaluateOptions{Confusion: "matrix.jpg"}); err == nil ||
		text != "" || !strings.Contains(err.Error(), "ends in .png") {
		t.Errorf("a confusion matrix as JPEG: %q, %v", text, err)
	}
	text := run("predict", &predictOptions{Top: 3}, filepath.Join(folder, "ring"))
	if n := strings.Count(text, "  ring "); n < 24 || strings.Count(text, "\n") != 30 {
		t.Errorf("%d rings in\n%s", n, text)
	}
	run("show", &showOptions{}, filepath.Join(folder, "ring", "000.png"))
	run("show", &showOptions{})
	for _, name := range []string{"saliency.png", "smoothgrad.png", "occlusion.png", "gradcam.png", "confusion.png"} {
		if _, err := os.Stat(filepath.Join(out, "show", name)); err != nil {
			t.Error(err)
		}
	}
	text = run("predict", &predictOptions{Top: 1}, folder) // the folders of the classes
	if n := strings.Count(text, "\n"); n != 60 || !strings.HasPrefix(text, filepath.Join(folder, "disc", "000.png")) {
		t.Errorf("%d pictures in\n%s", n, text)
	}
	file := filepath.Join(t.TempDir(), "p.csv")
	broken := filepath.Join(t.TempDir(), "broken.png")
	if err := os.WriteFile(broken, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, notes, err := tasktest.Command(set, out, "predict", &predictOptions{Out: file}, filepath.Join(folder, "ring"), broken)
	if !errors.Is(err, message.ErrReported) || !strings.Contains(notes, "broken.png") ||
		!strings.Contains(notes, "30 predictions written to "+file) {
		t.Errorf("%v\n%s", err, notes)
	}
	if written, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(written),
		"file,predicted_class,probability_disc,probability_ring\n"+filepath.Join(folder, "ring", "000.png")+",") ||
		strings.Count(string(written), "\n") != 31 {
		t.Errorf("%v\n%s", err, written)
	}
	if _, _, err := tasktest.Command(set, out, "predict", &predictOptions{Out: file},
		filepath.Join(folder, "ring")); err == nil || !strings.Contains(err.Error(), "p.csv exists") {
		t.Error(err)
	}
	if _, _, err := tasktest.Command(set, out, "predict", &predictOptions{Top: 1}, filepath.Join(folder, "none.png")); err == nil {
		t.Error("a picture that does not exist is predicted")
	}
	if err := os.Remove(filepath.Join(folder, "ring", "003.png")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tasktest.Command(set, out, "evaluate", &evaluateOptions{}); err == nil ||
		!strings.Contains(err.Error(), "have changed") {
		t.Errorf("evaluation with a picture less: %v", err)
	}
}

// TestNoTestPictures trains without pictures for a test: reports and metrics are named after the validation pictures.
// TestRunsInTheFolder trains on a folder in which the run is written, as "lamina train ." does.
func TestRunsInTheFolder(t *testing.T) {
	folder := shapes(t, 8)
	set := task.NewSet(Task{})
	for i := range 2 {
		r := tasktest.Recipe(set, "data.path="+folder, "training.epochs=1", "model.width=4")
		out := filepath.Join(folder, "runs", fmt.Sprint(i))
		var log bytes.Buffer
		if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out, Writer: &log}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "2 classes (disc, ring); 12 pictures to train") || strings.Contains(log.String(), "left out") {
			t.Errorf("training %d:\n%s", i, &log)
		}
		loaded, _, err := set.Load(context.Background(), out, "", tensor.CPU())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loaded.(*Model).TestData(t.Context()); err != nil {
			t.Error(err)
		}
		if given, err := loaded.(*Model).testSet(folder); err != nil || len(given.files) != 16 {
			t.Errorf("%d pictures of the folder, %v; want 16", len(given.files), err)
		}
	}
}

func TestNoTestPictures(t *testing.T) {
	set := task.NewSet(Task{})
	out := filepath.Join(t.TempDir(), "run")
	res, err := set.Train(context.Background(), task.Config{Recipe: tasktest.Recipe(set, "data.path="+shapes(t, 10),
		"data.test=0", "training.epochs=1", "model.width=4"), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if s := res.Status; !strings.Contains(s.Verdict, " validation pictures correct") ||
		s.Metrics["validation_accuracy"] == 0 || len(s.Metrics) != 3 {
		t.Errorf("%q, %v", s.Verdict, s.Metrics)
	}
	report, err := res.Run.ReadFile(runs.ReportFile)
	if err != nil || !strings.Contains(string(report), "These are the validation data, which chose the best epoch") {
		t.Errorf("%s, %v", report, err)
	}
	if text, _, err := tasktest.Command(set, out, "evaluate", &evaluateOptions{}); err != nil ||
		!strings.Contains(text, " validation pictures correct") {
		t.Errorf("%s, %v", text, err)
	}
	folder := shapes(t, 3)
	if text, _, err := tasktest.Command(set, out, "evaluate", &evaluateOptions{Data: folder}); err != nil ||
		!strings.Contains(text, "of 6 given pictures correct") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestFineTuning starts a training with the weights of another one with more classes.
func TestFineTuning(t *testing.T) {
	folder := shapes(t, 12)
	set := task.NewSet(Task{})
	first := filepath.Join(t.TempDir(), "first")
	if _, err := set.Train(context.Background(),
		task.Config{Recipe: tasktest.Recipe(set, "data.path="+folder, "training.epochs=1", "model.width=4"), Out: first}); err != nil {
		t.Fatal(err)
	}
	run, err := runs.Open(first)
	if err != nil {
		t.Fatal(err)
	}
	third := filepath.Join(folder, "square")
	os.Mkdir(third, 0o777)
	for i := range 12 {
		m := image.NewGray(image.Rect(0, 0, 20, 16))
		for j := range m.Pix {
			m.Pix[j] = uint8(i * j)
		}
		write(t, filepath.Join(third, fmt.Sprintf("%d.png", i)), m)
	}
	var log bytes.Buffer
	weights := run.Path(runs.LastFile)
	r := tasktest.Recipe(set, "data.path="+folder, "training.epochs=1", "model.width=4", "model.weights="+weights, "model.freeze=true")
	p, err := set.Open(context.Background(), task.Config{Recipe: r, Writer: &log})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Params) != 2 || p.Params[0].Shape() != tensor.ShapeOf(3, 16) {
		t.Errorf("%d parameters are trained, the first of shape %v", len(p.Params), p.Params[0].Shape())
	}
	r = tasktest.Recipe(set, "data.path="+folder, "model.width=5", "model.weights="+weights)
	if _, err := set.Open(context.Background(), task.Config{Recipe: r}); err == nil || !strings.Contains(err.Error(), "model.weights") {
		t.Errorf("weights of another width: %v", err)
	}
}

func TestFoldersThatCannotBeTrained(t *testing.T) {
	set := task.NewSet(Task{})
	one := shapes(t, 6)
	os.RemoveAll(filepath.Join(one, "ring"))
	few := shapes(t, 1)
	broken := shapes(t, 6)
	for _, class := range []string{"disc", "ring"} {
		for i := range 6 {
			os.WriteFile(filepath.Join(broken, class, fmt.Sprintf("%03d.png", i)), []byte("no png"), 0o666)
		}
	}
	for _, c := range []struct{ path, want string }{
		{one, "one class"}, {few, "too few pictures"}, {broken, "000.png"}, {filepath.Join(one, "none"), "none"}, {"", "data.path"},
	} {
		_, err := set.Open(context.Background(), task.Config{Recipe: tasktest.Recipe(set, "data.path="+c.path)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
	if _, err := tasktest.Decode(set, "data.path="+one, "data.validation=0.5", "data.test=0.5"); err == nil ||
		!strings.Contains(err.Error(), "validation 0.5 and test 0.5 leave no pictures") {
		t.Errorf("no part for the training: %v", err)
	}
	for _, c := range []struct{ values, want string }{
		{"model=convnet model.weights=none.pth", `there is no file "`}, {"model=resnet18 data.channels=1", "data.channels 3"}, {"data.channels=2", "2 channels"}, {"data.size=4", "data.size"},
	} {
		r := tasktest.Recipe(set, append(strings.Fields(c.values), "data.path="+shapes(t, 6))...)
		if _, err := set.Open(context.Background(), task.Config{Recipe: r}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.values, err, c.want)
		}
	}
}
