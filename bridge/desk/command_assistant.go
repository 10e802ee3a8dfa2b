package desk

import (
	"context"
	"errors"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/lang"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// draft has the assistant propose an answer. The draft itself comes later, in a
// thread under the command, so nothing is said now.
func (d *Desk) draft(ctx context.Context, c call) (markup.Text, error) {
	return d.order(ctx, c, store.DraftErrand, nothingToAnswer)
}

// sumUp has the assistant sum the dialog up.
func (d *Desk) sumUp(ctx context.Context, c call) (markup.Text, error) {
	return d.order(ctx, c, store.SummaryErrand, nothingToSum)
}

// maxHint is the longest hint to a draft, in characters.
const maxHint = 1000

// order has the assistant write something; nothing is what is answered in a dialog
// in which the visitor has said nothing.
func (d *Desk) order(ctx context.Context, c call, kind store.ErrandKind, nothing key) (markup.Text, error) {
	if !d.dialog.Assists(c.Site) {
		return d.say(c.Site, noAssistant, nil), nil
	}
	if len([]rune(c.argument)) > maxHint {
		return markup.Text{}, wrong(tooLong, nil)
	}
	switch _, err := d.store.NewestOf(ctx, c.Visitor.ID, chat.Visitor, math.MaxInt64); {
	case errors.Is(err, store.ErrNotFound):
		return d.say(c.Site, nothing, nil), nil
	case err != nil:
		return markup.Text{}, err
	}
	return markup.Text{}, d.dialog.Ask(ctx, c.Visitor.ID, kind, dialog.Order{By: c.Sender, Event: c.Event, Hint: c.argument})
}

// translate switches the translation of a dialog, or says how it stands.
func (d *Desk) translate(ctx context.Context, c call) (markup.Text, error) {
	if !d.dialog.Assists(c.Site) {
		return d.say(c.Site, noAssistant, nil), nil
	}
	word, language, _ := strings.Cut(c.argument, " ")
	stands, err := d.store.Dialog(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	switch strings.ToLower(word) {
	case "":
		if stands.Translate == "" {
			return d.say(c.Site, translateIsOff, nil), nil
		}
		return d.say(c.Site, translateIsOn, d.languages(c.Site, stands.Translate)), nil
	case "off":
		if strings.TrimSpace(language) != "" {
			return markup.Text{}, wrong(needless, nil)
		}
		if was, err := d.dialog.StopTranslating(ctx, c.Visitor.ID); err != nil || !was {
			return d.say(c.Site, translateOffAlready, nil), err
		}
		return d.say(c.Site, translateOffNow, nil), nil
	case "on":
		return d.translateOn(ctx, c, strings.TrimSpace(language))
	default:
		return markup.Text{}, wrong(badTranslate, markup.Values{"word": excerpt(word, maxWord)})
	}
}

// translateOn begins to translate. The language is the visitor's; who names the
// operators' own, or none, means the one of the visitor's browser.
func (d *Desk) translateOn(ctx context.Context, c call, named string) (markup.Text, error) {
	ours := string(c.Site.Language)
	language, ok := ours, true
	if named != "" {
		language, ok = lang.Parse(named)
	}
	if !ok {
		return markup.Text{}, wrong(badLanguage, markup.Values{
			"word": excerpt(named, maxWord), "near": typo.Meant(plain.Cut(strings.ToLower(named), maxWord), lang.Names()),
		})
	}
	if lang.Same(language, ours) {
		language, ok = lang.Parse(lang.General(c.Visitor.Language))
	}
	if !ok || lang.Same(language, ours) {
		return d.say(c.Site, needLanguage, d.languages(c.Site, ours)), nil
	}
	if err := d.dialog.StartTranslating(ctx, c.Visitor.ID, language); err != nil {
		return markup.Text{}, err
	}
	return d.say(c.Site, translateOnNow, d.languages(c.Site, language)), nil
}

// languages are the names of the visitor's language and of the operators'.
func (*Desk) languages(site *config.Site, theirs string) markup.Values {
	ours := string(site.Language)
	return markup.Values{"theirs": lang.Name(theirs, ours), "ours": lang.Name(ours, ours)}
}

// SendMark is the reaction of an operator that sends a draft. The bot puts it there
// itself, so that a touch adds the operator's.
const SendMark = dialog.SendMark

// Wrote brings what the assistant wrote under the command, or to the message that it
// is a translation of.
func (d *Desk) Wrote(ctx context.Context, site *config.Site, v store.Visitor, w dialog.Written) error {
	if w.Kind == store.TranslationErrand {
		text, origin := d.introduced(site, toOperators, w.Text), "translation:"+string(w.Entry)
		if w.Failed != "" {
			text, origin = d.failed(site, w.Failed, unread, unreadThis), "unread:"+string(w.Entry)
		}
		return d.dialog.NoticeAbout(ctx, w.About, origin, chat.Content{Text: text.Plain, HTML: text.HTML})
	}
	origin, said := dialog.WrittenOrigin(w.Kind, w.Event), chat.Content{Thread: string(w.Event)}
	text := d.wrote(site, w)
	said.Text, said.HTML = text.Plain, text.HTML
	if w.Kind != store.DraftErrand || w.Failed != "" {
		return d.dialog.Notice(ctx, v.ID, origin, said)
	}
	said.Draft = &chat.Draft{Text: w.Text, For: string(w.Event)}
	if err := d.dialog.Notice(ctx, v.ID, origin, said); err != nil {
		return err
	}
	draft, err := d.dialog.NoticeOf(ctx, v.ID, origin)
	if err != nil {
		return err
	}
	return d.dialog.NoticeAbout(ctx, draft, "mark:"+origin, chat.Content{Key: SendMark})
}

// wrote is what an operator reads of a draft or a summary.
func (d *Desk) wrote(site *config.Site, w dialog.Written) markup.Text {
	switch {
	case w.Failed != "":
		return d.say(site, notWritten, markup.Values{"why": d.why(site, w.Failed), "detail": excerpt(w.Why, maxQuote)})
	case w.Kind == store.SummaryErrand:
		head := markup.Values{}
		if w.Left > 0 {
			head["left"] = strconv.Itoa(w.Left)
		}
		return markup.Lines(d.say(site, summaryHead, head), paragraphs(w.Text))
	}
	lines := []markup.Text{paragraphs(w.Text)}
	if w.Meaning != "" {
		lines = append(lines, d.say(site, draftMeaning, nil), paragraphs(w.Meaning))
	}
	if len(w.Sources) > 0 {
		titles := make([]string, len(w.Sources))
		for i, s := range w.Sources {
			titles[i] = plain.Line(s.Title, maxTitle)
		}
		lines = append(lines, d.say(site, draftSources, markup.Values{"titles": strings.Join(titles, ", ")}))
	}
	return markup.Lines(append(lines, d.say(site, draftHow, markup.Values{"mark": SendMark}))...)
}

// introduced is a text behind some words of ours.
func (d *Desk) introduced(site *config.Site, k key, text string) markup.Text {
	head, body := d.say(site, k, nil), paragraphs(text)
	return markup.Text{Plain: head.Plain + " " + body.Plain, HTML: head.HTML + " " + body.HTML}
}

// paragraphs is what others wrote, on as many lines.
func paragraphs(text string) markup.Text {
	text = strings.TrimSpace(plain.Clean(text))
	return markup.Text{Plain: text, HTML: strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")}
}

// why says why an assistant wrote nothing.
func (d *Desk) why(site *config.Site, f dialog.Failure) string {
	switch f {
	case dialog.FailedRefused:
		return d.word(site, whyRefused)
	case dialog.FailedUnknown:
		return d.word(site, whyUnknown)
	case dialog.FailedLimit:
		return d.word(site, whyLimit)
	case dialog.FailedBroken:
		return d.word(site, whyBroken)
	case dialog.FailedEndpoint:
		return d.word(site, whyEndpoint)
	default:
		return d.word(site, whyEndpoint)
	}
}

// Sending reports whether a draft can not be sent, and says why in its thread.
func (d *Desk) Sending(ctx context.Context, site *config.Site, v store.Visitor, s dialog.Sending) (refused bool, err error) {
	text := markup.Text{}
	switch blocked, err := d.store.Blocked(ctx, v.ID); {
	case err != nil:
		return false, err
	case !s.Allowed:
		text = d.say(site, notAllowed, nil)
	case blocked:
		text = d.say(site, cannedBlocked, nil)
	default:
		after, err := d.store.After(ctx, v.ID, 1)
		if err != nil || len(after) == 0 {
			return false, err
		}
		text = d.say(site, cannedMoved, d.about(site, after[0]))
	}
	return true, d.dialog.Notice(ctx, v.ID, "unsent:"+s.Event, chat.Content{Text: text.Plain, HTML: text.HTML, Thread: s.Draft.Content.Thread})
}

// Translated answers an operator's message with what the visitor reads in its place.
func (d *Desk) Translated(ctx context.Context, site *config.Site, about, said chat.Entry) error {
	text := d.introduced(site, toVisitor, said.Content.Text)
	return d.dialog.NoticeAbout(ctx, about, "translation:"+string(said.ID), chat.Content{Text: text.Plain, HTML: text.HTML})
}

// Untranslated answers an operator's message that the visitor reads as it is.
func (d *Desk) Untranslated(ctx context.Context, site *config.Site, about chat.Entry, f dialog.Failure) error {
	text := d.failed(site, f, untranslated, untranslatedThis)
	return d.dialog.NoticeAbout(ctx, about, "untranslated:"+string(about.ID), chat.Content{Text: text.Plain, HTML: text.HTML})
}

// failed says why there is no translation: in general, or of this text if the next one
// may well be translated.
func (d *Desk) failed(site *config.Site, f dialog.Failure, general, this key) markup.Text {
	said := general
	if f == dialog.FailedRefused {
		said = this
	}
	return d.say(site, said, markup.Values{"why": d.why(site, f)})
}
