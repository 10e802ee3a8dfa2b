package chain_test

import (
	"encoding/json"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

func TestSchemaIsMadeOfAllKinds(t *testing.T) {
	schema, err := chain.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Defs map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &read); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Trigger", "sayStep", "askStep", "requestStep", "galleryStep"} {
		if read.Defs[name] == nil {
			t.Errorf("the schema does not describe %s", name)
		}
	}
}
