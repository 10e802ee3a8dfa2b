package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// CODES.md has each code that a finding can have, and no other.
func TestEveryCodeOfAFindingIsWritten(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("CODES.md")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		for _, code := range regexp.MustCompile("`([a-z_]+\\.[a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			if slices.Contains(written, code[1]) {
				t.Errorf("%s is written twice", code[1])
			}
			written = append(written, code[1])
		}
	}
	whole, areas, ends := codesOf(t)
	for _, code := range whole {
		if !slices.Contains(written, code) {
			t.Errorf("%s is not written", code)
		}
	}
	for _, code := range written {
		area, what, _ := strings.Cut(code, ".")
		if !slices.Contains(whole, code) && !slices.Contains(areas, area+".") && !slices.Contains(ends, "."+what) {
			t.Errorf("nothing finds %s", code)
		}
	}
	for _, part := range slices.Concat(areas, ends) {
		if !slices.ContainsFunc(written, func(code string) bool { return strings.HasPrefix(code, part) || strings.HasSuffix(code, part) }) {
			t.Errorf("no code with %q is written", part)
		}
	}
}

// codesOf reads the package for the codes of findings: those that stand there whole, and
// the beginnings and ends of those that are put together.
func codesOf(t *testing.T) (whole, areas, ends []string) {
	t.Helper()
	files := token.NewFileSet()
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name.Name(), ".go") || strings.HasSuffix(name.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if given, ok := n.(*ast.ReturnStmt); ok && len(given.Results) > 1 {
				if code, ok := given.Results[1].(*ast.BasicLit); ok && strings.Contains(code.Value, ".") {
					whole = append(whole, text(t, code))
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			called, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, ok := map[string]int{"fail": 0, "note": 0, "add": 1}[called.Sel.Name]
			if !ok || len(call.Args) <= at {
				return true
			}
			switch code := call.Args[at].(type) {
			case *ast.BasicLit:
				whole = append(whole, text(t, code))
			case *ast.BinaryExpr:
				for left, ok := code.X.(*ast.BinaryExpr); ok; left, ok = code.X.(*ast.BinaryExpr) {
					code = left // a + b + c is (a + b) + c
				}
				if first, ok := code.X.(*ast.BasicLit); ok {
					areas = append(areas, text(t, first))
				} else if last, ok := code.Y.(*ast.BasicLit); ok && called.Sel.Name != "add" {
					ends = append(ends, text(t, last))
				}
			}
			return true
		})
	}
	if len(whole) < 50 || len(areas) < 5 {
		t.Fatalf("only %d codes and %d areas were found", len(whole), len(areas))
	}
	return whole, areas, ends
}

func text(t *testing.T, literal *ast.BasicLit) string {
	t.Helper()
	s, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
