package chain

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/typo"
)

// unused looks for what nothing uses.
func (c *checker) unused() {
	c.idleChains()
	if len(c.faults.Errors()) == 0 { // else it may be what a mistyped name meant
		c.idleVariables()
		c.idleFiles()
	}
}

// idleChains are those that nothing starts.
func (c *checker) idleChains() {
	started := map[*Chain]bool{}
	for _, chain := range c.set.Chains {
		started[chain] = started[chain] || len(chain.On) > 0
		for _, s := range chain.order {
			for _, to := range successors(s) {
				started[to.Chain] = started[to.Chain] || to.Chain != chain
			}
		}
	}
	for _, a := range c.set.assistants {
		for _, to := range a.leads() {
			started[to.to.Chain] = true
		}
	}
	for _, chain := range c.set.Chains {
		if !started[chain] {
			c.warn(chain.Pos, "never_started", "Only an operator's !run %s starts this chain: it has no trigger under on, and no chain goes to it.", chain.Name)
		}
	}
}

// idleVariables are those that are declared and never read, and those whose name
// looks like a slip for one that is read. Any other variable may be set for the
// operators, who see them all.
func (c *checker) idleVariables() {
	read := []string{"name", "email", "phone"}
	var idle []string
	for _, name := range c.set.Names.Variables() {
		if c.set.Names.IsRead(name) || c.waitedFor(name) {
			read = append(read, name)
		} else {
			idle = append(idle, name)
		}
	}
	for _, name := range idle {
		const short = 4 // in a shorter word a slip makes another word
		near := ""
		if len(name) >= short {
			near = typo.Nearest(name, read, 1)
		}
		switch {
		case near != "":
			c.warn(c.given[name], "unread_variable", "The variable %q is read nowhere (did you mean %q?).", name, near)
		case c.declared(name):
			c.warn(c.given[name], "unread_variable", "The variable %q is declared here and read nowhere.", name)
		}
	}
}

func (c *checker) declared(variable string) bool {
	return slices.ContainsFunc(c.set.Chains, func(chain *Chain) bool { return chain.Variables[variable] != nil })
}

// waitedFor reports whether a trigger waits for a variable.
func (c *checker) waitedFor(variable string) bool {
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			if v, ok := g.do.(*variableTrigger); ok && v.Variable == variable {
				return true
			}
		}
	}
	return false
}

// idleFiles are pictures and the like of the folder that no file names.
func (c *checker) idleFiles() {
	if c.folder == nil {
		return
	}
	media := []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".mp4", ".webm", ".mp3", ".ogg", ".m4a", ".pdf"}
	const most = 2000 // files to look at
	seen := 0
	_ = fs.WalkDir(c.folder, ".", func(file string, entry fs.DirEntry, err error) error {
		switch seen++; {
		case err != nil || seen > most:
			return fs.SkipDir
		case entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains(media, strings.ToLower(path.Ext(file))) || c.mentioned(file):
			return nil
		}
		c.warn(source.Pos{File: file}, "unused_file", "No chain shows this file.")
		return nil
	})
}

// mentioned reports whether a chain's file holds a name.
func (c *checker) mentioned(file string) bool {
	for _, lines := range c.lines {
		if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, file) }) {
			return true
		}
	}
	return false
}
