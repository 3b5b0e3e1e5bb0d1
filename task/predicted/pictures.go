package predicted

import (
	"fmt"
	"os"

	"github.com/lamina-ml/lamina/data/folder"
)

// Pictures returns the files of the arguments of predict, each of which is a picture or a folder with pictures, also in
// folders below it.
func Pictures(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.IsDir() {
			files = append(files, arg)
			continue
		}
		found, err := folder.Pictures(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: neither the folder nor those in it have pictures", arg)
		}
		files = append(files, found...)
	}
	return files, nil
}
