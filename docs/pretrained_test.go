package docs

import (
	"fmt"
	"path/filepath"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/torchfile"
	"github.com/lamina-ml/lamina/vision"
)

// The page's functions need files that tests do not have: it is enough that they compile.
var _ = []any{classOf, embed, write}

// imageNet prepares a picture as the weights of torchvision expect it.
var imageNet = vision.Compose{
	vision.Resize{Size: 256},
	vision.CenterCrop{Size: 224},
	vision.Normalize{Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}},
}

// classOf returns the most probable of ImageNet's 1,000 classes for a picture.
func classOf(weights, picture string) (int64, error) {
	model := models.NewResNet18(rng.NewTorch(0), 1000)
	if err := torchfile.LoadModel(weights, model); err != nil { // or safetensors.LoadModel
		return 0, err
	}
	nn.Eval(model)
	m, err := image.ReadFile(picture)
	if err != nil {
		return 0, err
	}
	var img vision.Image
	img.Set(m, 3)
	imageNet.Apply(&img, nil)
	x := tensor.From(img.Pix, 1, img.C, img.H, img.W)
	return tensor.NoGrad(x, model.Forward).ArgMax(1).Int64s()[0], nil
}

func Example_newHead() {
	g := rng.NewTorch(0)
	model := models.NewResNet18(g, 1000) // and load the weights, as above
	nn.Freeze(model)
	model.FC = nn.NewLinear(g, 512, 3) // a new last layer for 3 classes of your own

	var trained []tensor.Tensor
	for _, p := range nn.NamedParameters(model) {
		if !p.Tensor.Frozen() {
			fmt.Println(p.Name, p.Tensor.Shape())
			trained = append(trained, p.Tensor)
		}
	}
	opt := optim.NewAdam(trained, optim.AdamConfig{LR: 0.001})
	fmt.Println(nn.Count(model), "parameters;", opt.LR())
	// Output:
	// fc.weight (3, 512)
	// fc.bias (3,)
	// 11178051 parameters; 0.001
}

// embed returns a vector of length 1 for each text. Texts of similar meaning have vectors whose product is close to 1.
func embed(folder string, texts []string) (tensor.Tensor, error) {
	tok, err := text.LoadTokenizer(filepath.Join(folder, "tokenizer.json"))
	if err != nil {
		return tensor.Tensor{}, err
	}
	model, err := models.LoadBERT(folder)
	if err != nil {
		return tensor.Tensor{}, err
	}
	encodings := tok.WithPadding(text.Padding{Token: "[PAD]"}).EncodeBatch(texts)
	var ids, mask []int64
	for _, e := range encodings {
		for i, id := range e.IDs {
			ids, mask = append(ids, int64(id)), append(mask, int64(e.AttentionMask[i]))
		}
	}
	n := len(texts)
	return model.Embed(tensor.From(ids, n, len(ids)/n), tensor.From(mask, n, len(mask)/n)), nil
}

// write continues a text with the model of a GGUF file and prints what it writes.
func write(path, prompt string) error {
	file, err := gguf.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	model, err := models.LlamaFromGGUF(file, models.LlamaLoadConfig{})
	if err != nil {
		return err
	}
	tok, err := models.TokenizerFromGGUF(file)
	if err != nil {
		return err
	}
	stop, err := models.StopTokensFromGGUF(file)
	if err != nil {
		return err
	}
	for piece, err := range generate.Text(model, tok, prompt, generate.Config{MaxTokens: 100, StopTokens: stop}) {
		if err != nil {
			return err
		}
		fmt.Print(piece)
	}
	return nil
}

func Example_loadLlama() {
	model, err := models.LoadLlama("../testdata/torch/llama/llama-q4_1.gguf", models.LlamaLoadConfig{})
	if err != nil {
		panic(err)
	}
	logits := model.Forward(tensor.From([]int64{5, 17, 40}, 1, 3))
	fmt.Println(logits.Shape(), model.LMHead)
	// Output: (1, 3, 64) QuantizedLinear(64, 64, Q8_0, bias=False)
}

// PixelNet has the attributes of the Python class as fields: conv1, blocks and last_part.
type PixelNet struct {
	Conv1    *nn.Conv2d
	Blocks   []*nn.Linear
	LastPart nn.Sequential
}

// NewPixelNet returns the network with initial weights drawn from g.
func NewPixelNet(g *rng.Torch) *PixelNet {
	return &PixelNet{
		Conv1:    nn.NewConv2d(g, 1, 4, 3),
		Blocks:   []*nn.Linear{nn.NewLinear(g, 36, 16), nn.NewLinear(g, 16, 16)},
		LastPart: nn.Sequential{nn.NewDropout(g, 0.1), nn.NewLinear(g, 16, 3)},
	}
}

// Forward maps (N, 1, 8, 8) to (N, 3).
func (m *PixelNet) Forward(x tensor.Tensor) tensor.Tensor {
	x = nn.NewMaxPool2d(2).Forward(m.Conv1.Forward(x).ReLU()).Flatten(1)
	for _, block := range m.Blocks {
		x = block.Forward(x).ReLU()
	}
	return m.LastPart.Forward(x)
}

func Example_pythonModel() {
	net := NewPixelNet(rng.NewTorch(0))
	if err := torchfile.LoadModel("testdata/net.pt", net); err != nil {
		panic(err)
	}
	nn.Eval(net)
	fmt.Println(net.Forward(tensor.Ones(1, 1, 8, 8)))
	// Output: tensor([[-0.0045,  0.1988, -0.2302]])
}
