// Curves is a collection of small training programs to read and copy. Each demonstrates one feature: an optimizer, a
// schedule, a loss, a layer, a network or a form of the training loop.
//
//	go run ./examples/curves            lists them
//	go run ./examples/curves attention  trains one and prints its losses
//
// Each program draws its data, initial weights and order of samples from one seed. curves.py and
// curves_transformers.py in testdata/torch do the same in PyTorch, function by function. The test checks that all
// losses, step by step, equal PyTorch's, in float32 and in float64.
//
// The loops do not check loader.Err(), because reading tensors in memory cannot fail. A program that reads files must
// check it.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/lamina-ml/lamina/tensor"
)

// program is a training program. train records losses and results in c.
type program struct {
	name, about string
	train       func(c *Curve)
}

var programs = []program{
	// optimizers.go
	{"nesterov", "SGD with Nesterov momentum and weight decay; the last batch is smaller", nesterov},
	{"amsgrad", "Adam with the largest second moment so far", amsgrad},
	{"centered-rmsprop", "RMSprop with the variance of the gradients, for a regression", centeredRMSprop},
	{"adamw-groups", "AdamW with groups: weights decay, biases and norms do not; residual blocks with LayerNorm and GELU", adamWGroups},
	{"lbfgs", "LBFGS with a line search, on all data at once, for softmax regression", lbfgs},
	{"factorize", "Adagrad, for a matrix factorization: ratings as a product of two embeddings", factorize},
	{"rivals", "six optimizers side by side: SGD with dampening, Adadelta, Adamax, NAdam, RAdam, RMSprop", rivals},
	// schedules.go
	{"one-cycle", "the one-cycle schedule, with SiLU", oneCycle},
	{"restarts", "cosine annealing with restarts, with Mish", restarts},
	{"plateau", "ReduceLROnPlateau on the validation loss; Huber loss for data with outliers; LeakyReLU", plateau},
	{"cyclic", "a cyclic learning rate with decreasing amplitude, with ELU", cyclic},
	// losses.go
	{"label-smoothing", "label smoothing; a loader with three workers that drops the incomplete last batch", labelSmoothing},
	{"binary", "binary cross-entropy of probabilities, for exclusive or", binary},
	{"pos-weight", "multi-label classification with larger weights of rare positives", posWeight},
	{"tagging", "a class for each word: class weights, and padding that the loss ignores", tagging},
	{"distillation", "knowledge distillation: Kullback-Leibler divergence with a temperature", distillation},
	{"triplets", "metric learning with the triplet margin loss", triplets},
	{"svm", "a support vector machine: the hinge loss, an L1 penalty, and gradients clipped by value", svm},
	// layers.go
	{"dropout", "dropout, and evaluation between epochs", dropout},
	{"texts", "texts of different lengths: embedding with padding, mean, LayerNorm", texts},
	{"gated", "residual blocks with RMSNorm and gated SiLU; warm-up, then cosine annealing", gated},
	{"autoencoder", "PReLU with Kaiming's initial values, the smooth L1 loss, RAdam", autoencoder},
	{"attention", "causal self-attention from basic operations: a small GPT; gradients clipped by norm", attention},
	{"recurrent", "a recurrent network from basic operations: back-propagation through time, gradients clipped by norm", recurrent},
	// transformers.go
	{"encoder", "a transformer encoder for texts of different lengths: which word comes most often", encoder},
	{"decoder", "a transformer decoder that writes sequences backwards", decoder},
	// sequences.go
	{"lstm", "a bidirectional LSTM of two layers with dropout, for texts of different lengths, which it reads without their padding", lstm},
	// images.go
	{"residual", "a residual network with batch normalization, for small images", residual},
	{"convolution", "the network and optimizer of PyTorch's MNIST example: convolutions, pooling, dropout, Adadelta", convolution},
	// loops.go
	{"accumulation", "gradient accumulation over four batches", accumulation},
	{"frozen", "fine-tuning: a frozen trained body with a new head", frozen},
	{"averages", "averages of the weights: EMA and SWA", averages},
	{"vae", "a variational autoencoder: random numbers inside the model", vae},
	{"adversaries", "a generative adversarial network with a gradient penalty", adversaries},
	{"fit", "train.Fit instead of a loop, with dropout and a test after each epoch", fit},
}

func run(w io.Writer, name string) error {
	for _, p := range programs {
		if p.name == name {
			c := &Curve{Device: tensor.CPU()}
			p.train(c)
			fmt.Fprint(w, c)
			return nil
		}
	}
	return fmt.Errorf("there is no program %q; run curves without arguments for a list", name)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		for _, p := range programs {
			fmt.Printf("%-17s %s\n", p.name, p.about)
		}
		return
	}
	if err := run(os.Stdout, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
