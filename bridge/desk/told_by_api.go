package desk

import (
	"context"
	"strconv"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// ToldByAPI says in a dialog's room what a program did there, and in the site's desk that
// a dialog is no more.
func (d *Desk) ToldByAPI(ctx context.Context, site *config.Site, v store.Visitor, did api.Act) error {
	if did.What == api.Erased {
		return d.tell(ctx, site, did.Origin, d.say(site, deedKey(did.What), markup.Values{"number": strconv.FormatInt(v.Number, 10), "by": did.By}))
	}
	values := markup.Values{"by": did.By, "to": did.To}
	if !did.Until.IsZero() {
		values["until"] = dialog.When(site, did.Until)
	}
	text := d.say(site, deedKey(did.What), values)
	content := chat.Content{Text: text.Plain, HTML: text.HTML}
	if did.What == api.Assigned {
		content.Mentions = []string{did.To}
	}
	return d.dialog.Notice(ctx, v.ID, did.Origin, content)
}

func deedKey(did api.Deed) key { return "api_" + key(did) }
