package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/internal/readable"
)

// Pictures returns the paths of the pictures in a folder and in those below it, in natural order: 2.png before 10.png. It
// skips hidden files and folders, files whose extension is not that of an image, and links to nothing. It follows symbolic
// links, except those to a folder that contains them.
func Pictures(dir string) ([]string, error) { return appendPictures(nil, dir, nil) }

// appendPictures appends the pictures in dir; above are the folders that contain it.
func appendPictures(files []string, dir string, above []fs.FileInfo) ([]string, error) {
	here, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, here) }) {
		return files, nil
	}
	above = append(slices.Clip(above), here)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return readable.CompareNatural(a.Name(), b.Name()) })
	for _, e := range entries {
		if isHidden(e.Name()) {
			continue
		}
		info, err := follow(dir, e)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case info.IsDir():
			if files, err = appendPictures(files, filepath.Join(dir, e.Name()), above); err != nil {
				return nil, err
			}
		case IsPicture(e.Name()):
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}
