package gateway

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// A form that is due by the clock alone, as at the end of the opening hours, is told to
// whose message it refuses.
func TestARefusedMessageTellsOfTheForm(t *testing.T) {
	d := openDoor(t, func(c *config.Config, _ *pacing) { c.Sites["shop"].Widget.Rating = config.RateStars })
	c, _ := d.enter(newSecret(), nil)
	d.cfg.Sites["shop"].Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldEmail, Required: true}}}
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "hello"})
	flow := await[wire.Flow](c, wire.TypeFlow)
	if flow.Form == nil || flow.Form.ID != "start" {
		t.Errorf("told: %+v", flow)
	}
}
