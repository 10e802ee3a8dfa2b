package dialog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// tellBot keeps something for the bot to hear, in the transaction in which it
// happens. The same key is heard once. Sites whose bot is off keep nothing.
func (s *Service) tellBot(ctx context.Context, v chat.VisitorID, key string, e talk.Event) error {
	if wasHeard(ctx) {
		return nil
	}
	visitor, err := s.store.Visitor(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || visitor.Desk || s.bot.chains.of(visitor.Site) == nil {
		return err
	}
	event, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write what the bot is to hear: %w", err)
	}
	fresh, err := s.store.AddBotInput(ctx, v, store.BotInput{Key: key, Event: string(event), At: now()})
	if err == nil && fresh {
		store.AfterCommit(ctx, func() { s.bot.turns.wake(v) })
	}
	return err
}

// pageKey begins the keys of what a page says under keys of its own.
const pageKey = "page:"

// saidToBot tells the bot what a visitor wrote or pressed.
func (s *Service) saidToBot(ctx context.Context, e chat.Entry) error {
	if e.Kind != chat.Message {
		return nil
	}
	c := e.Content
	event := talk.Event{Kind: talk.Said, Text: c.Text}
	if c.File != nil {
		event.File = &talk.File{Name: c.File.Name, Type: c.File.Type, Size: c.File.Size}
	}
	if c.Location != nil {
		event.Location = &talk.Location{Latitude: c.Location.Latitude, Longitude: c.Location.Longitude}
	}
	if a := c.Answer; a != nil {
		offer, err := s.store.Entry(ctx, e.Visitor, a.Entry)
		if err != nil || offer.Content.Offer == nil {
			return err // removed in this very moment: a press of nothing
		}
		step := offer.Content.Offer.Step
		if a.Button != nil {
			event.Kind, event.Press = talk.Pressed, &talk.Press{Step: step, Button: *a.Button, Text: c.Text}
		} else {
			event.Reply, event.ReplyTo = a.Value, step
		}
	}
	return s.tellBot(ctx, e.Visitor, saidKey+string(e.ID), event)
}

func startOf(chain string) talk.Event { return talk.Event{Kind: talk.Started, Name: chain} }

// Opened tells the bot that a visitor opened the chat's window.
func (s *Service) Opened(ctx context.Context, in Session) error {
	if _, wanted := s.PageTriggers(in.Site.ID); !wanted {
		return nil
	}
	return s.tellBot(ctx, in.Visitor, "opened:"+string(chat.NewEntryID()), talk.Event{Kind: talk.Opened})
}

// Visited tells the bot that what a chain waits for on a page came true. The same
// Client again changes nothing, nor does a trigger that there is not any more.
func (s *Service) Visited(ctx context.Context, in Session, client chat.ClientID, trigger string) error {
	triggers, _ := s.PageTriggers(in.Site.ID)
	for _, t := range triggers {
		if t.Key == trigger {
			return s.tellBot(ctx, in.Visitor, pageKey+string(client), talk.Event{Kind: talk.Visited, Trigger: trigger})
		}
	}
	return nil
}

// Limits of an event of a page: characters of its name, bytes of its values as
// JSON, and how many there are.
const (
	maxEventName   = 64
	maxEventData   = 4 << 10
	maxEventValues = 50
)

// Happened tells the bot of an event that the page named. The same Client again
// changes nothing.
func (s *Service) Happened(ctx context.Context, in Session, client chat.ClientID, name string, data map[string]any) error {
	name = plain.Line(name, maxEventName+1)
	if plain.Blank(name) || utf8.RuneCountInString(name) > maxEventName {
		return chat.Errorf(chat.CodeBadFrame, "An event's name has 1 to %d characters.", maxEventName)
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false) // as browsers count it
	if err := encoder.Encode(data); err != nil || encoded.Len()-len("\n") > maxEventData || len(data) > maxEventValues {
		return chat.Errorf(chat.CodeTooLarge, "An event has at most %d values and %d bytes.", maxEventValues, maxEventData)
	}
	for _, value := range data {
		switch value.(type) {
		case string, float64, bool:
		default:
			return chat.Errorf(chat.CodeBadFrame, "An event's values are strings, numbers and booleans.")
		}
	}
	return s.tellBot(ctx, in.Visitor, pageKey+string(client), talk.Event{Kind: talk.Happened, Name: name, Data: data})
}

// changedForBot tells the bot that somebody else has set variables of a visitor.
func (s *Service) changedForBot(ctx context.Context, v chat.VisitorID, names ...string) error {
	slices.Sort(names)
	for _, name := range names {
		if err := s.tellBot(ctx, v, once("changed"), talk.Event{Kind: talk.Changed, Name: name}); err != nil {
			return err
		}
	}
	return nil
}

// once is a key of something that has none of its own.
func once(what string) string { return what + ":" + string(chat.NewEntryID()) }
