package gateway

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// flow is what stands beside the talk now, in the language of the widget.
func (c *conversation) flow(ctx context.Context) (wire.Flow, error) {
	now, err := c.g.dialog.Flow(ctx, c.in)
	if err != nil {
		return wire.Flow{}, err
	}
	return flowIn(&c.site.Widget, c.language, now), nil
}

// flowIn is what stands beside the talk, in a language.
func flowIn(widget *config.Widget, l config.Language, now dialog.Flow) wire.Flow {
	told := wire.Flow{Person: now.Person, Called: now.Called}
	for _, link := range widget.Links(l) {
		told.Channels = append(told.Channels, wire.Channel(link))
	}
	if r := now.Rate; r != nil {
		told.Rate = &wire.Rated{Closing: r.Closed.UnixMilli(), Of: r.Of, Text: r.Word}
		if r.Given {
			told.Rate.Score = &r.Score
		}
	}
	if f := now.Form; f != nil {
		told.Form = &wire.Asked{ID: f.ID, Title: widget.Words(f.Title, l), Message: f.WithMessage}
		for _, field := range f.Fields {
			asked := wire.Field{Name: field.Variable(), Type: string(field.Type), Label: widget.Words(field.Label, l), Required: field.Required, Max: field.Limit()}
			for _, choice := range field.Choices {
				asked.Choices = append(asked.Choices, widget.Words(choice, l))
			}
			told.Form.Fields = append(told.Form.Fields, asked)
		}
	}
	return told
}

// fill takes a form or a rating. The answer goes out when it is on disk.
func (c *conversation) fill(ctx context.Context, frame any) error {
	if _, wait := c.g.limits.messages.Take(c.in.Visitor, time.Now()); wait > 0 {
		return tooFast("You write faster than this chat can take.", wait)
	}
	var e chat.Entry
	var err error
	switch f := frame.(type) {
	case *wire.Form:
		e, err = c.g.dialog.Fill(ctx, c.in, f.Client, f.ID, f.Values)
	case *wire.Rate:
		e, err = c.g.dialog.Rate(ctx, c.in, f.Client, time.UnixMilli(f.Closing), f.Score, f.Text)
	}
	if err != nil {
		return err
	}
	c.answer(&wire.Ack{T: wire.TypeAck, Client: *wire.ClientOf(frame), ID: e.ID, Seq: e.Seq, At: e.At.UnixMilli()})
	return nil
}
