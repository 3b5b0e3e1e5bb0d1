//go:build noasm || !(amd64 || arm64)

package conv

func kernels32() *kernels[float32] { return generic32 }
func kernels64() *kernels[float64] { return generic64 }
