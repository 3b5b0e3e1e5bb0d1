package device

// RecurrentKind is a kind of recurrent unit.
type RecurrentKind uint8

// The kinds of recurrent units.
const (
	RNNTanh RecurrentKind = iota
	RNNReLU
	GRU
	LSTM
)

// Gates returns the number of gates: how many rows of a weight belong to each hidden unit.
func (k RecurrentKind) Gates() int {
	switch k {
	case LSTM:
		return 4
	case GRU:
		return 3
	}
	return 1
}

// Recurrenter is implemented by devices with kernels for the steps of a recurrent layer of float32 or float64.
type Recurrenter interface {
	// RecurrentLayer computes the hidden states of all steps from the first states and the products of the inputs
	// with their weight.
	RecurrentLayer(r *Recurrence)
	// RecurrentLayerGrad computes the gradients of these products and of the first states.
	RecurrentLayerGrad(r *Recurrence)
}

// Recurrence has the arguments of one layer and direction. There are N rows, those of the first step first, and B
// sequences, the longest first. H and P are the numbers of elements of c and h, G is that of gates times H. All
// arrays are contiguous, and WeightHH has at least one element.
type Recurrence struct {
	Kind         RecurrentKind
	Reverse      bool // from the last step to the first
	Steps, Batch int
	Sizes        []int // rows of each step, which do not increase; nil: Batch

	WeightHH *Array // (G, P)
	WeightHR *Array // (P, H), the projection of an LSTM, or nil

	// What RecurrentLayer reads and writes. RecurrentLayerGrad reads Gates, HiddenN, PrevH and PrevC.
	BiasHH       *Array // (G,), or nil
	Gates        *Array // (N, G): the products before, the gates after RecurrentLayer. For RNNTanh and RNNReLU it is Y.
	Y            *Array // (N, P): the result, h of every step
	H, C         *Array // (B, P), (B, H): the first states, and the last ones after RecurrentLayer. C is for LSTM, and so in the following.
	HiddenN      *Array // (N, H): for GRU, the recurrent part of n
	PrevH, PrevC *Array // (N, P), (N, H): the states before each step; RecurrentLayer does not write them if they are nil
	M            *Array // (N, H): o·tanh(c), if there is a projection

	// What RecurrentLayerGrad reads and writes.
	DY     *Array // (N, P), the gradient of Y, or nil
	DGates *Array // (N, G), the gradient of the products
	DHH    *Array // (N, G), the gradient of the recurrent products; DGates except for GRU
	DH, DC *Array // (B, P), (B, H): the gradients of the last states, and those of the first after RecurrentLayerGrad
	DOut   *Array // (N, P): the gradient of every h, if there is a projection
}
