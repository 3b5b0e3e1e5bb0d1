module example.com/outside

go 1.25

require github.com/lamina-ml/lamina v0.0.0

require golang.org/x/sys v0.41.0 // indirect

replace github.com/lamina-ml/lamina => ../..
