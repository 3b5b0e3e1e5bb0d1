package safetensors

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// indexSuffix ends the names of files that list the files of a sharded model.
const indexSuffix = ".index.json"

// maxIndex bounds the size of an index: the one of a model with 100,000 tensors has 10 MB.
const maxIndex = 100_000_000

// loadSharded reads a model in several files. The index at path maps the tensors' names to file names:
//
//	{"metadata": {…}, "weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors", …}}
//
// It returns an error if a file is not in the index's folder, or lacks a tensor that the index names.
func loadSharded(path string) (*Contents, error) {
	files, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	all := &Contents{Tensors: map[string]tensor.Tensor{}, path: path}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c, err := Load(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, fmt.Errorf("%w (from the index %s)", err, path)
		}
		unsupported := make(map[string]Info, len(c.Unsupported))
		for _, info := range c.Unsupported {
			unsupported[info.Name] = info
		}
		for _, key := range files[name] {
			if t, ok := c.Tensors[key]; ok {
				all.Tensors[key] = t
			} else if info, ok := unsupported[key]; ok {
				all.Unsupported = append(all.Unsupported, info)
			} else {
				return nil, fmt.Errorf("safetensors: %s: %w", path, errorf("the file %s has no tensor %s", inputfile.Quote(name), inputfile.Quote(key)))
			}
		}
	}
	slices.SortFunc(all.Unsupported, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// readIndex returns the files of an index, each with the names of its tensors.
func readIndex(path string) (map[string][]string, error) {
	f, _, err := errFormat.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxIndex {
		return nil, errorf("the index has more than %d bytes", maxIndex)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, errorf("the index is not JSON with a weight_map: %v", err)
	}
	if len(index.WeightMap) == 0 {
		return nil, errorf("the index has no weight_map, which maps names of tensors to names of files")
	}
	files := map[string][]string{}
	for key, name := range index.WeightMap {
		if !filepath.IsLocal(name) || filepath.Base(name) != name {
			return nil, errorf("tensor %s is in the file %s, want the name of a file in the index's folder", inputfile.Quote(key), inputfile.Quote(name))
		}
		if strings.HasSuffix(name, indexSuffix) {
			return nil, errorf("tensor %s is in the file %s, which is an index, want a .safetensors file", inputfile.Quote(key), inputfile.Quote(name))
		}
		files[name] = append(files[name], key)
	}
	return files, nil
}
