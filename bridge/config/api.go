package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// API says which programs may read and change what a site keeps.
type API struct {
	Tokens []APIToken `yaml:"tokens"`
}

// APIToken is one program's way in.
type APIToken struct {
	// Name says whose it is; it stands in the history of what the program did.
	Name string `yaml:"name"`
	// Hash is "sha256-" and 64 hexadecimal digits, as "anteroom token" prints it: the
	// token itself stands nowhere.
	Hash   string  `yaml:"hash"`
	Scopes []Scope `yaml:"scopes"`
}

// Scope is something that a token allows.
type Scope string

// The scopes.
const (
	ContactsRead   Scope = "contacts:read"
	ContactsWrite  Scope = "contacts:write"
	ContactsExport Scope = "contacts:export" // all that is known of a contact, with what was said
	ContactsErase  Scope = "contacts:erase"
	DealsRead      Scope = "deals:read"
	DealsWrite     Scope = "deals:write"
	DialogsWrite   Scope = "dialogs:write"
	MessagesRead   Scope = "messages:read"
	MessagesWrite  Scope = "messages:write"
	StatsRead      Scope = "stats:read"
)

// Scopes are all of them.
func Scopes() []Scope {
	return []Scope{
		ContactsRead, ContactsWrite, ContactsExport, ContactsErase, DealsRead, DealsWrite, DialogsWrite, MessagesRead, MessagesWrite, StatsRead,
	}
}

var (
	tokenName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,31}$`)
	tokenHash = regexp.MustCompile(`^sha256-[0-9a-f]{64}$`)
)

// mostAPITokens is how many programs one site has.
const mostAPITokens = 50

func (d *document) validateAPI(api *API, path string) {
	if n := len(api.Tokens); n > mostAPITokens {
		d.fault(path+".tokens", "%s.tokens: at most %d tokens can be kept, not %d.", path, mostAPITokens, n)
	}
	names, hashes := map[string]bool{}, map[string]bool{}
	for i := range api.Tokens {
		t, at := &api.Tokens[i], fmt.Sprintf("%s.tokens[%d]", path, i)
		switch {
		case !tokenName.MatchString(t.Name):
			d.fault(at+".name", "%s.name: %q cannot name a program: use 1 to 32 letters, digits, spaces, dots, _ and -.", at, t.Name)
		case names[t.Name]:
			d.fault(at+".name", "%s.name: %q is taken already.", at, t.Name)
		}
		switch {
		case !tokenHash.MatchString(t.Hash):
			d.fault(at+".hash", `%s.hash is not what "anteroom token" prints: sha256- and 64 digits. The token itself must not stand here.`, at)
		case hashes[t.Hash]:
			d.fault(at+".hash", "%s.hash is that of another token: make one for each program.", at)
		}
		names[t.Name], hashes[t.Hash] = true, true
		if len(t.Scopes) == 0 {
			d.fault(at+".scopes", "%s.scopes is empty: name what the program may do, such as contacts:read.", at)
		}
		for j, scope := range t.Scopes {
			if !slices.Contains(Scopes(), scope) {
				d.fault(fmt.Sprintf("%s.scopes[%d]", at, j), "%s.scopes: there is no %q; there is %s.", at, scope, listed(Scopes()))
			}
		}
	}
}

func listed(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
