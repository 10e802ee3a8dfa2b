package desk

import (
	"context"
	"slices"
	"strconv"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// ToldByAPI says in a dialog's room what a program, or an operator in the panel, did
// there, and in the site's desk that a dialog is no more.
func (d *Desk) ToldByAPI(ctx context.Context, site *config.Site, v store.Visitor, did api.Act) error {
	if did.What == api.Erased {
		return d.tell(ctx, site, did.Origin, d.say(site, deedKey(did), markup.Values{"number": strconv.FormatInt(v.Number, 10), "by": did.By}))
	}
	values := markup.Values{"by": did.By, "to": did.To}
	if !did.Until.IsZero() {
		values["until"] = dialog.When(site, did.Until)
	}
	text := d.say(site, deedKey(did), values)
	content := chat.Content{Text: text.Plain, HTML: text.HTML}
	if did.What == api.Assigned && did.To != did.By {
		var err error
		if content.Mentions, err = d.toldAssigned(ctx, site, v, did); err != nil {
			return err
		}
	}
	return d.dialog.Notice(ctx, v.ID, did.Origin, content)
}

// toldAssigned tells who was given a dialog by somebody else. From one operator to
// another it is handed over, which rings in the desk; what a program gives away rings in
// the dialog's room: whom it returns, who is on duty.
func (d *Desk) toldAssigned(ctx context.Context, site *config.Site, v store.Visitor, did api.Act) (mentions []string, err error) {
	to := id.UserID(did.To)
	if did.Panel {
		return nil, d.handOver(ctx, site, v, did.Origin, to, id.UserID(did.By))
	}
	onDuty, err := d.dialog.Rung(ctx, site, to)
	if slices.Contains(onDuty, to) {
		mentions = []string{did.To}
	}
	return mentions, err
}

// deedKey is the text of a deed, in the words of who did it.
func deedKey(did api.Act) key {
	if did.Panel {
		return "panel_" + key(did.What)
	}
	return "api_" + key(did.What)
}
