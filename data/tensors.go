package data

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// TensorDataset is a dataset whose samples are the rows of tensors. It holds a copy of them in the host's memory.
type TensorDataset struct {
	n       int
	columns []column
}

// NewTensorDataset returns the dataset whose sample i is (fields[0][i], fields[1][i], …), usually x and y. It panics unless
// the tensors have the same first dimension.
func NewTensorDataset(fields ...tensor.Tensor) *TensorDataset {
	if len(fields) == 0 {
		fail("NewTensorDataset", "at least one tensor is needed")
	}
	d := &TensorDataset{}
	for i, t := range fields {
		shape := t.Shape()
		if shape.Rank() == 0 {
			fail("NewTensorDataset", fmt.Sprintf("tensor %d is a single number: there is no dimension to take samples along", i))
		}
		if i == 0 {
			d.n = shape.Dim(0)
		} else if shape.Dim(0) != d.n {
			fail("NewTensorDataset", fmt.Sprintf("tensor %d has %d samples, tensor 0 has %d", i, shape.Dim(0), d.n))
		}
		f := Field{t.DType(), tensor.ShapeOf(shape.Dims()[1:]...)}
		d.columns = append(d.columns, column{Field: f, size: f.bytes(), raw: t.Bytes()})
	}
	return d
}

// Len returns the number of samples.
func (d *TensorDataset) Len() int { return d.n }

// Fields describes the rows of the tensors.
func (d *TensorDataset) Fields() []Field {
	fields := make([]Field, len(d.columns))
	for i, c := range d.columns {
		fields[i] = c.Field
	}
	return fields
}

// Read copies row i of each tensor. It never fails.
func (d *TensorDataset) Read(i int, s *Sample) error {
	for f := range d.columns {
		c := &d.columns[f]
		copy(s.Bytes(f), c.raw[i*c.size:][:c.size])
	}
	return nil
}
