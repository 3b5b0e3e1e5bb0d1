package docs

import (
	"strings"
	"testing"
)

// TestNotes checks that the guide has every formula and every topic of the study notes, in both languages.
func TestNotes(t *testing.T) {
	for _, c := range []struct{ section, page, text string }{
		{"1: the layers", "neuron.md", "pictures/network.svg"},
		{"1.1: pixels between 0 and 1", "image.md", `a_i = \frac{\text{pixel}_i}{255}`},
		{"1.1: a digit as N×N numbers", "image.md", "pictures/digit.svg"},
		{"1.2: a weighted sum, a bias, an activation", "neuron.md", `z = a_0 w_0 + a_1 w_1 + \dots + a_n w_n + b \qquad y = \sigma(z)`},
		{"1.2: a layer as a matrix", "neuron.md", `y = \sigma(W a + b)`},
		{"1.2: the basic features of a trained network", "layers.md", "pictures/strokes.png"},
		{"1.2: the higher features", "layers.md", "pictures/shapes.png"},
		{"1.2: the scores of the digits", "layers.md", "pictures/scores.png"},
		{"1.2: full connection", "layers.md", "y = W a + b"},
		{"2: mean squared error", "losses.md", `L = \frac{1}{n} \sum_{i=1}^{n} (y'_i - y_i)^2`},
		{"2: cross-entropy", "losses.md", `L = -\frac{1}{n} \sum_{i=1}^{n} \sum_{c} y_{ic} \log p_{ic}`},
		{"2: two classes", "losses.md", `y_i \log p_i + (1 - y_i) \log (1 - p_i)`},
		{"3.1: the chain rule", "gradients.md", `\frac{\partial L}{\partial w} = \frac{\partial L}{\partial y'} \cdot \frac{\partial y'}{\partial w}`},
		{"3.1: the gradients of weights and bias", "gradients.md", `\frac{\partial L}{\partial w} = \frac{2}{n} \sum_{i=1}^{n} (y'_i - y_i)\, a_i^\top \qquad \frac{\partial L}{\partial b} = \frac{2}{n} \sum_{i=1}^{n} (y'_i - y_i)`},
		{"3.1: back-propagation through two layers", "gradients.md", `\delta_1 = (W_2^\top \delta_2) \circ \sigma'(z_1)`},
		{"3.1: gradient descent", "descent.md", `W \leftarrow W - \eta\, \frac{\partial L}{\partial W} \qquad b \leftarrow b - \eta\, \frac{\partial L}{\partial b}`},
		{"3.1: long and short steps", "descent.md", "pictures/descent.svg"},
		{"3.1: the program", "gradients.md", "examples/regression/main.go"},
		{"3.2: the logarithm", "losses.md", "pictures/logarithm.svg"},
		{"3.2: softmax", "output.md", `p_i = \frac{e^{x_i}}{\sum_j e^{x_j}}`},
		{"3.3: SGD", "optimizers.md", `p \leftarrow p - \eta\, g`},
		{"3.3: momentum", "optimizers.md", `v \leftarrow \mu v + g \qquad p \leftarrow p - \eta\, v`},
		{"3.3: RMSProp", "optimizers.md", `v \leftarrow \alpha v + (1 - \alpha)\, g^2`},
		{"3.3: Adam", "optimizers.md", `p &\leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}`},
		{"4.1: sigmoid", "activations.md", `\sigma(x) = \frac{1}{1 + e^{-x}}`},
		{"4.2: ReLU", "activations.md", `f(x) = \max(0, x)`},
		{"4.2: leaky ReLU", "activations.md", `f(x) = \max(\alpha x, x)`},
		{"4.2: tanh", "activations.md", `\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}`},
		{"4.2: ELU", "activations.md", `\alpha\,(e^x - 1)`},
		{"4.2: softmax", "activations.md", `p_i\,(\delta_{ij} - p_j)`},
		{"5: the model", "program.md", "type FourLayerNN struct"},
		{"5: training", "program.md", "func train(model *FourLayerNN"},
		{"5: evaluation", "program.md", "func evaluate("},
		{"5: prediction", "program.md", "func predict("},
		{"5: all of it", "program.md", "const numEpochs = 20"},
		{"5: the device", "devices.md", "tensor.BestDevice()"},
		{"the title: attention", "attention.md", `\mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt d}\right) V`},
		{"the first sentence: long range", "long-range.md", `h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})`},
	} {
		for _, page := range []string{c.page, "zh/" + c.page} {
			if !strings.Contains(read(t, page), c.text) {
				t.Errorf("%s has not %s of the notes: %s", page, c.section, c.text)
			}
		}
	}
}
