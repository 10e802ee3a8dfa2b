// Package examples holds chains to begin with: those of a shop, a clinic and a
// software company, in English and Russian, as their owners would write them, and
// those of the same company with an assistant that answers. The demo runs the first
// three; the conversations in testdata show what they do.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed shop clinic software assistant
var files embed.FS

// Names are the sets that need nothing else, as they are called by Set.
func Names() []string { return []string{"shop", "clinic", "software"} }

// Assisted are the sets for a site that has an assistant called support.
func Assisted() []string { return []string{"assistant"} }

// Set is the folder of a set's chains and pictures.
func Set(name string) (fs.FS, error) {
	set, err := fs.Sub(files, name)
	if err == nil {
		_, err = fs.Stat(set, ".")
	}
	if err != nil {
		return nil, fmt.Errorf("example chains of %q: %w", name, err)
	}
	return set, nil
}
