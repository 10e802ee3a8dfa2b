package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Proactive is what is said to a visitor first, in a small bubble beside the button: the
// first in the list whose conditions all hold.
type Proactive struct {
	// Name is that of the statistics, for ever: other words under the same name are the
	// same message to who has dismissed it.
	Name string `yaml:"name"`
	Text Text   `yaml:"text"`
	// Pages are patterns of addresses, as in Hide; none for all pages.
	Pages []string `yaml:"pages"`
	// After is how long the page has to be visible.
	After   Duration `yaml:"after"`
	Devices []Device `yaml:"devices"`
	// Visitors are those who see it.
	Visitors Visitors `yaml:"visitors"`
	// Once is what it comes once in after it was opened or dismissed.
	Once Once `yaml:"once"`
}

// Visitors are visitors by whether their browser has used the chat before: nothing else
// is known of them before they press something.
type Visitors string

// The kinds of visitors; empty is NewVisitors.
const (
	NewVisitors       Visitors = "new"
	ReturningVisitors Visitors = "returning"
	AllVisitors       Visitors = "all"
)

// Once is a span of a visitor's life.
type Once string

// The spans, as in the chains' trigger "page"; empty is OncePerVisitor.
const (
	OncePerVisitor Once = "visitor"
	OncePerVisit   Once = "visit"
)

const (
	mostProactive     = 20
	mostProactiveText = 240
	mostAfter         = time.Hour
)

var proactiveName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// defaults fills in what a message has without a word about it.
func (p *Proactive) defaults() {
	if p.Visitors == "" {
		p.Visitors = NewVisitors
	}
	if p.Once == "" {
		p.Once = OncePerVisitor
	}
}

func (d *document) validateProactive(all []Proactive, path string) {
	if n := len(all); n > mostProactive {
		d.fault(path, "%s: at most %d messages can be named, not %d.", path, mostProactive, n)
	}
	seen := map[string]bool{}
	for i := range all {
		p, at := &all[i], fmt.Sprintf("%s[%d]", path, i)
		p.defaults()
		switch {
		case !proactiveName.MatchString(p.Name):
			d.fault(at+".name", "%s.name must be 1 to 32 of a-z, 0-9, - and _, and begin with a letter or digit.", at)
		case seen[p.Name]:
			d.fault(at+".name", "%s.name: there are two messages of the name %s.", at, p.Name)
		}
		seen[p.Name] = true
		d.validateProactiveText(p.Text, at+".text")
		d.patterns(at+".pages", p.Pages)
		d.devices(at+".devices", p.Devices)
		d.span(at+".after", p.After, 0, mostAfter)
		oneOf(d, at+".visitors", p.Visitors, NewVisitors, ReturningVisitors, AllVisitors)
		oneOf(d, at+".once", p.Once, OncePerVisitor, OncePerVisit)
	}
}

func (d *document) validateProactiveText(text Text, at string) {
	said := false
	for language, words := range text {
		said = said || strings.TrimSpace(words) != ""
		if n := utf8.RuneCountInString(words); n > mostProactiveText {
			d.fault(join(at, string(language)), "%s has %d characters; it may have %d.", at, n, mostProactiveText)
		} else if strings.ContainsFunc(words, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			d.fault(join(at, string(language)), "%s must be text without control characters.", at)
		}
	}
	if !said {
		d.fault(at, "%s must say something.", at)
	}
}

// PagePattern is a pattern of a page's address as browsers write that: the host in small
// letters and in ASCII, without the usual port, and always with a path.
func PagePattern(pattern string) string {
	scheme, rest, whole := strings.Cut(pattern, "://")
	if !whole {
		return pattern
	}
	host, path := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	scheme, host = strings.ToLower(scheme), strings.ToLower(host)
	plain, wild := strings.CutPrefix(host, "*.")
	if name, err := url.Parse("x://" + plain); err == nil && name.User == nil && !strings.Contains(plain, "*") {
		if ascii, ok := asciiHost(name.Hostname()); ok {
			plain = ascii
			if name.Port() != "" {
				plain += ":" + name.Port()
			}
		}
	}
	if wild {
		plain = "*." + plain
	}
	if !strings.HasPrefix(path, "/") && !strings.HasSuffix(plain, "*") {
		path = "/" + path
	}
	return canonicalOrigin(scheme, plain) + path
}

// patterns checks patterns of pages' addresses, and brings them into the form of PagePattern.
func (d *document) patterns(path string, patterns []string) {
	if n := len(patterns); n > mostHidden {
		d.fault(path, "%s: at most %d patterns can be named, not %d.", path, mostHidden, n)
	}
	for i, pattern := range patterns {
		u, err := url.Parse(strings.ReplaceAll(pattern, "*", "x"))
		if err != nil || len(pattern) > mostPattern || !strings.HasPrefix(pattern, "/") && pattern != "*" && u.Host == "" {
			d.fault(fmt.Sprintf("%s[%d]", path, i), "%s: %q is no pattern for a page: write /cart*, https://example.com/cart*, or \"*\" for every page.", path, pattern)
		} else if strings.Contains(pattern, "#") || u.Host == "" && strings.Contains(pattern, "?") {
			d.fault(fmt.Sprintf("%s[%d]", path, i), "%s: %q fits no page: without https:// it is of the path alone, and never of what stands behind a #.", path, pattern)
		} else if said := PagePattern(pattern); said != pattern { // else it may be a site's own, which others read
			patterns[i] = said
		}
	}
}

// devices checks kinds of devices.
func (d *document) devices(path string, devices []Device) {
	seen := map[Device]bool{}
	for i, device := range devices {
		at := fmt.Sprintf("%s[%d]", path, i)
		if oneOf(d, at, device, Phone, Tablet, Desktop) && seen[device] {
			d.fault(at, "%s names %s twice.", path, device)
		}
		seen[device] = true
	}
}
