package value

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// eventOrEmpty lets the value of an event that the page did not give be empty, as a
// variable is, where the expression tells of what type it is: beside a text or a
// number, and in functions of texts.
type eventOrEmpty struct{}

// Visit replaces such a value by itself or what is empty.
func (eventOrEmpty) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		beside(&n.Left, n.Right)
		beside(&n.Right, n.Left)
	case *ast.BuiltinNode:
		if slices.Contains(ofTexts(), n.Name) && len(n.Arguments) > 0 {
			beside(&n.Arguments[0], &ast.StringNode{})
		}
	}
}

// ofTexts are the functions whose first argument is a text.
func ofTexts() []string {
	return []string{"trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "replace", "indexOf", "hasPrefix", "hasSuffix"}
}

// beside makes the empty value of an event of the type of what stands beside it.
func beside(node *ast.Node, other ast.Node) {
	if of, ok := (*node).(*ast.MemberNode); !ok || !isEvent(of.Node) {
		return
	}
	var empty ast.Node
	switch kind := kindOf(other); kind {
	case reflect.String:
		empty = &ast.StringNode{}
	case reflect.Int, reflect.Float64:
		empty = &ast.FloatNode{}
	default:
		return
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: eitherName}, Arguments: []ast.Node{*node, empty}})
}

func isEvent(node ast.Node) bool {
	name, ok := node.(*ast.IdentifierNode)
	return ok && name.Value == "event"
}

func kindOf(node ast.Node) reflect.Kind {
	switch node.(type) {
	case *ast.StringNode:
		return reflect.String
	case *ast.IntegerNode, *ast.FloatNode:
		return reflect.Float64
	}
	if t := node.Type(); t != nil {
		return t.Kind()
	}
	return reflect.Invalid
}
