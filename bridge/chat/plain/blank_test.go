package plain_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// TestBlankIsOneRule: what shows nothing in a client is no message,
// and what shows anything is one.
func TestBlankIsOneRule(t *testing.T) {
	data, err := os.ReadFile("testdata/blank.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Blank, Shown []string }
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	for want, texts := range map[bool][]string{true: table.Blank, false: table.Shown} {
		if len(texts) == 0 {
			t.Error("the table is empty")
		}
		for _, text := range texts {
			if plain.Blank(text) != want || plain.Blank(plain.Clean(text)) != want {
				t.Errorf("%+q is blank: %v", text, !want)
			}
		}
	}
}
