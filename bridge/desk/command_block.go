package desk

import (
	"context"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
)

// block shuts a visitor out, and on demand everybody from its address too.
func (d *Desk) block(ctx context.Context, c call) (markup.Text, error) {
	withAddress, err := d.blockArgument(c)
	if err != nil {
		return markup.Text{}, err
	}
	blocked, err := d.store.Blocked(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	said := blockedAlready
	if !blocked {
		said = blockedNow
		if err := d.dialog.Block(ctx, c.Visitor.ID, true); err != nil {
			return markup.Text{}, err
		}
	}
	if !withAddress {
		return d.say(c.Site, said, nil), nil
	}
	fresh, known, err := d.dialog.BlockAddress(ctx, c.Visitor)
	switch {
	case err != nil:
		return markup.Text{}, err
	case !known:
		return markup.Lines(d.say(c.Site, said, nil), d.say(c.Site, noAddress, d.storing())), nil
	case fresh:
		return d.say(c.Site, blockedAddress, nil), nil
	default:
		return d.say(c.Site, blockedAddressAlready, nil), nil
	}
}

// unblock lets a visitor in again, and on demand its address too.
func (d *Desk) unblock(ctx context.Context, c call) (markup.Text, error) {
	withAddress, err := d.blockArgument(c)
	if err != nil {
		return markup.Text{}, err
	}
	blocked, err := d.store.Blocked(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	said := unblockedAlready
	if blocked {
		said = unblockedNow
		if err := d.dialog.Block(ctx, c.Visitor.ID, false); err != nil {
			return markup.Text{}, err
		}
	}
	shut, err := d.store.BlockedFor(ctx, c.Visitor.ID)
	switch {
	case err != nil || !shut:
		return d.say(c.Site, said, nil), err
	case !withAddress:
		return d.say(c.Site, addressStillBlocked, nil), nil
	default:
		return d.say(c.Site, unblockedAddress, nil), d.dialog.UnblockAddress(ctx, c.Visitor)
	}
}

func (d *Desk) blockArgument(c call) (withAddress bool, err error) {
	switch strings.ToLower(c.argument) {
	case "":
		return false, nil
	case "address":
		return true, nil
	default:
		return false, wrong(badBlock, markup.Values{"word": excerpt(c.argument, maxWord)})
	}
}

// storing says why there is no address: the config may not want any.
func (d *Desk) storing() markup.Values {
	if d.cfg.Gateway.StoreAddresses {
		return nil
	}
	return markup.Values{"off": "gateway.store_addresses"}
}
