package models

// untied reports whether the weights have an embedding and an output layer with different values. Such a model is not
// tied, whatever config.json says: transformers 5 writes that T5 1.1 is tied, and reads it in this way.
func (f *Folder) untied(embedding, output string) (bool, error) {
	a, ok := f.weights.Info(embedding)
	b, both := f.weights.Info(output)
	if !ok || !both || len(a.Shape) != len(b.Shape) {
		return false, nil // what is missing or misshapen is reported when the weights are loaded
	}
	for i, n := range a.Shape {
		if b.Shape[i] != n {
			return false, nil
		}
	}
	x, err := f.weights.Tensor(embedding)
	if err != nil {
		return false, err
	}
	y, err := f.weights.Tensor(output)
	if err != nil || x.Len() == 0 {
		return false, err
	}
	return x.NotEqual(y).Any().Item() != 0, nil
}
