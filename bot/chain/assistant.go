package chain

import (
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Assistant is one of the site's assistants as chains know it: its name and what it
// may do beside talking. How it finds its words is none of their business.
type Assistant struct {
	// Name is that of the config, in the form of a chain's name.
	Name string
	// Variables, Tags and Chains are those that it may set, put on the visitor and
	// start; it may do nothing to others. A variable that no chain gives a type is a text.
	Variables, Tags, Chains []string
	// HandOver is whether it may call a person, Close whether it may close the dialog.
	HandOver, Close bool
	// Fallback is what is done when it has no answer, by the reason; the one under ""
	// is for all reasons that have none of their own. Without one the visitor reads a
	// polite sentence in English or Russian.
	Fallback map[talk.Failure]Fallback
	// Timeout is how long an answer may take; 0 is DefaultAnswer. Whoever asks it keeps
	// to that; a chain gives up only a while later.
	Timeout time.Duration
	// Always has it answer what no chain is meant by, see AssistantChain. One of a
	// site's assistants at most may do so.
	Always bool
}

// DefaultAnswer is how long an assistant may take if nothing is said.
const DefaultAnswer = 20 * time.Second

// Fallback is what is done when an assistant has no answer.
type Fallback struct {
	// Say is what the visitor reads, as value.Words{In: …} has it by language; {{ }}
	// puts values in.
	Say value.Words
	// HandOver calls a person, and the bot is silent. Without it the assistant gets
	// the visitor's next words again.
	HandOver bool
	// Chain is where the conversation goes on, instead; "" for nowhere.
	Chain string
}

// assistantPrefix stands before the name of an assistant in that of its own chain.
// No file can have such a name.
const assistantPrefix = "assistant:"

// AssistantChain is the name of the chain that every assistant has of its own: it
// answers until it hands over. Operators start it by hand (talk.Started). No file
// can have that name, and no chain goes to it; the step gpt is for that.
func AssistantChain(assistant string) string { return assistantPrefix + assistant }
