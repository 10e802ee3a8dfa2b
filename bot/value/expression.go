package value

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// MaxExpression is the most characters of an expression.
const MaxExpression = 1000

// Expression is a compiled one.
type Expression struct {
	Source  string
	program *vm.Program
}

// Fault says what is wrong in an expression: Text is a clause, Offset the
// character where it is.
type Fault struct {
	Text   string
	Offset int
}

// Error is the clause.
func (f *Fault) Error() string { return f.Text }

// Faults are all that is wrong in the expressions of a text.
type Faults []*Fault

// Error are the clauses.
func (all Faults) Error() string {
	clauses := make([]string, len(all))
	for i, f := range all {
		clauses[i] = f.Text
	}
	return strings.Join(clauses, "; ")
}

// Names are what the expression reads, sorted.
func (x *Expression) Names() []string {
	names := &reading{names: &Names{}, read: map[string]bool{}}
	node := x.program.Node()
	ast.Walk(&node, names)
	return slices.Sorted(maps.Keys(names.read))
}

// Condition compiles an expression that is true or false.
func (n *Names) Condition(text string) (*Expression, error) { return n.compile(text, expr.AsBool()) }

// Compile compiles an expression of any type.
func (n *Names) Compile(text string) (*Expression, error) { return n.compile(text, expr.AsAny()) }

func (n *Names) compile(text string, more expr.Option) (*Expression, error) {
	if len(text) > MaxExpression {
		return nil, &Fault{Text: fmt.Sprintf("an expression has at most %d characters", MaxExpression)}
	}
	if strings.TrimSpace(text) == "" {
		return nil, &Fault{Text: "an expression is missing here"}
	}
	names := &reading{names: n, read: n.read}
	program, err := expr.Compile(text, append(n.options(), expr.Patch(names), more)...)
	switch {
	case err != nil:
		return nil, n.fault(err)
	case names.unknown != nil:
		return nil, names.unknown
	}
	return &Expression{Source: text, program: program}, nil
}

var (
	unknownName  = regexp.MustCompile(`^unknown name (\S+)`)
	unknownField = regexp.MustCompile(`^type \S+ has no (?:field|method) (\S+)`)
)

// wrongType is what expr says when it computes with a value of another type than is
// needed, in the words of Go.
var wrongType = regexp.MustCompile(`^(?:interface conversion|invalid (?:operation|argument)|cannot (?:fetch|get|slice|use)|operator "in"|reflect)`)

// fault says what expr found, with the name that was meant.
func (n *Names) fault(err error) error {
	f := &Fault{Text: strings.ReplaceAll(err.Error(), "\n", " ")}
	if at, ok := errors.AsType[*file.Error](err); ok {
		f.Text, f.Offset = at.Message, at.From
	}
	if strings.HasPrefix(f.Text, "unexpected token EOF") {
		f.Text = "the expression ends where a value is expected"
	}
	for _, form := range []*regexp.Regexp{unknownName, unknownField} {
		if m := form.FindStringSubmatch(f.Text); m != nil {
			f.Text = fmt.Sprintf("there is no variable %q%s", m[1], source.Suggest(m[1], n.all()))
		}
	}
	return f
}

// Type is the type of the result as far as it is known before; "" when not.
func (x *Expression) Type() Type {
	t := x.program.Node().Type()
	switch {
	case t == nil:
		return ""
	case t == reflect.TypeFor[time.Time]():
		return Date
	}
	switch t.Kind() {
	case reflect.String:
		return Text
	case reflect.Float64, reflect.Int:
		return Number
	case reflect.Bool:
		return Boolean
	case reflect.Slice:
		return List
	default:
		return ""
	}
}

// constant is the name of the site's constant that the expression is, or "".
func (x *Expression) constant() string {
	member, ok := x.program.Node().(*ast.MemberNode)
	if !ok {
		return ""
	}
	of, isName := member.Node.(*ast.IdentifierNode)
	name, isPlain := member.Property.(*ast.StringNode)
	if !isName || !isPlain || of.Value != "site" {
		return ""
	}
	return name.Value
}

// written are the texts between which the expression chooses, if it does nothing
// more than that: all that it can give stands in the file. Nil if it is another one.
func (x *Expression) written() []string {
	choice, ok := x.program.Node().(*ast.ConditionalNode)
	if !ok {
		return nil
	}
	yes, isText := choice.Exp1.(*ast.StringNode)
	no, areTexts := choice.Exp2.(*ast.StringNode)
	if !isText || !areTexts {
		return nil
	}
	return []string{yes.Value, no.Value}
}

// Eval computes the value. It never panics; the error is a clause.
func (x *Expression) Eval(e *Env) (any, error) {
	v, err := expr.Run(x.program, e.values)
	if err != nil {
		if f, ok := e.names.fault(err).(*Fault); ok && !wrongType.MatchString(f.Text) { //nolint:errorlint // never wrapped here
			return nil, f
		}
		return nil, &Fault{Text: "a value in " + show(strings.TrimSpace(x.Source)) + " is missing, or of another type than is needed there"}
	}
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case int:
		return float64(v), nil
	case time.Duration:
		return v.Seconds(), nil
	default:
		return v, nil
	}
}

// True computes a condition.
func (x *Expression) True(e *Env) (bool, error) {
	v, err := x.Eval(e)
	if err != nil {
		return false, err
	}
	yes, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("%s is neither true nor false", show(v))
	}
	return yes, nil
}
