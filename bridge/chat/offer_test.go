package chat_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// TestButtonsAreCountedThroughCards: first those of the message, then those of each card.
func TestButtonsAreCountedThroughCards(t *testing.T) {
	offer := &chat.Offer{
		Buttons: []chat.Button{{Text: "own"}},
		Cards: []chat.Card{
			{Title: "Red", Buttons: []chat.Button{{Text: "red 1"}, {Text: "red 2"}}},
			{Title: "bare"},
			{Title: "Blue", Buttons: []chat.Button{{Text: "blue"}}},
		},
	}
	for place, want := range map[int]struct{ button, card string }{
		-1: {}, 0: {"own", ""}, 1: {"red 1", "Red"}, 2: {"red 2", "Red"}, 3: {"blue", "Blue"}, 4: {},
	} {
		button, isButton := offer.Button(place)
		card, isCard := offer.CardOf(place)
		if button.Text != want.button || isButton != (want.button != "") || card.Title != want.card || isCard != (want.card != "") {
			t.Errorf("at %d there is %q of the card %q", place, button.Text, card.Title)
		}
	}
	var none *chat.Offer
	if _, is := none.CardOf(0); is {
		t.Error("no offer has a card")
	}
}
