package chain

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// sayStep is a message, with buttons or quick replies below it.
//
// With a button that is no link the chain waits here. What a button does is done
// at any later time too: buttons stay valid when the chain has moved on.
type sayStep struct {
	Common  `yaml:",inline"`
	Say     value.Words `yaml:"say" need:"true" doc:"What the bot says; {{ }} puts values in."`
	Buttons []*button   `yaml:"buttons" doc:"Buttons below the message. They stay."`
	Quick   []*button   `yaml:"quick_replies" doc:"Answers to choose from, which go away once anybody says anything."`
	fallback
}

// fallback is what happens when the visitor does something else than to press a
// button, or nothing.
type fallback struct {
	Otherwise Target          `yaml:"otherwise" doc:"Where to go when the visitor writes something that no button and no keyword means."`
	Timeout   source.Duration `yaml:"timeout" doc:"How long to wait for the visitor."`
	OnTimeout Target          `yaml:"on_timeout" doc:"Where to go when the time is over; without it the chain goes on below."`
}

func (f *fallback) exits() []*Target { return []*Target{&f.Otherwise, &f.OnTimeout} }

func (f *fallback) check(c *checker, at source.Pos, waits bool) {
	switch {
	case !waits && (!f.Otherwise.IsZero() || f.Timeout != 0 || !f.OnTimeout.IsZero()):
		c.fault(at, "nothing_to_wait_for", "Only a message with buttons waits: otherwise, timeout and on_timeout have no meaning here.")
	case f.Timeout == 0 && !f.OnTimeout.IsZero():
		c.fault(f.OnTimeout.Pos, "no_timeout", "on_timeout needs a timeout beside it.")
	}
}

// after reports whether what stands below a message with buttons may come next: by
// a button without goto, or when the time is over.
func (f *fallback) after(all buttons) bool {
	waits := all.wait()
	below := func(b *button) bool { return !b.isLink() && b.Goto.IsZero() }
	return !waits || slices.ContainsFunc(all, below) || f.Timeout > 0 && f.OnTimeout.IsZero()
}

func (f *fallback) wait(t *Turn) Outcome {
	w := Wait{For: ForPress}
	if f.Timeout > 0 {
		w.Until = t.In.At.Add(f.Timeout.Std())
	}
	return wait(w)
}

// The most characters of a button, and the most buttons of a message.
const (
	maxButton  = 40
	maxButtons = 12
)

// button is one answer to press.
type button struct {
	source.Pos
	Text value.Words `yaml:"text" need:"true" doc:"What stands on the button."`
	URL  link        `yaml:"url" doc:"Makes a link of it: an https address, in which {{ }} puts values behind the host; or mailto: or tel:."`
	Goto Target      `yaml:"goto" doc:"Where the chain goes on; without it, below."`
	Set  assignments `yaml:"set" doc:"Variables that get their values by a press."`
	Tag  string      `yaml:"tag" doc:"A tag that the visitor gets by a press."`

	// in is the card that has it; nil for none.
	in *card
}

func (b *button) isLink() bool { return !b.URL.IsZero() }

func (b *button) check(c *checker) {
	c.words(&b.Text, maxButton)
	if len([]rune(b.Tag)) > maxTag {
		c.fault(b.Pos, "bad_tag", "A tag has 1 to %d characters.", maxTag)
	}
	if !b.isLink() {
		b.Set.check(c)
		return
	}
	if !b.Goto.IsZero() || len(b.Set) > 0 || b.Tag != "" {
		c.fault(b.Pos, "link_does_nothing", "A button with a url opens a link and can do nothing else: leave out goto, set and tag.")
	}
	b.URL.check(c)
}

// press does what a press of the button does.
func (b *button) press(t *Turn, s *Step) Outcome {
	t.Count(s, talk.Replied)
	b.Set.run(t, s)
	t.tag(b.Tag, false)
	return s.to(&b.Goto)
}

// buttons are those of a message, and how an input presses one.
type buttons []*button

func (all buttons) check(c *checker) {
	for _, b := range all {
		b.check(c)
	}
	all.twice(c)
	if len(all) > maxButtons {
		c.fault(all[maxButtons].Pos, "too_many_buttons", "A message has at most %d buttons.", maxButtons)
	}
}

// twice looks for buttons that nobody could tell apart.
func (all buttons) twice(c *checker) {
	for i, b := range all {
		for _, other := range all[:i] {
			if words := sameWords(&b.Text, &other.Text); words != "" {
				c.fault(b.Text.Pos, "same_button", "Two buttons of the message say %q; give each words of its own.", words)
				break
			}
		}
	}
}

// sameWords are the words that two texts have in common in a language, or "".
func sameWords(a, b *value.Words) string {
	for language, text := range a.Each {
		for other, same := range b.Each {
			if (language == other || language == "" || other == "") && fold.Fold(text.Text) == fold.Fold(same.Text) {
				return text.Text
			}
		}
	}
	return ""
}

func (all buttons) targets() (targets []*Target) {
	for _, b := range all {
		targets = append(targets, &b.Goto)
	}
	return targets
}

func (all buttons) declare(d *declarations) {
	for _, b := range all {
		b.Set.declare(d)
	}
}

// wait reports whether there is anything to press but links.
func (all buttons) wait() bool {
	return slices.ContainsFunc(all, func(b *button) bool { return !b.isLink() })
}

// shown are the buttons as the visitor gets them, without those that have no words.
func (all buttons) shown(t *Turn, s *Step) (shown []talk.Button) {
	for _, b := range all {
		if text := cut(t.say(s, &b.Text), maxButton); !isEmpty(text) {
			shown = append(shown, talk.Button{Text: text, URL: b.URL.shown(t, s)})
		}
	}
	return shown
}

// isEmpty reports whether a text shows nothing, as values may make it.
func isEmpty(text string) bool { return fold.Fold(text) == "" }

// visible are the buttons that the visitor gets now, by whose places presses count.
func (all buttons) visible(t *Turn) buttons {
	return slices.DeleteFunc(slices.Clone(all), func(b *button) bool {
		text, _ := b.Text.Render(t.Env, t.In.Facts.Language) // an error was told when it was shown
		return isEmpty(text) || b.in != nil && b.in.isEmpty(t)
	})
}

// meant is the button that an input presses, or whose words it says; nil for none.
func (all buttons) meant(t *Turn, s *Step) *button {
	e := t.In.Event
	if p := e.Press; p != nil && e.Kind == talk.Pressed && p.Step == s.Key() {
		// By its words: the buttons may have been put in another order since, and the
		// visitor means what it read. Of several with these words, as on cards, it is
		// the one at its place. Words with values in them may have changed by
		// themselves, so those go by their place alone.
		at := all.visible(t)
		if p.Button >= 0 && p.Button < len(at) && !at[p.Button].isLink() {
			at = at[p.Button : p.Button+1]
		} else {
			at = nil
		}
		for _, among := range []buttons{at, all} {
			if b := among.named(t, p.Text); b != nil {
				return b
			}
		}
		if len(at) > 0 && !at[0].Text.IsPlain() {
			return at[0]
		}
		return nil
	}
	return all.said(t, e.Text)
}

func (y *sayStep) all() buttons {
	if len(y.Buttons) > 0 {
		return y.Buttons
	}
	return y.Quick
}

func (y *sayStep) targets() []*Target { return append(y.all().targets(), y.exits()...) }

func (y *sayStep) after() bool { return y.fallback.after(y.all()) }

func (y *sayStep) declare(d *declarations, _ *Step) { y.all().declare(d) }

func (y *sayStep) check(c *checker, s *Step) {
	c.words(&y.Say, MaxText)
	y.all().check(c)
	y.fallback.check(c, s.Pos, y.all().wait())
	if len(y.Buttons) > 0 && len(y.Quick) > 0 {
		c.fault(s.Pos, "two_sorts_of_buttons", "A message has buttons or quick_replies, not both.")
	}
}

func (y *sayStep) run(t *Turn, s *Step) Outcome {
	y.speak(t, s)
	if y.all().visible(t).wait() {
		return y.wait(t)
	}
	return s.then()
}

func (y *sayStep) speak(t *Turn, s *Step) {
	say := talk.Say{Text: t.say(s, &y.Say)}
	if shown := y.all().shown(t, s); len(shown) > 0 {
		say.Offer = &talk.Offer{Step: s.Key(), Buttons: shown, Quick: len(y.Quick) > 0}
	}
	if say.Text != "" || say.Offer != nil {
		t.Do(say)
	}
}

// wake goes on with a press, with words that mean a button, or when the time is
// over; bot.Turn has looked for keywords before it asks with any other words.
func (y *sayStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	return y.fallback.wake(t, s, w, y.all(), y.speak)
}

// wake is what a message with buttons does with an input.
func (f *fallback) wake(t *Turn, s *Step, w *Wait, all buttons, speak func(*Turn, *Step)) (Outcome, bool) {
	switch t.In.Event.Kind {
	case talk.Tick:
		if f.Timeout == 0 || !w.over(t.In.At) { // an edit may have taken the timeout away
			return Outcome{Wait: w}, false
		}
		t.Count(s, talk.Left)
		return s.to(&f.OnTimeout), true
	case talk.Said, talk.Pressed:
		if b := all.meant(t, s); b != nil {
			return b.press(t, s), true
		}
		if !f.Otherwise.IsZero() {
			t.Count(s, talk.Replied)
			if t.In.Event.Kind == talk.Said { // words that mean nothing else: a gap, though there is a way for them
				t.Do(talk.Unmatched{Text: t.In.Event.Text})
			}
			return Outcome{To: f.Otherwise.step}, true
		}
	case talk.Continued:
		speak(t, s)
		return f.wait(t), true
	default:
	}
	return Outcome{Wait: w}, false
}

// Means reports whether the visitor's words are those of a button, or of one of the
// choices, of a step that waits.
func (s *Step) Means(t *Turn) bool {
	if a, ok := s.do.(*askStep); ok {
		return a.offers(t, s)
	}
	b, ok := s.do.(interface{ all() buttons })
	return ok && b.all().meant(t, s) != nil
}

// Press does what a button of the step does, whether or not the step waits; false
// if there is no such button any more.
func (s *Step) Press(t *Turn) (Outcome, bool) {
	b, ok := s.do.(interface{ all() buttons })
	if !ok {
		return over(), false
	}
	pressed := b.all().meant(t, s)
	if pressed == nil {
		return over(), false
	}
	return pressed.press(t, s), true
}
