package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data/folder"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/vision"
)

// sets are the pictures of a folder: those to train, those that choose the best epoch, and those to test.
type sets struct {
	root                    string
	classes                 []string
	others                  []string // files that are no pictures
	train, validation, test []folder.File
}

// The names of folders that hold a part of the pictures.
var (
	trainNames      = []string{"train", "training"}
	validationNames = []string{"val", "valid", "validation"}
	testNames       = []string{"test", "testing"}
)

// open lists the pictures. Without folders train, val and test it divides them at random, each class alike: the seed
// decides.
func open(d dataOptions, seed uint64) (*sets, error) {
	s := &sets{root: d.Path}
	in := partFolder(d.Path, trainNames)
	if in == "" {
		all, err := s.list(d.Path)
		if err != nil {
			return nil, err
		}
		s.train = s.take(s.take(all, &s.test, d.Test, seed), &s.validation, d.Validation/(1-d.Test), seed+1)
	} else {
		all, err := s.list(in)
		if err != nil {
			return nil, err
		}
		if path := partFolder(d.Path, testNames); path != "" {
			if s.test, err = s.list(path); err != nil {
				return nil, err
			}
		}
		if path := partFolder(d.Path, validationNames); path != "" {
			s.train = all
			if s.validation, err = s.list(path); err != nil {
				return nil, err
			}
		} else {
			s.train = s.take(all, &s.validation, d.Validation, seed+1)
		}
	}
	if len(s.classes) < 2 {
		return nil, message.Advise(fmt.Errorf("%s has pictures of one class, %q; want two or more", d.Path, s.classes[0]),
			"Make a folder for each class, with its pictures in it.")
	}
	if len(s.classes) > task.MaxClasses {
		return nil, fmt.Errorf("%s has %d classes, want at most %d", d.Path, len(s.classes), task.MaxClasses)
	}
	if len(s.train) < 2 || len(s.validation) == 0 {
		return nil, message.Advise(fmt.Errorf("%s has too few pictures: %d to train and %d to choose the best epoch",
			d.Path, len(s.train), len(s.validation)),
			"A class needs at least 5 pictures; some hundred are better.")
	}
	return s, nil
}

// partFolder returns the folder in root that has one of the names, or "".
func partFolder(root string, names []string) string {
	for _, name := range names {
		path := filepath.Join(root, name)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path
		}
	}
	return ""
}

// list returns the pictures in the folders of the classes, without those in runs: a folder that is trained on as "."
// has runs in it. The first call sets the classes.
func (s *sets) list(path string) ([]folder.File, error) {
	set, err := folder.Open(path, folder.Config{Classes: s.classes, Skip: isRun})
	if err != nil {
		return nil, message.Advise(err, "Each folder in %s is a class, such as cats and dogs, and needs pictures.", path)
	}
	s.classes = set.Classes()
	s.others = append(s.others, set.Others()...)
	return filesOf(set), nil
}

func filesOf(set *folder.Set) []folder.File {
	files := make([]folder.File, set.Len())
	for i := range files {
		files[i] = set.File(i)
	}
	return files
}

// take moves a part of the files of each class to dst and returns the rest. The order of the files stays.
func (s *sets) take(files []folder.File, dst *[]folder.File, fraction float64, seed uint64) []folder.File {
	of := make([][]int, len(s.classes)) // the files of each class, in random order
	for i, f := range files {
		of[f.Label] = append(of[f.Label], i)
	}
	taken := make([]bool, len(files))
	for class, list := range of {
		r := rng.NewKeyed(seed, 0, uint64(class))
		for i := len(list) - 1; i > 0; i-- {
			j := r.IntN(i + 1)
			list[i], list[j] = list[j], list[i]
		}
		n := int(fraction*float64(len(list)) + 0.5)
		if fraction > 0 && n == 0 && len(list) >= 4 { // every class that has some is tested
			n = 1
		}
		for _, i := range list[:min(n, len(list))] {
			taken[i] = true
		}
	}
	var rest []folder.File
	for i, f := range files {
		if taken[i] {
			*dst = append(*dst, f)
		} else {
			rest = append(rest, f)
		}
	}
	return rest
}

// part is a part of the pictures: a [vision.Source].
type part struct {
	root     string // the folder of all
	files    []folder.File
	channels int
	name     string // test, validation, training or given
}

// tested returns the test pictures; those of the validation if there are no others.
func (s *sets) tested(channels int) part {
	if len(s.test) == 0 {
		return part{s.root, s.validation, channels, "validation"}
	}
	return part{s.root, s.test, channels, "test"}
}

func (p part) Len() int { return len(p.files) }

// Load decodes picture i.
func (p part) Load(i int, dst *vision.Image) (int, error) {
	m, err := image.ReadFile(p.files[i].Path)
	if err != nil {
		return 0, message.Advise(err,
			"This names all pictures that cannot be read: %s\nRemove them, or leave out so many in an epoch with --set data.skip=10, and start a new run.",
			message.CommandLine("data", "lint", message.PathArgument(p.root)))
	}
	dst.Set(m, p.channels)
	return p.files[i].Label, nil
}

// survey says what the pictures are like, as far as some of them tell.
type survey struct {
	side  int  // the longest side
	color bool // any has colors
}

// mostSurveyed limits how many pictures a survey reads.
const mostSurveyed = 64

// survey reads some of the training pictures.
func (s *sets) survey(ctx context.Context) (survey, error) {
	var out survey
	var first error
	var m vision.Image
	read := 0
	step := max(1, len(s.train)/mostSurveyed)
	for i := 0; i < len(s.train); i += step {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		decoded, err := image.ReadFile(s.train[i].Path)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		m.Set(decoded, 3)
		read++
		out.side = max(out.side, m.H, m.W)
		out.color = out.color || colored(&m)
	}
	if read == 0 {
		return out, first
	}
	return out, nil
}

// colored reports whether any pixel has different values of red, green and blue.
func colored(m *vision.Image) bool {
	n := m.H * m.W
	r, g, b := m.Pix[:n], m.Pix[n:2*n], m.Pix[2*n:3*n]
	for i := range r {
		if abs(r[i]-g[i]) > 0.02 || abs(g[i]-b[i]) > 0.02 {
			return true
		}
	}
	return false
}

func abs(x float32) float32 { return max(x, -x) }

// choose sets what the user left open.
func choose(r *recipe.Recipe, d *dataOptions, found survey) error {
	pretrained := pretrainedSize(r.Model)
	if d.Size == 0 {
		d.Size = max(minSize, min(64, (found.side+3)/4*4))
		source := fmt.Sprintf("the pictures have up to %d pixels a side", found.side)
		if pretrained > 0 {
			d.Size, source = pretrained, "model "+r.Model.Name
		}
		r.Infer("data.size", source)
	}
	if d.Size < minSize {
		return r.Errorf("data.size", "%d pixels, want %d to %d", d.Size, minSize, maxSize)
	}
	if d.Channels == 0 {
		d.Channels = 1
		if found.color || pretrained > 0 {
			d.Channels = 3
		}
		r.Infer("data.channels", "the pictures")
	}
	if d.Channels == 2 {
		return r.Errorf("data.channels", "2 channels, want 1 or 3")
	}
	if d.Augment == "auto" {
		d.Augment = "photo"
		if !found.color {
			d.Augment = "drawing"
		}
		r.Infer("data.augment", "the pictures")
	}
	return nil
}
