package convert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

// TestNoEmptyLineAboveCards: a card without a heading begins with its words.
func TestNoEmptyLineAboveCards(t *testing.T) {
	offer := chat.Offer{Cards: []chat.Card{{Text: "Fresh from the hills", Buttons: []chat.Button{{Text: "Buy"}}}}}
	e := chat.Entry{ID: entryID, Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Offer: &offer}}
	_, content, err := convert.ToMatrix(e, convert.Refs{})
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Body      string `json:"body"`
		Formatted string `json:"formatted_body"`
	}
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(read.Body, "Fresh") || !strings.HasPrefix(read.Formatted, "<p>Fresh") {
		t.Errorf("the card is %q and %q", read.Body, read.Formatted)
	}
}
