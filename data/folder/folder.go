// Package folder lists pictures with their classes: those of a folder tree, torchvision's ImageFolder, and those that
// a CSV file names. A [Set] is a source of package vision, whose Dataset decodes and transforms the pictures in a
// loader's workers:
//
//	set, err := folder.Open("pets", folder.Config{})
//	…
//	ds, err := vision.NewDataset(set, vision.Compose{vision.Resize{Size: 256}, vision.CenterCrop{Size: 224}})
package folder

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/data/image"
)

// Config holds what is optional. The zero value reads RGB pictures, as torchvision does.
type Config struct {
	Channels  int // 1 (gray), 3 (RGB) or 4 (RGBA); 0 means 3. image.Planar's Set says what happens to colors and alpha.
	MaxPixels int // pictures with more pixels are refused before they are decoded; 0 means image.DefaultLimit

	// Classes lists the names of the classes in the order of their labels. A picture of another class is an error. nil
	// means the names that are found, sorted. Give the test pictures the classes of the training pictures.
	Classes []string

	// Skip reports whether Open leaves a folder out, whose path it gets; nil leaves none out. A folder in which only such
	// folders have pictures is not a class.
	Skip func(dir string) bool

	// Path and Label name columns of a CSV file. "" means the first and the second column.
	Path, Label string
}

// Set is a list of picture files with their classes. It holds no pixels. Goroutines may read it concurrently.
type Set struct {
	files    []File
	classes  []string
	others   []string // files that are not pictures
	channels int
	limit    int
}

// File is a picture of a set.
type File struct {
	Path  string
	Label int // number of its class
}

// Open lists the pictures in the folder tree at dir: class c is the folder dir/c, with all pictures in it and in
// folders below it. Classes are numbered in the order of their sorted names, and pictures are in the order of
// torchvision's ImageFolder: by class, then by folder, then by name. It skips hidden files and folders, whose names
// begin with a dot, and files whose extension is not that of an image; [Set.Others] lists these. It follows symbolic
// links.
//
// It returns an error if dir has no folders, if a class has no pictures, for a class that Config.Classes does not have,
// and for a symbolic link to a folder that contains it.
func Open(dir string, c Config) (*Set, error) {
	s, err := newSet(c)
	if err != nil {
		return nil, err
	}
	names, err := subfolders(dir)
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	if len(names) == 0 {
		return nil, noFolders(dir)
	}
	given := s.classes != nil
	for _, name := range names {
		before := len(s.others)
		t := tree{s: s, skip: c.Skip}
		if err := t.walk(filepath.Join(dir, name), nil); err != nil {
			return nil, fmt.Errorf("folder: %w", err)
		}
		if t.skipped && len(t.folders) == 0 {
			s.others = s.others[:before]
			continue
		}
		label := slices.Index(s.classes, name)
		switch {
		case label < 0 && given:
			return nil, fmt.Errorf("folder: %s is not one of the classes %s", filepath.Join(dir, name), list(s.classes))
		case label < 0:
			label = len(s.classes)
			s.classes = append(s.classes, name)
		}
		if len(t.folders) == 0 {
			found := "which is empty"
			if others := s.others[before:]; len(others) > 0 {
				found = fmt.Sprintf("but %d other files such as %s", len(others), others[0])
			}
			return nil, fmt.Errorf("folder: no pictures (%s) in %s, %s", strings.Join(extensions, " "),
				filepath.Join(dir, name), found)
		}
		slices.SortFunc(t.folders, func(a, b leaf) int { return strings.Compare(a.dir, b.dir) })
		for _, f := range t.folders {
			for _, file := range f.names {
				s.files = append(s.files, File{filepath.Join(f.dir, file), label})
			}
		}
	}
	if len(s.files) == 0 {
		return nil, noFolders(dir)
	}
	return s, nil
}

func noFolders(dir string) error {
	return fmt.Errorf("folder: %s has no folders, want one folder of pictures for each class", dir)
}

func newSet(c Config) (*Set, error) {
	s := &Set{classes: slices.Clone(c.Classes), channels: c.Channels, limit: c.MaxPixels}
	if s.channels == 0 {
		s.channels = 3
	}
	if s.limit == 0 {
		s.limit = image.DefaultLimit
	}
	if s.channels != 1 && s.channels != 3 && s.channels != 4 || s.limit < 0 {
		return nil, fmt.Errorf("folder: Channels %d, MaxPixels %d: want 1, 3 or 4 channels and a positive limit",
			c.Channels, c.MaxPixels)
	}
	for i, name := range s.classes {
		if slices.Contains(s.classes[:i], name) {
			return nil, fmt.Errorf("folder: Classes has %q twice", name)
		}
	}
	return s, nil
}

// extensions lists the extensions of pictures, in lower case.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// IsPicture reports whether a file's name has the extension of a picture.
func IsPicture(name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// subfolders returns the sorted names of the folders in dir.
func subfolders(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if isHidden(e.Name()) {
			continue
		}
		info, err := follow(dir, e)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// follow returns the information about the file that e stands for: the target of a symbolic link.
func follow(dir string, e fs.DirEntry) (fs.FileInfo, error) {
	if e.Type()&fs.ModeSymlink != 0 {
		return os.Stat(filepath.Join(dir, e.Name()))
	}
	return e.Info()
}

// tree collects the pictures of a class.
type tree struct {
	s       *Set
	folders []leaf
	skip    func(dir string) bool // nil skips none
	skipped bool                  // whether a folder was skipped
}

// leaf is a folder with pictures, sorted by name.
type leaf struct {
	dir   string
	names []string
}

func (t *tree) walk(dir string, above []fs.FileInfo) error {
	if t.skip != nil && t.skip(dir) {
		t.skipped = true
		return nil
	}
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, here) }) {
		return fmt.Errorf("%s is a symbolic link to a folder that contains it", dir)
	}
	above = append(above, here)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if isHidden(e.Name()) {
			continue
		}
		info, err := follow(dir, e)
		if err != nil {
			return err
		}
		switch {
		case info.IsDir():
			if err := t.walk(filepath.Join(dir, e.Name()), above); err != nil {
				return err
			}
		case IsPicture(e.Name()):
			names = append(names, e.Name())
		default:
			t.s.others = append(t.s.others, filepath.Join(dir, e.Name()))
		}
	}
	if len(names) > 0 {
		t.folders = append(t.folders, leaf{dir, names})
	}
	return nil
}

// Len returns the number of pictures.
func (s *Set) Len() int { return len(s.files) }

// Classes returns the names of the classes, in the order of their labels.
func (s *Set) Classes() []string { return slices.Clone(s.classes) }

// NumClasses returns the number of classes.
func (s *Set) NumClasses() int { return len(s.classes) }

// Others returns the files in the folder tree that were skipped because their extensions are not those of images.
func (s *Set) Others() []string { return slices.Clone(s.others) }

// File returns path and label of picture i.
func (s *Set) File(i int) File { return s.files[i] }

// Load decodes picture i into dst, and returns its label. Its errors name the file; a loader adds the index.
func (s *Set) Load(i int, dst *image.Planar) (label int, err error) {
	file := s.files[i]
	m, err := image.ReadFileLimit(file.Path, s.limit)
	if err != nil {
		return 0, err
	}
	dst.Set(m, s.channels)
	return file.Label, nil
}

// list writes names for an error message, the first few of many.
func list(names []string) string {
	if len(names) > 12 {
		return fmt.Sprintf("%q and %d more", names[:12], len(names)-12)
	}
	return fmt.Sprintf("%q", names)
}
