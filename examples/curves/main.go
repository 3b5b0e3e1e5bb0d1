// Curves is thirty small training programs, each about one thing: an optimizer, a schedule, a loss, a layer, or a way to write the
// loop. They are here to be read and copied from.
//
//	go run ./examples/curves            lists them
//	go run ./examples/curves attention  trains one and prints its losses
//
// Each draws its data, first weights and order of samples from one seed, as testdata/torch/curves.py does in PyTorch, function for
// function. The test holds that all losses, step by step, are PyTorch's, in float32 and in float64.
//
// The loops leave out what a program that reads files has at its end, a look at loader.Err(): tensors in memory can always be read.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/lamina-ml/lamina/tensor"
)

// A program trains something and notes in c how it goes.
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
	{"factorize", "Adagrad, for a matrix of ratings as a product of two embeddings", factorize},
	{"rivals", "six optimizers side by side: SGD with dampening, Adadelta, Adamax, NAdam, RAdam, RMSprop", rivals},
	// schedules.go
	{"one-cycle", "the one-cycle schedule, with SiLU", oneCycle},
	{"restarts", "cosine annealing with restarts, with Mish", restarts},
	{"plateau", "a rate that falls when the validation loss rests; Huber's loss against outliers; LeakyReLU", plateau},
	{"cyclic", "a rate that swings, ever less, with ELU", cyclic},
	// losses.go
	{"label-smoothing", "smoothed labels; three workers read ahead, and an incomplete batch is left out", labelSmoothing},
	{"binary", "binary cross-entropy of probabilities, for exclusive or", binary},
	{"pos-weight", "several labels at once, the rare positives weighing more", posWeight},
	{"tagging", "a class for each word: class weights, and padding that counts as nothing", tagging},
	{"distillation", "a small network learns from a large one: Kullback-Leibler divergence at a temperature", distillation},
	{"triplets", "places for points, so that like is near like: the triplet margin loss", triplets},
	{"svm", "a support vector machine: the hinge loss, an L1 penalty, and gradients clipped by value", svm},
	// layers.go
	{"dropout", "dropout, and evaluation between epochs", dropout},
	{"texts", "texts of different lengths: embedding with padding, mean, LayerNorm", texts},
	{"gated", "residual blocks with RMSNorm and gated SiLU; a warm-up, then half a cosine", gated},
	{"autoencoder", "PReLU with Kaiming's initial values, the smooth L1 loss, RAdam", autoencoder},
	{"attention", "causal self-attention written out: a small GPT; gradients clipped by norm", attention},
	{"recurrent", "a recurrent network written out: back-propagation through time, clipped by norm", recurrent},
	// loops.go
	{"accumulation", "gradients of four batches for each step", accumulation},
	{"frozen", "a trained body frozen under a new head", frozen},
	{"averages", "averages of the weights: EMA and SWA", averages},
	{"vae", "a variational autoencoder: random numbers within the model", vae},
	{"adversaries", "two networks against each other, with a penalty on a gradient", adversaries},
	{"fit", "train.Fit in place of a loop, with dropout and a test after each epoch", fit},
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
	return fmt.Errorf("there is no program %q; without a name, this lists them", name)
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
