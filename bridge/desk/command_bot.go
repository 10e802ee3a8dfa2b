package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// bot switches the bot of a dialog, or says how it stands.
func (d *Desk) bot(ctx context.Context, c call) (markup.Text, error) {
	word, rest, _ := strings.Cut(strings.ToLower(c.argument), " ")
	rest = strings.TrimSpace(rest)
	stands, err := d.store.Dialog(ctx, c.Visitor.ID)
	switch {
	case err != nil:
		return markup.Text{}, err
	case !c.Site.Bot.Enabled:
		return d.say(c.Site, noBot, nil), nil
	case stands.Status == store.StatusClosed && (word == "gpt" || word == "continue"):
		return d.say(c.Site, closedOpenFirst, nil), nil // or it would speak where nobody looks
	}
	switch word {
	case "", "status":
		return d.botStands(c.Site, stands.Bot), nil
	case "off":
		return d.botOff(ctx, c, rest)
	case "gpt":
		return d.botGPT(ctx, c, rest)
	case "on", "continue":
		return d.botOn(ctx, c, stands.Bot, word == "continue")
	default:
		return markup.Text{}, wrong(badSwitch, markup.Values{"word": excerpt(word, maxWord)})
	}
}

func (d *Desk) botOn(ctx context.Context, c call, stands store.BotSwitch, goesOn bool) (markup.Text, error) {
	if goesOn && !c.Answered {
		some, err := d.dialog.CanContinue(ctx, c.Visitor.ID)
		if err != nil {
			return markup.Text{}, err
		}
		if some {
			return d.say(c.Site, botContinues, nil), d.dialog.Continue(ctx, c.Visitor.ID, string(c.Event))
		}
	}
	said := botOnNow
	switch {
	case stands.On(d.dialog.Now()):
		return d.say(c.Site, botOnAlready, nil), nil
	case goesOn:
		said = botNothingToContinue
	}
	return d.say(c.Site, said, nil), d.dialog.LetBotSpeak(ctx, c.Visitor.ID)
}

// botGPT hands a dialog to an assistant.
func (d *Desk) botGPT(ctx context.Context, c call, name string) (markup.Text, error) {
	names := c.Site.AssistantNames()
	values := markup.Values{"name": excerpt(name, maxWord), "assistants": strings.Join(names, ", ")}
	switch {
	case len(names) == 0:
		return d.say(c.Site, noAssistant, nil), nil
	case name == "" && len(names) > 1:
		if always := c.Site.AlwaysAnswers(); always != nil {
			name = always.Name
			break
		}
		return d.say(c.Site, whichAssistant, values), nil
	case name == "":
		name = names[0]
	case !slices.Contains(names, name):
		values["near"] = typo.Meant(name, names)
		return markup.Lines(d.say(c.Site, noSuchAssistant, values), d.say(c.Site, whichAssistant, values)), nil
	}
	if c.Answered { // it has talked since, and is not to begin anew
		return markup.Text{}, d.dialog.LetBotSpeak(ctx, c.Visitor.ID)
	}
	values["name"] = named(c.Site, name)
	return d.say(c.Site, assistantTalks, values), d.dialog.HandToAssistant(ctx, c.Visitor.ID, name, string(c.Event))
}

func (d *Desk) botOff(ctx context.Context, c call, span string) (markup.Text, error) {
	var length time.Duration
	if span = strings.TrimSpace(span); span != "" {
		var err error
		if length, err = parseSpan(span); err != nil {
			return markup.Text{}, wrong(badSpan, markup.Values{"word": excerpt(span, maxWord)})
		}
	}
	if err := d.dialog.SilenceBot(ctx, c.Visitor.ID, c.Sender, length); err != nil {
		return markup.Text{}, err
	}
	stands, err := d.store.Dialog(ctx, c.Visitor.ID)
	return d.botSilent(c.Site, stands.Bot), err
}

// botSilent says that the bot makes way, and until when.
func (d *Desk) botSilent(site *config.Site, b store.BotSwitch) markup.Text {
	if b.OffUntil.IsZero() {
		return d.say(site, botOffUntilClosed, nil)
	}
	return d.say(site, botOffUntil, markup.Values{"until": dialog.When(site, b.OffUntil)})
}

func (d *Desk) botStands(site *config.Site, b store.BotSwitch) markup.Text {
	if b.On(d.dialog.Now()) {
		return d.say(site, botIsOn, nil)
	}
	values := markup.Values{"since": dialog.When(site, b.OffSince), "by": string(b.By)}
	if !b.OffUntil.IsZero() {
		values["until"] = dialog.When(site, b.OffUntil)
	}
	if b.By == d.cfg.BotUserID() {
		return d.say(site, botHasHandedOff, values)
	}
	return d.say(site, botIsOff, values)
}

// TookOver says once in a dialog's room that the bot makes way for an operator.
func (d *Desk) TookOver(ctx context.Context, site *config.Site, v chat.VisitorID, word string) error {
	stands, err := d.store.Dialog(ctx, v)
	if err != nil {
		return err
	}
	text := d.botSilent(site, stands.Bot)
	return d.dialog.Notice(ctx, v, "bot off:"+word, chat.Content{Text: text.Plain, HTML: text.HTML})
}

// mostSpan is the longest time that a command may name.
const mostSpan = 365 * 24 * time.Hour

// parseSpan reads a time span like 30m, 6h, 1h30m or 2d.
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok && !strings.ContainsAny(days, "smh") {
		span, err := time.ParseDuration(days + "h")
		return checkSpan(24*span, errors.Join(err, checkDays(span)))
	}
	return checkSpan(time.ParseDuration(s))
}

// checkDays keeps a number of days from overflowing.
func checkDays(hours time.Duration) error {
	if hours > mostSpan {
		return errSpan
	}
	return nil
}

var errSpan = errors.New("the span is too short or too long")

func checkSpan(span time.Duration, err error) (time.Duration, error) {
	if err == nil && (span < time.Minute || span > mostSpan) {
		err = errSpan
	}
	return span, err
}
