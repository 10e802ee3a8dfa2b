package gateway

import (
	"net/http"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// proactiveAsset is the chunk that shows proactive messages.
const proactiveAsset = "proactive"

// proactive is when a message is shown, as the widget reads it; its words are by language.
type proactive struct {
	Name  string   `json:"name"`
	Pages []string `json:"pages,omitempty"`
	// After is in milliseconds, Media a list of media queries, of which one has to hold.
	After    int64           `json:"after,omitempty"`
	Media    string          `json:"media,omitempty"`
	Visitors config.Visitors `json:"visitors"`
	Once     config.Once     `json:"once"`
}

func proactiveOf(w *config.Widget) (all []proactive) {
	for _, p := range w.Proactive {
		told := proactive{Name: p.Name, Pages: p.Pages, After: time.Duration(p.After).Milliseconds(), Visitors: p.Visitors, Once: p.Once}
		var media []string
		for _, device := range p.Devices {
			media = append(media, mediaOf(device))
		}
		told.Media = strings.Join(media, ",")
		all = append(all, told)
	}
	return all
}

// firstWords are what the messages say in a language, by their names; those that say
// nothing in it are not shown to who reads it. Nil for nothing at all.
func firstWords(w *config.Widget, l config.Language) (said map[string]string) {
	for _, p := range w.Proactive {
		if text := p.Text.In(l); strings.TrimSpace(text) != "" {
			if said == nil {
				said = map[string]string{}
			}
			said[p.Name] = text
		}
	}
	return said
}

// serveDismissed counts that somebody sent a proactive message away.
func (g *Gateway) serveDismissed(w http.ResponseWriter, r *http.Request) error {
	var said wire.Dismissed
	site, err := g.readPost(w, r, &said)
	if err != nil {
		return err
	}
	if err := g.dialog.Dismissed(r.Context(), site, said.Name); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
