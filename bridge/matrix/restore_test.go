package matrix

import (
	"encoding/json"
	"testing"
)

func TestARedactedEventBringsItsRedaction(t *testing.T) {
	got := removal("!room", json.RawMessage(`{"event_id":"$m","type":"m.room.message","content":{},
		"unsigned":{"redacted_because":{"event_id":"$r","type":"m.room.redaction","sender":"@anna:x","content":{},"unsigned":{"age":7}}}}`))
	if len(got) != 1 || got[0].Key != "$r" || got[0].Room != "!room" {
		t.Fatalf("got %+v", got)
	}
	var event map[string]any
	if err := json.Unmarshal(got[0].Raw, &event); err != nil || event["redacts"] != "$m" || event["type"] != "m.room.redaction" || event["unsigned"] != nil {
		t.Errorf("the redaction is %s (%v)", got[0].Raw, err)
	}
	for _, none := range []string{`{"event_id":"$m","unsigned":{}}`, `{"event_id":"$m","unsigned":{"redacted_because":{"type":"x"}}}`, `{"unsigned":7}`, `[]`} {
		if got := removal("!room", json.RawMessage(none)); got != nil {
			t.Errorf("%s brings %+v", none, got)
		}
	}
}
