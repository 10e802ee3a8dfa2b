package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Panel says where a site's operators have the panel, a page about visitors and
// deals that Matrix clients show beside a room.
type Panel struct {
	Enabled bool `yaml:"enabled"`
	// DeskRoom adds the panel to the desk's room as a room widget, DialogRooms to
	// the room of every dialog.
	DeskRoom    bool `yaml:"desk_room"`
	DialogRooms bool `yaml:"dialog_rooms"`
	// Clients are the pages that may show the panel in a frame, as sources of the
	// Content Security Policy's frame-ancestors: origins, "https://*.example.com",
	// a scheme such as "vector:", or "*" for every page of the web. Without any the
	// panel is a page of its own alone.
	Clients []string `yaml:"clients"`
}

// defaultPanel lets any web client and Element Desktop (whose scheme is vector:) show
// the panel. A foreign page that frames it gains nothing: the browser parts the
// panel's storage by the page around it, so no session is there, and a new one needs
// an operator's own OpenID token or one-time link.
func defaultPanel() Panel {
	return Panel{Enabled: true, DeskRoom: true, Clients: []string{"*", "vector:"}}
}

// clientScheme is a whole scheme as a source.
var clientScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,31}:$`)

// mostClients is how many sources one header names.
const mostClients = 50

func (d *document) validatePanel(p *Panel, path string) {
	if n := len(p.Clients); n > mostClients {
		d.fault(path+".clients", "%s.clients: at most %d clients can be named, not %d.", path, mostClients, n)
	}
	seen := map[string]bool{}
	for i, client := range p.Clients {
		at := fmt.Sprintf("%s.clients[%d]", path, i)
		client = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(client), "/"))
		p.Clients[i] = client
		switch {
		case !isClient(client):
			d.fault(at, "%s.clients: %q names no client: write its origin like https://app.element.io, a scheme like vector:, or \"*\" for every web page.", path, p.Clients[i])
		case seen[client]:
			d.fault(at, "%s.clients names %s twice.", path, client)
		}
		seen[client] = true
	}
}

// isClient reports whether a source can stand in the header: nothing that ends it or
// begins another one can.
func isClient(source string) bool {
	if source == "*" {
		return true
	}
	if clientScheme.MatchString(source) {
		// These have no origin that a page could be held to.
		return source != "data:" && source != "blob:" && source != "javascript:" && source != "filesystem:"
	}
	u, err := url.Parse(source)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || source != u.Scheme+"://"+u.Host {
		return false
	}
	host := strings.TrimPrefix(u.Hostname(), "*.")
	return hostName.MatchString(host) || strings.HasPrefix(u.Host, "[")
}
