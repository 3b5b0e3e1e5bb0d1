// Pictures writes the images of the documentation to the current folder.
//
//	go generate ./docs/pictures
package main

import (
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

//go:generate go run .

func main() {
	log.SetFlags(0)
	pictures, err := draw()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range pictures {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// draw returns all images by file name.
func draw() (map[string]string, error) {
	digits, err := mnist.Test()
	if err != nil {
		return nil, err
	}
	pixels := make([]float64, 28*28)
	for i := range pixels {
		pixels[i] = float64(digits.Images[six*len(pixels)+i]) / 255
	}
	losses, err := os.ReadFile("../../testdata/torch/fourlayer/fourlayer.txt")
	if err != nil {
		return nil, err
	}
	pictures := map[string]string{}
	for name, s := range map[string]*svg{
		"neuron.svg":      neuron(),
		"network.svg":     network(),
		"digit.svg":       digit(pixels),
		"features.svg":    features(pixels),
		"activations.svg": activations(),
		"logarithm.svg":   logarithm(),
		"descent.svg":     descent(),
		"optimizers.svg":  optimizers(),
		"loss.svg":        loss(string(losses)),
		"backward.svg":    backward(),
	} {
		pictures[name] = s.String()
	}
	if pictures["augmented.png"], err = augmented(); err != nil {
		return nil, err
	}
	seen, err := layers(digits)
	if err != nil {
		return nil, err
	}
	read, err := attention()
	if err != nil {
		return nil, err
	}
	maps.Copy(seen, read)
	for name, p := range seen {
		var b strings.Builder
		if err := p.WritePNG(&b); err != nil {
			return nil, err
		}
		pictures[name] = b.String()
	}
	return pictures, nil
}

// augmented draws digits and random variants of them.
func augmented() (string, error) {
	digits, err := mnist.TrainSet()
	if err != nil {
		return "", err
	}
	t := vision.Compose{
		vision.RandomAffine{
			Degrees: vision.Range{-15, 15}, Translate: [2]float64{0.1, 0.1}, Scale: vision.Range{0.8, 1.1},
			Interpolation: vision.Bilinear,
		},
		vision.ElasticTransform{Alpha: 60, Sigma: 4},
	}
	var b strings.Builder
	err = vision.WriteContactSheet(&b, vision.From(digits.Images()), t, vision.SheetConfig{Cell: 56})
	return b.String(), err
}

// neuron draws three inputs, their weights, the sum and the activation.
func neuron() *svg {
	s := newSVG(520, 210)
	for i, name := range []string{"a₀", "a₁", "a₂"} {
		y := 40 + 55*float64(i)
		end := 95 + 10*float64(i-1)
		s.line([][2]float64{{58, y}, {214, end}}, blue, 1.5, "")
		s.circle(40, y, 18, "none", grey)
		s.text(40, y+4.5, "middle", grey, name)
		s.text(120, y+(end-y)*62/156-8, "middle", blue, []string{"w₀", "w₁", "w₂"}[i])
	}
	s.line([][2]float64{{240, 178}, {240, 123}}, orange, 1.5, "")
	s.text(240, 196, "middle", orange, "b")
	s.circle(240, 95, 28, "none", grey)
	s.text(240, 99.5, "middle", grey, "Σ")
	s.line([][2]float64{{268, 95}, {338, 95}}, grey, 1.5, "")
	s.text(303, 86, "middle", grey, "z")
	s.circle(366, 95, 28, "none", grey)
	s.line([][2]float64{{350, 106}, {358, 105}, {363, 101}, {369, 89}, {374, 85}, {382, 84}}, green, 2, "")
	s.line([][2]float64{{394, 95}, {464, 95}}, grey, 1.5, "")
	s.text(430, 86, "middle", grey, "y = σ(z)")
	s.text(366, 145, "middle", green, "activation")
	return s
}

// network draws fully connected layers of neurons.
func network() *svg {
	s := newSVG(620, 300)
	counts := []int{8, 6, 5, 4}
	names := []string{"784 inputs", "128 neurons", "64 neurons", "10 scores"}
	roles := []string{"input layer", "hidden layer", "hidden layer", "output layer"}
	place := func(layer, i int) [2]float64 {
		return [2]float64{70 + 160*float64(layer), 125 + 28*(float64(i)-float64(counts[layer]-1)/2)}
	}
	for layer := 1; layer < len(counts); layer++ {
		for i := range counts[layer-1] {
			for j := range counts[layer] {
				s.line([][2]float64{place(layer-1, i), place(layer, j)}, blue, 0.4, "")
			}
		}
	}
	for layer, n := range counts {
		color := []string{grey, blue, blue, orange}[layer]
		for i := range n {
			p := place(layer, i)
			s.circle(p[0], p[1], 9, color, color)
		}
		x := place(layer, 0)[0]
		s.text(x, 264, "middle", grey, names[layer])
		s.text(x, 284, "middle", color, roles[layer])
	}
	return s
}

// digit draws an image and the numbers of one of its rows.
func digit(six []float64) *svg {
	const size, row = 8.0, 12
	s := newSVG(600, 264)
	s.image(20, 20, size, 28, six)
	y := 20 + row*size
	s.line([][2]float64{{17, y - 1}, {247, y - 1}, {247, y + size + 1}, {17, y + size + 1}, {17, y - 1}}, orange, 2, "")
	s.line([][2]float64{{247, y + size/2}, {292, y + size/2}}, orange, 2, "")
	s.text(300, y+size/2+4.5, "start", orange, "0 … 0 0.4 1 0.6 0 0 0.1 0.5 1 1 0.9 …")
	s.text(300, y+size/2+26, "start", grey, "row 12 of 28: a₃₃₆ … a₃₆₃")
	return s
}

// features draws the results of two 3×3 filters on an image.
func features(six []float64) *svg {
	s := newSVG(740, 270)
	s.image(20, 40, 7, 28, six)
	s.text(118, 28, "middle", grey, "picture, 28×28")
	for k, filter := range []struct {
		name string
		w    [9]float64
	}{
		{"upright edges, 26×26", [9]float64{-1, 0, 1, -2, 0, 2, -1, 0, 1}},
		{"level edges, 26×26", [9]float64{-1, -2, -1, 0, 0, 0, 1, 2, 1}},
	} {
		found := make([]float64, 26*26)
		for i := range 26 {
			for j := range 26 {
				for u := range 3 {
					for v := range 3 {
						found[i*26+j] += filter.w[3*u+v] * six[(i+u)*28+j+v] / 4
					}
				}
			}
		}
		left := 250 + 250*float64(k)
		for i, w := range filter.w {
			s.text(left+15+22*float64(i%3), 110+24*float64(i/3), "middle", blue, tick(w))
		}
		s.text(left+110, 28, "middle", grey, filter.name)
		s.image(left+70, 40, 6, 26, found)
		s.text(left+37, 78, "middle", grey, "weights")
	}
	s.text(370, 256, "middle", grey, "light: the weights fit here; black: they do not (after ReLU)")
	return s
}

// activations draws functions and their derivatives.
func activations() *svg {
	s := newSVG(760, 500)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	normal := func(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }
	step := func(low float64) func(float64) float64 {
		return func(x float64) float64 {
			if x > 0 {
				return 1
			}
			return low
		}
	}
	for i, a := range []struct {
		name          string
		f, derivative func(float64) float64
	}{
		{"sigmoid", sigmoid, func(x float64) float64 { return sigmoid(x) * (1 - sigmoid(x)) }},
		{"tanh", math.Tanh, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }},
		{"ReLU", func(x float64) float64 { return max(0, x) }, step(0)},
		{"leaky ReLU, α = 0.1", func(x float64) float64 { return max(0.1*x, x) }, step(0.1)},
		{"ELU, α = 1", func(x float64) float64 { return max(x, math.Exp(min(x, 0))-1) }, func(x float64) float64 { return math.Exp(min(x, 0)) }},
		{"GELU", func(x float64) float64 { return x * normal(x) },
			func(x float64) float64 { return normal(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi) }},
	} {
		p := &plot{s, 30 + 250*float64(i%3), 40 + 235*float64(i/3), 210, 160, -4, 4, -1.2, 2.2}
		p.axes([]float64{-4, -2, 2, 4}, []float64{-1, 1, 2})
		if a.name == "ReLU" || a.name == "leaky ReLU, α = 0.1" { // the derivative jumps at 0
			p.curve(a.derivative, -4, -1e-9, orange, 1.8, "5 4")
			p.curve(a.derivative, 1e-9, 4, orange, 1.8, "5 4")
		} else {
			p.curve(a.derivative, -4, 4, orange, 1.8, "5 4")
		}
		p.curve(a.f, -4, 4, blue, 2.4, "")
		s.text(p.left, p.top-12, "start", grey, a.name)
	}
	s.line([][2]float64{{250, 487}, {280, 487}}, blue, 2.4, "")
	s.text(288, 491.5, "start", grey, "f(x)")
	s.line([][2]float64{{360, 487}, {390, 487}}, orange, 1.8, "5 4")
	s.text(398, 491.5, "start", grey, "f′(x)")
	return s
}

// logarithm draws two losses as functions of the probability of the true class.
func logarithm() *svg {
	s := newSVG(520, 300)
	p := &plot{s, 50, 20, 440, 235, 0, 1, 0, 5}
	p.axes([]float64{0, 0.25, 0.5, 0.75, 1}, []float64{1, 2, 3, 4, 5})
	var log [][2]float64
	for i := range 101 {
		log = append(log, p.at(math.Exp(-float64(i)/20), float64(i)/20))
	}
	s.line(log, blue, 2.4, "")
	p.curve(func(x float64) float64 { return (1 - x) * (1 - x) }, 0, 1, orange, 2.4, "")
	q := p.at(0.17, 2.2)
	s.text(q[0], q[1], "start", blue, "−log p")
	q = p.at(0.3, 0.7)
	s.text(q[0], q[1], "start", orange, "(1 − p)²")
	s.text(p.left+p.w/2, 292, "middle", grey, "p, the probability that the model gave to the truth")
	return s
}

// descent draws steps on L = w² with four learning rates.
func descent() *svg {
	s := newSVG(760, 250)
	for i, eta := range []float64{0.05, 0.4, 0.95, 1.05} {
		p := &plot{s, 15 + 188*float64(i), 40, 165, 165, -1.9, 1.9, 0, 3.4}
		p.axes([]float64{-1, 1}, nil)
		square := func(w float64) float64 { return w * w }
		p.curve(square, -1.84, 1.84, grey, 1.5, "")
		w := 1.0
		places := [][2]float64{{w, w * w}}
		for range 6 {
			w -= eta * 2 * w
			places = append(places, [2]float64{w, w * w})
		}
		p.path(places, []string{blue, green, orange, red}[i])
		s.text(p.left+p.w/2, 22, "middle", grey, fmt.Sprintf("η = %.2f", eta))
		s.text(p.left+p.w/2, 240, "middle", []string{blue, green, orange, red}[i], []string{"slow", "good", "swings", "runs away"}[i])
	}
	return s
}

// optimizers draws 40 steps of four optimizers on L = ½x² + 5y², with contour lines.
func optimizers() *svg {
	s := newSVG(760, 470)
	p := &plot{s, 20, 20, 720, 360, -2, 4.4, -1.6, 1.6}
	for _, level := range []float64{0.1, 0.5, 1.5, 4, 8, 12} {
		var points [][2]float64
		for i := range 121 {
			angle := 2 * math.Pi * float64(i) / 120
			x, y := math.Sqrt(2*level)*math.Cos(angle), math.Sqrt(level/5)*math.Sin(angle)
			if x >= p.x0 && x <= p.x1 && math.Abs(y) <= p.y1 {
				points = append(points, p.at(x, y))
			} else if len(points) > 0 {
				s.line(points, grey, 0.7, "")
				points = nil
			}
		}
		s.line(points, grey, 0.7, "")
	}
	for i, o := range []struct {
		name string
		new  func(p []tensor.Tensor) optim.Optimizer
	}{
		{"SGD, η = 0.1", func(p []tensor.Tensor) optim.Optimizer { return optim.NewSGD(p, optim.SGDConfig{LR: 0.1}) }},
		{"momentum, η = 0.05, μ = 0.7", func(p []tensor.Tensor) optim.Optimizer {
			return optim.NewSGD(p, optim.SGDConfig{LR: 0.05, Momentum: 0.7})
		}},
		{"RMSProp, η = 0.1, α = 0.9", func(p []tensor.Tensor) optim.Optimizer {
			return optim.NewRMSprop(p, optim.RMSpropConfig{LR: 0.1, Alpha: 0.9})
		}},
		{"Adam, η = 0.5", func(p []tensor.Tensor) optim.Optimizer { return optim.NewAdam(p, optim.AdamConfig{LR: 0.5}) }},
	} {
		w := tensor.From([]float32{4, 1}).SetRequiresGrad(true)
		opt := o.new([]tensor.Tensor{w})
		places := [][2]float64{{4, 1}}
		for range 40 {
			opt.ZeroGrad()
			w.Square().Dot(tensor.From([]float32{0.5, 5})).Backward()
			opt.Step()
			places = append(places, [2]float64{w.At(0), w.At(1)})
		}
		color := []string{blue, green, orange, red}[i]
		p.path(places, color)
		x, y := 40+360*float64(i%2), 420+26*float64(i/2)
		s.line([][2]float64{{x, y - 4.5}, {x + 30, y - 4.5}}, color, 2, "")
		s.text(x+40, y, "start", color, o.name)
	}
	q := p.at(0, 0)
	s.circle(q[0], q[1], 4, "none", grey)
	return s
}

var epoch = regexp.MustCompile(`loss: ([0-9.]+), Accuracy: ([0-9.]+)`)

// loss draws the loss and accuracy of the complete program.
func loss(output string) *svg {
	s := newSVG(760, 300)
	losses := &plot{s, 50, 20, 300, 225, 0, 20, 0, 2.5}
	losses.axes([]float64{5, 10, 15, 20}, []float64{0.5, 1, 1.5, 2, 2.5})
	accuracies := &plot{s, 430, 20, 300, 225, 0, 20, 0, 1}
	accuracies.axes([]float64{5, 10, 15, 20}, []float64{0.2, 0.4, 0.6, 0.8, 1})
	var l, a [][2]float64
	for i, m := range epoch.FindAllStringSubmatch(output, -1) {
		y, _ := strconv.ParseFloat(m[1], 64)
		l = append(l, [2]float64{float64(i + 1), y})
		y, _ = strconv.ParseFloat(m[2], 64)
		a = append(a, [2]float64{float64(i + 1), y})
	}
	losses.path(l, blue)
	accuracies.path(a, green)
	s.text(200, 290, "middle", blue, "loss after each epoch")
	s.text(580, 290, "middle", green, "accuracy after each epoch")
	return s
}
