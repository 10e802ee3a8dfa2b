package chain

import (
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// cardStep is a picture with words and buttons. With a button that is no link the
// chain waits here, as with say.
type cardStep struct {
	Common `yaml:",inline"`
	Card   card `yaml:"card" need:"true" doc:"A picture with words and buttons."`
	fallback
}

// galleryStep are cards side by side.
type galleryStep struct {
	Common  `yaml:",inline"`
	Gallery []*card `yaml:"gallery" need:"true" doc:"2 to 10 cards side by side."`
	fallback
}

type card struct {
	source.Pos
	Title   value.Words `yaml:"title" need:"true" doc:"The heading."`
	Text    value.Words `yaml:"text" doc:"What stands below the heading."`
	Image   *media      `yaml:"image" doc:"A picture: a file of the folder, or an https URL in which {{ }} puts values behind the host."`
	Buttons []*button   `yaml:"buttons" doc:"Buttons below the card. They stay."`
}

// The most characters of a card's heading and text.
const (
	maxCardTitle = 100
	maxCardText  = 1000
)

func (k *card) check(c *checker) {
	c.words(&k.Title, maxCardTitle)
	c.words(&k.Text, maxCardText)
	if k.Image != nil {
		k.Image.check(c, true)
	}
	for _, b := range k.Buttons {
		b.in = k
	}
	buttons(k.Buttons).check(c)
}

// isEmpty reports whether the card has no words now, and is left out.
func (k *card) isEmpty(t *Turn) bool {
	for _, words := range []*value.Words{&k.Title, &k.Text} {
		if text, _ := words.Render(t.Env, t.In.Facts.Language); !isEmpty(text) { // an error is told when it is shown
			return false
		}
	}
	return true
}

func (k *card) shown(t *Turn, s *Step) talk.Card {
	shown := talk.Card{
		Title: cut(t.say(s, &k.Title), maxCardTitle), Text: cut(t.say(s, &k.Text), maxCardText), Buttons: buttons(k.Buttons).shown(t, s),
	}
	if k.Image != nil {
		shown.Media = k.Image.shown(t, s, true)
	}
	return shown
}

// cards are those of a message.
type cards []*card

// all are the buttons of all cards, in the order in which talk.Offer counts them; see visible.
func (ks cards) all() (all buttons) {
	for _, k := range ks {
		all = append(all, k.Buttons...)
	}
	return all
}

func (ks cards) check(c *checker, s *Step, f *fallback) {
	for _, k := range ks {
		k.check(c)
	}
	f.check(c, s.Pos, ks.all().wait())
}

func (ks cards) speak(t *Turn, s *Step) {
	offer := &talk.Offer{Step: s.Key()}
	for _, k := range ks {
		if shown := k.shown(t, s); !isEmpty(shown.Title + shown.Text) {
			offer.Cards = append(offer.Cards, shown)
		}
	}
	if len(offer.Cards) > 0 {
		t.Do(talk.Say{Offer: offer})
	}
}

func (ks cards) run(t *Turn, s *Step, f *fallback) Outcome {
	ks.speak(t, s)
	if ks.all().visible(t).wait() {
		return f.wait(t)
	}
	return s.then()
}

func (k *cardStep) cards() cards { return cards{&k.Card} }

func (k *cardStep) all() buttons { return k.cards().all() }

func (k *cardStep) after() bool { return k.fallback.after(k.all()) }

func (k *cardStep) targets() []*Target { return append(k.all().targets(), k.exits()...) }

func (k *cardStep) declare(d *declarations, _ *Step) { k.all().declare(d) }

func (k *cardStep) check(c *checker, s *Step) { k.cards().check(c, s, &k.fallback) }

func (k *cardStep) run(t *Turn, s *Step) Outcome { return k.cards().run(t, s, &k.fallback) }

func (k *cardStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	return k.fallback.wake(t, s, w, k.all(), k.cards().speak)
}

// The fewest and the most cards of a gallery.
const (
	minCards = 2
	maxCards = 10
)

func (g *galleryStep) cards() cards { return g.Gallery }

func (g *galleryStep) all() buttons { return g.cards().all() }

func (g *galleryStep) after() bool { return g.fallback.after(g.all()) }

func (g *galleryStep) targets() []*Target { return append(g.all().targets(), g.exits()...) }

func (g *galleryStep) declare(d *declarations, _ *Step) { g.all().declare(d) }

func (g *galleryStep) check(c *checker, s *Step) {
	if n := len(g.Gallery); n < minCards || n > maxCards {
		c.fault(s.Pos, "bad_gallery", "A gallery has %d to %d cards; a single one is a card.", minCards, maxCards)
	}
	g.cards().check(c, s, &g.fallback)
}

func (g *galleryStep) run(t *Turn, s *Step) Outcome { return g.cards().run(t, s, &g.fallback) }

func (g *galleryStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	return g.fallback.wake(t, s, w, g.all(), g.cards().speak)
}
