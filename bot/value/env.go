package value

import (
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

type place struct {
	City    string `expr:"city"`
	Country string `expr:"country"`
	Code    string `expr:"country_code"`
}

type page struct {
	URL      string `expr:"url"`
	Title    string `expr:"title"`
	Referrer string `expr:"referrer"`
}

type hours struct {
	Open bool `expr:"open"`
}

type operators struct {
	Online float64 `expr:"online"`
}

type assistant struct {
	Active bool `expr:"active"`
}

type response struct {
	Status float64 `expr:"status"`
}

// Env are the values of all names at a moment.
type Env struct {
	names  *Names
	zone   *time.Location
	values map[string]any
}

// Now are what an environment holds beside the facts.
type Now struct {
	Facts     talk.Facts
	At        time.Time
	Constants map[string]string // read as site.NAME
	Last      string            // last_message
	// Subscribed is whether the visitor takes messages that it did not ask for.
	Subscribed bool
	// Event are the values of a page's event.
	Event map[string]any
}

// Env returns the values of all names.
func (n *Names) Env(now Now) *Env {
	f := now.Facts
	zone := n.zone(f.Zone)
	site := map[string]string{}
	for name, value := range now.Constants {
		site[name] = value
	}
	tags := f.Tags
	if tags == nil {
		tags = []string{}
	}
	event := now.Event
	if event == nil {
		event = map[string]any{}
	}
	const system = 32 // more than there are below
	values := make(map[string]any, system+len(n.variables))
	for name, value := range map[string]string{
		"name": f.Name, "email": f.Email, "phone": f.Phone, "language": base(f.Language), "device": string(f.Device), "browser": f.Browser,
		"last_message": now.Last,
	} {
		values[name] = value
	}
	values["place"], values["page"] = place{f.City, f.Country, f.CountryCode}, page{f.Page.URL, f.Page.Title, f.Page.Referrer}
	values["visits"], values["tags"], values["now"] = float64(f.Visits), tags, now.At.In(zone)
	values["hours"], values["operators"], values["assistant"] = hours{f.Open}, operators{float64(f.Operators)}, assistant{f.Assistant}
	values["subscribed"], values["site"], values["event"], values["response"] = now.Subscribed, site, event, response{}
	e := &Env{names: n, zone: zone, values: values}
	for variable, t := range n.variables {
		e.values[variable] = t.Read(f.Variables[variable], zone)
	}
	return e
}

// zone is a time zone by its IANA name, or UTC. Its rules are read from the disk once.
func (n *Names) zone(name string) *time.Location {
	known, _ := n.zones.Load(name)
	if zone, ok := known.(*time.Location); ok {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || zone == time.Local { // the machine's zone is nobody's
		return time.UTC
	}
	n.zones.Store(name, zone)
	return zone
}

// Zone is the visitor's time zone.
func (e *Env) Zone() *time.Location { return e.zone }

// Set gives a variable a new value, from the form that Keep returns.
func (e *Env) Set(variable, kept string) {
	t, ok := e.names.TypeOf(variable)
	if ok {
		e.values[variable] = t.Read(kept, e.zone)
	}
}

// SetTags changes what is read as tags.
func (e *Env) SetTags(tags []string) { e.values["tags"] = tags }

// SetSubscribed changes what is read as subscribed.
func (e *Env) SetSubscribed(on bool) { e.values["subscribed"] = on }

// SetStatus changes what is read as response.status.
func (e *Env) SetStatus(status int) { e.values["response"] = response{float64(status)} }

// prototype tells expr the names and their types.
func (n *Names) prototype() map[string]any {
	constants := map[string]string{}
	for _, c := range n.constants {
		constants[c] = ""
	}
	return n.Env(Now{Constants: constants}).values
}

// functions are those of expr's own that a chain can call: what neither looks at
// a clock nor depends on the order of a map.
func functions() []string {
	return []string{
		"all", "none", "any", "one", "filter", "map", "find", "count", "sum", "len", "abs", "ceil", "floor",
		"round", "int", "float", "string", "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "replace",
		"join", "indexOf", "hasPrefix", "hasSuffix", "max", "min", "mean", "duration", "date", "first", "last", "get",
		"take", "reverse", "uniq", "concat", "sort",
	}
}

// options are how all expressions of these names are compiled.
func (n *Names) options() []expr.Option {
	const mostNodes = 1000
	options := []expr.Option{
		expr.Env(n.prototype()), expr.DisableAllBuiltins(), expr.MaxNodes(mostNodes), expr.Patch(orEmpty{}), expr.Patch(eventOrEmpty{}),
		expr.Function(eitherName, func(values ...any) (any, error) {
			if IsEmpty(values[0]) {
				return values[1], nil
			}
			return values[0], nil
		}, new(func(any, any) any)),
	}
	for _, f := range functions() {
		options = append(options, expr.EnableBuiltin(f))
	}
	return options
}

// eitherName cannot be written in an expression by hand.
const eitherName = "either ??"

// orEmpty lets ?? look for empty values, where expr's own looks for nil.
type orEmpty struct{}

// Visit replaces a ?? by a call.
func (orEmpty) Visit(node *ast.Node) {
	b, ok := (*node).(*ast.BinaryNode)
	if ok && b.Operator == "??" {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: eitherName}, Arguments: []ast.Node{b.Left, b.Right}})
	}
}

// SetEvent changes what is read as event.
func (e *Env) SetEvent(event map[string]any) {
	if event == nil {
		event = map[string]any{}
	}
	e.values["event"] = event
}
