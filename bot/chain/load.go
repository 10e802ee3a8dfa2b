package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Options are what a folder's chains may count on beside themselves.
type Options struct {
	// Constants are the site's, read as site.NAME; Secrets are the names of those
	// that requests may use.
	Constants map[string]string
	Secrets   []string
	// Assistants are those that the step gpt may name, and what they may do.
	Assistants []Assistant
	// Languages are those that texts should have, when they have more than one.
	Languages []string
}

// The most chains of a folder, and steps of a chain.
const (
	MaxChains = 500
	MaxSteps  = 1000
)

// chainName is the form of a chain's and a label's name.
var chainName = regexp.MustCompile(`^[\pL\pN][\pL\pN_-]{0,63}$`)

// Load reads all *.yaml and *.yml files of a folder, links and checks them. Files that
// begin with a dot or an underscore are left out, and files that are links out of the
// folder refused. The set is nil if any of the faults is more than a warning. A folder that is nil has
// no files: the set then has the chains of the assistants alone.
func Load(folder fs.FS, o Options) (*Set, source.Faults) {
	s, faults := Check(folder, o)
	if len(faults.Errors()) > 0 {
		return nil, faults
	}
	return s, faults
}

// Check is Load, and returns also a set with faults. Such a one can be counted and
// looked at. It cannot be run if something in it could not be read or compiled.
func Check(folder fs.FS, o Options) (*Set, source.Faults) {
	s := &Set{
		Names:     value.NewNames(slices.Collect(maps.Keys(o.Constants)), o.Secrets),
		constants: o.Constants, byName: map[string]*Chain{},
	}
	c := &checker{set: s, options: o, folder: folder, lines: map[string][]string{}, given: map[string]source.Pos{}}
	c.readAll()
	c.link()
	c.whole = len(c.faults.Errors()) == 0
	c.assist()
	c.declare()
	c.checkAll()
	s.time()
	return s, c.faults.Sort()
}

// checker reads and checks one set.
type checker struct {
	set     *Set
	options Options
	folder  fs.FS
	lines   map[string][]string
	faults  source.Faults
	// whole is true if all files could be read, and all that they name is there.
	whole bool
	// given are the places where variables get values, or are declared.
	given map[string]source.Pos
}

// fault notes what is wrong; warn, what is only doubtful. The format is one sentence.
func (c *checker) fault(at source.Pos, code, format string, args ...any) {
	c.note(at, false, code, format, args...)
}

func (c *checker) warn(at source.Pos, code, format string, args ...any) {
	c.note(at, true, code, format, args...)
}

func (c *checker) note(at source.Pos, warning bool, code, format string, args ...any) {
	f := source.Fault{Pos: at, Code: code, Text: fmt.Sprintf(format, args...), Warning: warning}
	if lines := c.lines[at.File]; at.Line >= 1 && at.Line <= len(lines) {
		f.Source = lines[at.Line-1]
	}
	c.faults = append(c.faults, f)
}

func (c *checker) readAll() {
	if c.folder == nil {
		return
	}
	entries, err := fs.ReadDir(c.folder, ".")
	if err != nil {
		c.fault(source.Pos{File: "."}, "no_folder", "The folder of chains cannot be read: %s.", source.Reason(err))
		return
	}
	for _, entry := range entries {
		name, isChain := chainFile(entry.Name())
		switch {
		case !isChain || entry.IsDir():
			continue
		case !chainName.MatchString(name):
			c.fault(source.Pos{File: entry.Name()}, "bad_name", "A chain's file name is made of letters, digits, - and _, at most 64, and ends in .yaml.")
		case c.set.byName[name] != nil:
			c.fault(source.Pos{File: entry.Name()}, "chain_twice", "There are two files of the chain %q; keep one of them.", name)
		case len(c.set.Chains) == MaxChains:
			c.fault(source.Pos{File: entry.Name()}, "too_many_chains", "The folder has more than %d chains.", MaxChains)
			return
		default:
			c.read(name, entry.Name())
		}
	}
}

// chainFile tells the name of the chain in a file; files that begin with a dot or
// an underscore are none.
func chainFile(file string) (name string, ok bool) {
	ending := path.Ext(file)
	if ending != ".yaml" && ending != ".yml" || strings.HasPrefix(file, ".") || strings.HasPrefix(file, "_") {
		return "", false
	}
	return strings.TrimSuffix(file, ending), true
}

func (c *checker) read(name, file string) {
	data, err := source.ReadFile(c.folder, file)
	if errors.Is(err, source.ErrOutside) {
		c.fault(source.Pos{File: file}, "outside_folder", source.OutsideText)
		return
	}
	if err != nil {
		c.fault(source.Pos{File: file}, "unreadable", "The file cannot be read: %s.", source.Reason(err))
		return
	}
	c.lines[file] = source.Lines(strings.TrimPrefix(string(data), "\ufeff"))
	sum := sha256.Sum256(data)
	chain := &Chain{Name: name, Hash: hex.EncodeToString(sum[:8]), steps: map[string]*Step{}, labels: map[string]*Step{}}
	c.faults = append(c.faults, source.Read(file, data, chain)...)
	c.set.Chains = append(c.set.Chains, chain)
	c.set.byName[name] = chain
}

// Schema is the JSON Schema of a chain's file.
func Schema() ([]byte, error) {
	return source.Schema(reflect.TypeFor[Chain](), "https://anteroom.chat/chain.schema.json", "Anteroom chain",
		"A scripted conversation of the bot: triggers that start it, and steps. The file's name is the chain's.")
}
