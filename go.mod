module github.com/lamina-ml/lamina

go 1.25

require golang.org/x/sys v0.41.0
