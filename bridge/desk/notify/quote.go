package notify

import (
	"encoding/json"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Quote is of a payload that has the words of an entry in it: what was removed before it
// was sent is not to leave the house after all.
type Quote struct {
	// Of is the entry; empty for none.
	Of chat.EntryID `json:"quotes,omitempty"`
	// Bare is the payload without its words.
	Bare json.RawMessage `json:"bare,omitempty"`
}

// NewQuote is a quote of an entry, which may be empty, with the payload without it.
func NewQuote(of chat.EntryID, bare string) Quote {
	if of == "" {
		return Quote{}
	}
	return Quote{of, json.RawMessage(bare)}
}

// Unquoted is a payload once an entry was removed: what it is without the entry's words.
func Unquoted(payload string, entry chat.EntryID) string {
	var q Quote
	if json.Unmarshal([]byte(payload), &q) != nil || q.Of != entry || len(q.Bare) == 0 {
		return payload
	}
	return string(q.Bare)
}
