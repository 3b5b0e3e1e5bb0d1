module github.com/lamina-ml/lamina/internal/asmgen

go 1.25
