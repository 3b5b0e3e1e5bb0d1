package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// ctcOf adds up the probabilities of all paths, without logarithms.
func ctcOf(in []Array, a Attrs) Array {
	x, targets := in[0], in[1]
	steps, samples, classes := x.Shape[0], x.Shape[1], x.Shape[2]
	inputs, lengths, blank := a.Ints("input_lengths"), a.Ints("target_lengths"), a.Int("blank")
	y := Array{Shape: []int{samples}, V: make([]float64, samples)}
	first := 0
	for n := range samples {
		if len(targets.Shape) == 2 {
			first = n * targets.Shape[1]
		}
		states := []int{blank}
		for _, label := range targets.V[first:][:lengths[n]] {
			states = append(states, int(label), blank)
		}
		first += lengths[n]
		at := make([]float64, len(states)) // the probability of each state; before the first step that of a state before all
		for t := range min(steps, inputs[n]) {
			row := x.V[(t*samples+n)*classes:][:classes]
			largest, sum := math.Inf(-1), 0.0
			for _, v := range row {
				largest = math.Max(largest, v)
			}
			for _, v := range row {
				sum += math.Exp(v - largest)
			}
			next := make([]float64, len(states))
			for s, class := range states {
				p := at[s]
				if s > 0 {
					p += at[s-1]
				}
				if s > 1 && class != blank && class != states[s-2] {
					p += at[s-2]
				}
				if t == 0 {
					p = 0
					if s < 2 {
						p = 1
					}
				}
				next[s] = p * (math.Exp(row[class]-largest) / sum)
			}
			at = next
		}
		p := at[len(at)-1]
		if len(at) > 1 {
			p += at[len(at)-2]
		}
		if inputs[n] == 0 && lengths[n] == 0 {
			p = 1
		}
		y.V[n] = -math.Log(p)
	}
	return y
}

func ctcSample(steps, classes, blank int, inputs, lengths []int, targets []float64, shape ...int) Sample {
	return Sample{Shapes: [][]int{{steps, len(inputs), classes}, shape}, Values: [][]float64{nil, targets},
		Attrs: Attrs{"input_lengths": inputs, "target_lengths": lengths, "blank": blank}, Big: steps > 10}
}

func ctcMistake(shapes [][]int, types []tensor.DType, inputs, lengths []int, blank int, text string) Mistake {
	return Mistake{Shapes: shapes, DTypes: types, Attrs: Attrs{"input_lengths": inputs, "target_lengths": lengths,
		"blank": blank}, Text: "ctc_loss: " + text}
}

func ctcRow() *Op {
	types := []tensor.DType{tensor.Float32, tensor.Int64}
	classes, shapes := tensor.Int64, [][]int{{3, 1, 2}, {1, 2}}
	op := &Op{Name: "ctc_loss", Go: []string{"CTCLoss"}, DTypes: floats, NoHalf: true, Inputs: []Input{{}, {DType: &classes}}, Ref: ctcOf,
		Tol: Tol{ULP: 16, Torch: 128, Grad: 256, Largest: true, Cancels: true, Inputs: true, AnyZero: true,
			Why: "the logarithm of a sum of products of rounded logarithms; PyTorch adds up logarithms in float32"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return tensor.CTCLoss(logs(x[0]), x[1], a.Ints("input_lengths"), a.Ints("target_lengths"), a.Int("blank"))
		},
		Samples: []Sample{
			ctcSample(1, 2, 0, []int{1}, []int{1}, []float64{1}, 1, 1),
			ctcSample(5, 4, 0, []int{5, 4}, []int{3, 2}, []float64{1, 1, 2, 3, 2, 9}, 2, 3), // the 9 is beyond the length
			ctcSample(5, 4, 3, []int{5, 4, 2}, []int{2, 0, 1}, []float64{0, 2, 1}, 3),
			ctcSample(2, 3, 0, []int{2, 0}, []int{0, 0}, []float64{}, 0),
			ctcSample(3, 3, 0, []int{}, []int{}, []float64{}, 0),
			ctcSample(40, 9, 1, []int{40, 33}, []int{13, 2}, []float64{0, 2, 3, 3, 4, 5, 6, 7, 8, 0, 0, 2, 3, 4, 4}, 15),
		},
		Errors: []Mistake{
			ctcMistake([][]int{{}, {}}, types, []int{}, []int{}, 0,
				"the log-probabilities must be (T, N, C), and the targets (N, S) or one after the other: () × ()"),
			ctcMistake(shapes, []tensor.DType{tensor.Float32, tensor.Float32}, []int{3}, []int{1}, 0,
				"the log-probabilities must be float32 or float64 and the targets int64, not float32 and float32"),
			ctcMistake(shapes, types, []int{3, 3}, []int{1}, 0, "2 and 1 lengths do not fit 1 samples"),
			ctcMistake(shapes, types, []int{4}, []int{1}, 0, "the input length 4 of sample 0 is not from 0 to 3"),
			ctcMistake(shapes, types, []int{3}, []int{3}, 0, "the target length 3 of sample 0 is not from 0 to 2"),
			ctcMistake(shapes, types, []int{3}, []int{1}, 2, "the blank 2 is not one of 2 classes"),
			ctcMistake([][]int{{3, 1, 2}, {2}}, types, []int{3}, []int{1}, 0, "the targets have 2 labels, their lengths are 1 in all"),
			{Shapes: [][]int{{3, 1, 1}, {1, 2}}, DTypes: types, Attrs: Attrs{"input_lengths": []int{3},
				"target_lengths": []int{1}, "blank": 0}, Text: "is not one of 1 classes"},
		},
	}
	for _, v := range []float64{nan, inf, -inf} {
		s := ctcSample(2, 3, 0, []int{2}, []int{1}, []float64{1}, 1, 1)
		s.Values[0], s.Big = []float64{v, 0, 1, 1, 2, 3}, true
		op.Samples = append(op.Samples, s)
	}
	return op
}

// logs returns the log-probabilities of logits (T, N, C).
func logs(x tensor.Tensor) tensor.Tensor {
	if x.Rank() == 3 && x.DType().IsFloat() {
		return x.LogSoftmax(2)
	}
	return x
}

var _ = add(ctcRow())
