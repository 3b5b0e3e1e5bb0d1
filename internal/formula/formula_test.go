package formula

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"testing"
)

// TestFormulasTranslate holds formulas to the part of Go that other languages have too.
func TestFormulasTranslate(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "formula.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	formulas := map[string]bool{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			formulas[f.Name.Name] = true
		}
	}
	if len(formulas) < 10 {
		t.Fatalf("only %d formulas were found", len(formulas))
	}
	inMath := []string{"Abs", "Erfc", "Exp", "Expm1", "Log1p", "Max", "Min", "Sqrt", "Tanh", "Sqrt2", "Pi"}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			fine := true
			switch n := n.(type) {
			case nil, *ast.BlockStmt, *ast.ReturnStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.CaseClause, *ast.BinaryExpr, *ast.UnaryExpr,
				*ast.ParenExpr, *ast.Ident, *ast.BasicLit, *ast.IndexExpr:
			case *ast.AssignStmt:
				fine = n.Tok == token.DEFINE && len(n.Lhs) == 1
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok {
					fine = formulas[name.Name]
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				fine = ok && pkg.Name == "math" && slices.Contains(inMath, n.Sel.Name)
			default:
				fine = false
			}
			if !fine {
				t.Errorf("%s: %s: a formula has no %T of this kind", fset.Position(n.Pos()), f.Name.Name, n)
			}
			return true
		})
	}
}

// TestDerivatives compares each derivative with differences of its function.
func TestDerivatives(t *testing.T) {
	for name, f := range map[string]struct {
		f, derivative func(float64, P) float64
		p             P
		kinks         []float64
	}{
		"GELU":        {GELU, GELUDerivative, P{}, nil},
		"GELUTanh":    {GELUTanh, GELUTanhDerivative, P{}, nil},
		"SiLU":        {SiLU, SiLUDerivative, P{}, nil},
		"Mish":        {Mish, MishDerivative, P{}, nil},
		"Softplus":    {Softplus, SoftplusDerivative, P{1.5, 20}, nil},
		"LogSigmoid":  {LogSigmoid, LogSigmoidDerivative, P{}, nil},
		"ELU":         {ELU, ELUDerivative, P{0.7}, []float64{0}},
		"SELU":        {SELU, SELUDerivative, P{}, []float64{0}},
		"CELU":        {CELU, CELUDerivative, P{0.7}, nil},
		"Softsign":    {Softsign, SoftsignDerivative, P{}, nil},
		"LeakyReLU":   {LeakyReLU, LeakyReLUDerivative, P{0.2}, []float64{0}},
		"Hardtanh":    {Hardtanh, HardtanhDerivative, P{-1, 2}, []float64{-1, 2}},
		"Hardswish":   {Hardswish, HardswishDerivative, P{}, []float64{-3, 3}},
		"Hardsigmoid": {Hardsigmoid, HardsigmoidDerivative, P{}, []float64{-3, 3}},
		"SmoothL1":    {SmoothL1, SmoothL1Derivative, P{0.7}, nil},
		"Huber":       {Huber, HuberDerivative, P{0.7}, nil},
	} {
		const h = 1e-5
		for x := -6.0; x <= 6; x += 0.0625 {
			if slices.Contains(f.kinks, x) {
				continue
			}
			want := (f.f(x+h, f.p) - f.f(x-h, f.p)) / (2 * h)
			if got := f.derivative(x, f.p); math.Abs(got-want) > 1e-5 {
				t.Errorf("%s: the derivative at %v is %v, differences give %v", name, x, got, want)
			}
		}
	}
}
