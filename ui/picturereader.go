package ui

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

// maxWeights is the number of weights of a layer that are sent to the page: those of 16 heads for 577 vectors.
const maxWeights = 6 << 20

// pictureReader is a Vision Transformer with what prepares a picture for it.
type pictureReader struct {
	model    *models.ViT
	channels int
	prepare  vision.Transform
	patches  int               // in a row and in a column
	labels   map[string]string // of the classes, by their numbers
}

// newPictureReader reads a ViT and the preprocessor_config.json of its folder.
func newPictureReader(dir string) (*reader, error) {
	m, err := models.LoadViT(dir)
	if err != nil {
		return nil, err
	}
	nn.Eval(m)
	f, err := models.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var c models.ViTConfig
	if err := f.ReadConfig(&c); err != nil {
		return nil, err
	}
	side, patch := cmp.Or(c.ImageSize, 224), cmp.Or(c.PatchSize, 16)
	v := &pictureReader{model: m, channels: cmp.Or(c.Channels, 3), patches: side / patch}
	if v.channels != 1 && v.channels != 3 {
		return nil, fmt.Errorf("%s: the network reads pictures of %d channels, want 1 or 3", dir, v.channels)
	}
	var more struct {
		Labels map[string]string `json:"id2label"`
	}
	json.Unmarshal(f.Config, &more) // without labels the numbers of the classes are shown
	v.labels = more.Labels
	normalize, err := readNormalize(filepath.Join(dir, "preprocessor_config.json"), v.channels)
	if err != nil {
		return nil, err
	}
	v.prepare = vision.Compose{vision.Resize{Height: side, Width: side}, normalize}
	return &reader{layers: len(m.ViT.Layers), vit: v}, nil
}

// readNormalize returns the means and deviations of a preprocessor_config.json, 0.5 where it has none.
func readNormalize(path string, channels int) (n vision.Normalize, err error) {
	var c struct {
		Mean []float32 `json:"image_mean"`
		Std  []float32 `json:"image_std"`
	}
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		err = json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&c)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, fmt.Errorf("%s: %w", path, err)
	}
	half := slices.Repeat([]float32{0.5}, channels)
	if c.Mean == nil {
		c.Mean = half
	}
	if c.Std == nil {
		c.Std = half
	}
	if len(c.Mean) != channels || len(c.Std) != channels || slices.Contains(c.Std, 0) {
		return n, fmt.Errorf("%s: image_mean is %v and image_std %v, want %d numbers each, in image_std other than 0", path,
			c.Mean, c.Std, channels)
	}
	return vision.Normalize{Mean: c.Mean, Std: c.Std}, nil
}

// lookAt returns the weights of a layer's heads for a picture, and the classes that the network finds likeliest.
func (n *reader) lookAt(m image.Image, layer int) (any, error) {
	v := n.vit
	if v == nil {
		return nil, fail(http.StatusUnprocessableEntity, "attention.wantsText")
	}
	if layer < 0 || layer >= n.layers {
		return nil, fail(http.StatusNotFound, "attention.noLayer", "last", n.layers)
	}
	var picture vision.Image
	picture.Set(m, v.channels)
	v.prepare.Apply(&picture, nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	scope := tensor.NewScope(tensor.CPU())
	scope.SetRecording(false)
	defer scope.Recycle()
	x := tensor.From(picture.Pix[:picture.C*picture.H*picture.W], 1, picture.C, picture.H, picture.W).InScope(scope)
	weights := v.model.ViT.Attentions(x)[layer].Select(0, 0)
	if weights.Shape().Size() > maxWeights {
		return nil, fail(http.StatusUnprocessableEntity, "attention.large", "count", weights.Dim(1))
	}
	return map[string]any{
		"heads": headsOf(weights), "layers": n.layers, "patches": v.patches,
		"answers": v.answers(v.model.Forward(x).Softmax(1).Float32s()),
	}, nil
}

// pictureAnswer is a class with its probability.
type pictureAnswer struct {
	Name        string  `json:"name"`
	Probability float32 `json:"probability"`
}

// answers returns the three likeliest classes.
func (v *pictureReader) answers(p []float32) (list []pictureAnswer) {
	for i, share := range p {
		number := strconv.Itoa(i)
		list = append(list, pictureAnswer{cmp.Or(v.labels[number], number), share})
	}
	slices.SortStableFunc(list, func(a, b pictureAnswer) int { return cmp.Compare(b.Probability, a.Probability) })
	return list[:min(len(list), 3)]
}
