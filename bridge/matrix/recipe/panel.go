package recipe

import (
	"net/url"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// TypeWidget is the state event by which clients show a page beside a room, as Element
// and matrix-widget-api have it (MSC1236); the content is a Widget.
var TypeWidget = event.Type{Type: "im.vector.modular.widgets", Class: event.StateEventType} //nolint:gochecknoglobals // a constant of the protocol

// PanelKey is the state key and the widget's id in every room. Clients remember by the
// id what an operator allowed the panel.
const PanelKey = "chat.anteroom.panel"

// Widget is a page beside a room. Without a URL there is none.
type Widget struct {
	ID      string     `json:"id,omitempty"`
	Type    string     `json:"type,omitempty"`
	URL     string     `json:"url,omitempty"`
	Name    string     `json:"name,omitempty"`
	Creator id.UserID  `json:"creatorUserId,omitempty"`
	Data    WidgetData `json:"data,omitzero"`
}

// WidgetData is what clients show behind the name.
type WidgetData struct {
	Title string `json:"title,omitempty"`
}

// Panel is the operators' panel of a site. Clients fill in what begins with $: theme
// and language where the server may see them, who and where in the fragment, which it
// does not.
func Panel(cfg *config.Config, site *config.Site) Widget {
	return Widget{
		ID: PanelKey, Type: "m.custom", Name: "Anteroom", Creator: cfg.BotUserID(), Data: WidgetData{Title: site.Name},
		URL: strings.TrimSuffix(cfg.Gateway.PublicURL, "/") + "/panel/" + url.PathEscape(string(site.ID)) +
			"?theme=$org.matrix.msc2873.client_theme&lang=$org.matrix.msc2873.client_language" +
			"#room=$matrix_room_id&user=$matrix_user_id",
	}
}
