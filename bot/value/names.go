package value

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// name is the form of a variable's name; the site's pages and operators keep to the same.
var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// ValidName reports whether a variable can have that name: letters, digits and _, at most 64.
func ValidName(s string) bool { return name.MatchString(s) }

// System is a name that every chain can read.
type System struct {
	Name string
	Type Type
	// Doc says in English what it is.
	Doc string
	// Contact is true for what a chain can also set.
	Contact bool
}

// Systems are the names that every chain can read, in the order of the manual.
func Systems() []System {
	return []System{
		{"name", Text, "what operators call the visitor", true},
		{"email", Text, "the visitor's e-mail address", true},
		{"phone", Text, "the visitor's phone number", true},
		{"language", Text, "the language of the visitor's browser, such as en or ru", false},
		{"place.city", Text, "the city where the visitor seems to be", false},
		{"place.country", Text, "the country where the visitor seems to be, in the language of the site", false},
		{"place.country_code", Text, "that country's code, such as DE (ISO 3166-1 alpha-2)", false},
		{"device", Text, "desktop, mobile or tablet", false},
		{"browser", Text, "browser and system", false},
		{"page.url", Text, "the address of the page that the visitor is on", false},
		{"page.title", Text, "the title of that page", false},
		{"page.referrer", Text, "where the visitor came from", false},
		{"last_message", Text, "what the visitor wrote last", false},
		{"visits", Number, "how often the visitor has come, 1 at the first time", false},
		{"tags", List, "the visitor's tags", false},
		{"now", Date, "the present moment", false},
		{"hours.open", Boolean, "whether it is within the site's opening hours", false},
		{"operators.online", Number, "how many operators are on duty", false},
		{"assistant.active", Boolean, "whether the site has an assistant that can answer now", false},
		{"subscribed", Boolean, "whether the visitor takes messages that it did not ask for", false},
		{"response.status", Number, "the HTTP status of the chain's latest request, 0 when it had no answer", false},
		{"site.id", Text, "the site's key in the configuration", false},
		{"site.name", Text, "the site's name", false},
	}
}

// Names are all that an expression can name.
type Names struct {
	variables map[string]Type
	constants []string
	secrets   []string
	read      map[string]bool
	// zones are the time zones that were asked for; there are no more than the
	// machine knows.
	zones *sync.Map
}

// NewNames returns the names of the system, of a site's constants (read as
// site.NAME) and of its secrets, which only requests may name.
func NewNames(constants, secrets []string) *Names {
	return &Names{
		variables: map[string]Type{}, read: map[string]bool{}, constants: sorted(constants), secrets: sorted(secrets), zones: &sync.Map{},
	}
}

// Declare makes a variable known. It returns the type that the variable has
// already, which may be another one; the first declaration holds.
func (n *Names) Declare(variable string, t Type) Type {
	if known, ok := n.variables[variable]; ok {
		return known
	}
	n.variables[variable] = t
	return t
}

// With returns names among which there is one more variable.
func (n *Names) With(variable string, t Type) *Names {
	more := *n
	more.variables = maps.Clone(n.variables)
	more.variables[variable] = t
	return &more
}

// IsRead reports whether an expression that was compiled names a variable.
func (n *Names) IsRead(variable string) bool { return n.read[variable] }

// reading notes the names that an expression reads, and a constant that there is not.
type reading struct {
	names   *Names
	read    map[string]bool
	unknown *Fault
}

// Visit notes one name.
func (r *reading) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.read[n.Value] = true
		if n.Value == "$env" { // all names at once
			r.unknown = &Fault{Text: `there is no variable "$env"`, Offset: n.Location().From}
		}
	case *ast.CallNode:
		if method, ok := n.Callee.(*ast.MemberNode); ok {
			r.called(method)
		}
	case *ast.MemberNode:
		if t := n.Node.Type(); t == reflect.TypeFor[time.Time]() {
			r.called(n)
		}
		of, ofName := n.Node.(*ast.IdentifierNode)
		key, isName := n.Property.(*ast.StringNode)
		if ofName && isName && of.Value == "site" && !slices.Contains(r.names.site(), "site."+key.Value) {
			name := "site." + key.Value
			r.unknown = &Fault{Text: fmt.Sprintf("there is no constant %q%s", name, source.Suggest(name, r.names.site())), Offset: of.Location().From}
		}
	}
}

// methods are those of dates and time spans that an expression may call: what does
// not depend on the machine.
func methods() []string {
	return []string{
		"Year", "Month", "Day", "Hour", "Minute", "Second", "Weekday", "YearDay", "Unix", "Format", "Add", "AddDate", "Sub", "Before", "After",
		"Equal", "IsZero", "Hours", "Minutes", "Seconds", "String",
	}
}

// called notes a method that no expression may call.
func (r *reading) called(method *ast.MemberNode) {
	if name, ok := method.Property.(*ast.StringNode); ok && !slices.Contains(methods(), name.Value) {
		r.unknown = &Fault{Text: fmt.Sprintf("there is no function %q%s", name.Value, source.Suggest(name.Value, methods())), Offset: method.Location().From}
	}
}

// site are the names of what every site has, and of this one's constants.
func (n *Names) site() []string {
	names := []string{"site.id", "site.name"}
	for _, c := range n.constants {
		names = append(names, "site."+c)
	}
	return names
}

// TypeOf returns the type of a variable, or of a contact's name.
func (n *Names) TypeOf(variable string) (Type, bool) {
	if IsContact(variable) {
		return Text, true
	}
	t, ok := n.variables[variable]
	return t, ok
}

// IsContact reports whether a name is one of the contact's own.
func IsContact(variable string) bool {
	return variable == "name" || variable == "email" || variable == "phone"
}

// IsReserved reports whether a chain cannot have a variable of that name.
func IsReserved(variable string) bool {
	return slices.Contains(reserved(), variable) || slices.ContainsFunc(Systems(), func(s System) bool { return s.Name == variable && !s.Contact })
}

// reserved are words with dotted names below them, and those of expr.
func reserved() []string {
	return []string{
		"place", "page", "hours", "operators", "assistant", "site", "event", "secret", "response",
		"not", "in", "and", "or", "let", "if", "else", "true", "false", "nil", "matches", "contains", "startsWith", "endsWith",
	}
}

// Variables are the visitor's own names that were declared, sorted.
func (n *Names) Variables() []string { return slices.Sorted(maps.Keys(n.variables)) }

// all are the names for a suggestion.
func (n *Names) all() []string {
	names := n.Variables()
	for _, s := range Systems() {
		names = append(names, s.Name)
	}
	names = append(names, n.site()...)
	names = append(names, functions()...)
	slices.SortFunc(names, cmp.Compare[string])
	return names
}
