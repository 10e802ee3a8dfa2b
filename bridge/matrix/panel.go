package matrix

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
)

// whatPanel is the panel beside a room, by the room's id and its content; empty for none.
const whatPanel = "panel"

// settlePanel shows the panel beside a room that is to have it, and takes it away from
// one that is not any more. Clients ask an operator once more what was allowed already
// when the event comes again, so it is sent when it changed, and only then: not after
// our own books were lost either.
func (m *Matrix) settlePanel(ctx context.Context, c *conversation) error {
	var want recipe.Widget
	value := ""
	if p := c.site.Panel; p.Enabled && (c.who.Desk && p.DeskRoom || !c.who.Desk && p.DialogRooms) {
		want = recipe.Panel(m.cfg, c.site)
		content, err := json.Marshal(want)
		if err != nil {
			return err
		}
		value = string(c.room) + " " + string(content)
	}
	return m.attempt(ctx, string(c.visitor), whatPanel, value, func(ctx context.Context) error {
		bot := m.hs.as(m.cfg.BotUserID())
		var now recipe.Widget
		if err := bot.StateEvent(ctx, c.room, recipe.TypeWidget, recipe.PanelKey, &now); err != nil && outcome(err) != noRoom {
			return fmt.Errorf("look at the panel of %s: %w", c.room, err)
		}
		if now == want {
			return nil
		}
		return second(bot.SendStateEvent(ctx, c.room, recipe.TypeWidget, recipe.PanelKey, want))
	})
}
