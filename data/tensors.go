package data

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// TensorDataset is a dataset whose samples are the rows of tensors: torch.utils.data.TensorDataset. It holds a copy
// of the tensors in host memory.
type TensorDataset struct {
	n       int
	columns []column
}

// NewTensorDataset returns a dataset whose sample i is (fields[0][i], fields[1][i], …), usually x and y. It panics if
// there is no tensor, if a tensor is a scalar, or if the first dimensions differ.
func NewTensorDataset(fields ...tensor.Tensor) *TensorDataset {
	if len(fields) == 0 {
		fail("NewTensorDataset", "got no tensors, want at least one")
	}
	d := &TensorDataset{}
	for i, t := range fields {
		shape := t.Shape()
		if shape.Rank() == 0 {
			fail("NewTensorDataset", fmt.Sprintf("tensor %d is a scalar, want at least one dimension: samples are its rows", i))
		}
		if i == 0 {
			d.n = shape.Dim(0)
		} else if shape.Dim(0) != d.n {
			fail("NewTensorDataset", fmt.Sprintf("tensor %d has %d samples, want %d as tensor 0 has", i, shape.Dim(0),
				d.n))
		}
		f := Field{t.DType(), tensor.ShapeOf(shape.Dims()[1:]...)}
		d.columns = append(d.columns, column{Field: f, size: f.bytes(), raw: t.Bytes()})
	}
	return d
}

// Len returns the number of samples.
func (d *TensorDataset) Len() int { return d.n }

// Fields returns the type and shape of a row of each tensor.
func (d *TensorDataset) Fields() []Field {
	fields := make([]Field, len(d.columns))
	for i, c := range d.columns {
		fields[i] = c.Field
	}
	return fields
}

// Read copies row i of each tensor. Its error is always nil.
func (d *TensorDataset) Read(i int, s *Sample) error {
	for f := range d.columns {
		c := &d.columns[f]
		copy(s.Bytes(f), c.raw[i*c.size:][:c.size])
	}
	return nil
}
