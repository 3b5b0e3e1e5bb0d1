package images

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data/folder"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

// list lists the pictures of a folder, all parts together.
func list(o task.Opening) (*sets, []folder.File, error) {
	d := *o.Recipe.Data.(*dataOptions)
	if d.Path == "" {
		return nil, nil, o.Recipe.Errorf("data.path", "there is no folder of pictures")
	}
	s, err := open(d, o.Recipe.Seed)
	if err != nil {
		return nil, nil, err
	}
	var all []folder.File
	for _, files := range [][]folder.File{s.train, s.validation, s.test} {
		all = append(all, files...)
	}
	return s, all, nil
}

// Inspect describes the pictures of a folder.
func (Task) Inspect(ctx context.Context, w io.Writer, o task.Opening) error {
	s, all, err := list(o)
	if err != nil {
		return err
	}
	found, err := s.survey(ctx)
	if err != nil {
		return err
	}
	kind := "gray"
	if found.color {
		kind = "colored"
	}
	fmt.Fprintf(w, "%d %s pictures in %d classes, up to %d pixels a side; %d to train, %d to choose the best epoch, %d to test\n\n", len(all), kind,
		len(s.classes), found.side, len(s.train), len(s.validation), len(s.test))
	width := len("class")
	counts := make([]int, len(s.classes))
	for _, f := range all {
		counts[f.Label]++
	}
	names := task.Short(s.classes)
	for _, c := range names {
		width = max(width, len([]rune(c)))
	}
	fmt.Fprintf(w, "%-*s  pictures\n", width, "class")
	for i, c := range names {
		fmt.Fprintf(w, "%-*s  %8d\n", width, c, counts[i])
	}
	return nil
}

// fewPictures is how many pictures of a class are few.
const fewPictures = 20

// Lint returns what looks wrong: pictures that cannot be read, the same picture twice, classes with few pictures. Files
// that are no pictures are notes.
func (Task) Lint(ctx context.Context, o task.Opening) (faults, notes []string, err error) {
	s, all, err := list(o)
	if err != nil {
		return nil, nil, err
	}
	counts := make([]int, len(s.classes))
	first := map[[sha256.Size]byte]folder.File{}
	counted, end := o.Count(len(all), "reading pictures")
	defer end()
	for _, f := range all {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		counts[f.Label]++
		if _, err := image.ReadFile(f.Path); err != nil {
			faults = append(faults, message.Text(err))
		} else if sum, err := digestOf(f.Path); err != nil {
			faults = append(faults, message.Text(err))
		} else if other, ok := first[sum]; !ok {
			first[sum] = f
		} else if other.Label != f.Label {
			faults = append(faults, fmt.Sprintf("%s: the same picture is in the class %s: %s", f.Path,
				s.classes[other.Label], filepath.Base(other.Path)))
		} else {
			faults = append(faults, fmt.Sprintf("%s: the same picture as %s", f.Path, filepath.Base(other.Path)))
		}
		counted()
	}
	for i, n := range counts {
		if n < fewPictures {
			faults = append(faults, fmt.Sprintf("the class %s has %d pictures, which is few", s.classes[i], n))
		}
	}
	for _, path := range s.others {
		notes = append(notes, path+": no picture, left out")
	}
	return faults, notes, nil
}

func digestOf(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}
