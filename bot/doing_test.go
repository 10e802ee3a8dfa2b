package bot

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

func TestWhatTheBotDoesIsWhatTheVisitorTalksWith(t *testing.T) {
	asks := &chain.Run{ID: "asks", Chain: "order", Wait: &chain.Wait{For: chain.ForAnswer}}
	pauses := &chain.Run{ID: "pauses", Chain: "later", Wait: &chain.Wait{For: chain.ForTime}}
	waits := &chain.Run{ID: "waits", Chain: "later", Wait: &chain.Wait{For: chain.ForTime}}
	held := &chain.Run{ID: "held", Chain: "order", Held: true, Wait: &chain.Wait{For: chain.ForAnswer}}
	for _, c := range []struct {
		runs []*chain.Run
		want string
	}{
		{nil, ""},
		{[]*chain.Run{held}, ""},
		{[]*chain.Run{asks, pauses}, "asks"},
		{[]*chain.Run{pauses, asks}, "asks"},
		{[]*chain.Run{pauses, waits, held}, "waits"},
	} {
		got := ""
		if r := (&State{Runs: c.runs}).Doing(); r != nil {
			got = r.ID
		}
		if got != c.want {
			t.Errorf("it does %q, want %q", got, c.want)
		}
	}
	for want, r := range map[string]*chain.Run{
		"":      asks,
		"sales": {Chain: "order", Wait: &chain.Wait{For: chain.ForReply, Assistant: "sales"}},
		"help":  {Chain: chain.AssistantChain("help"), Wait: &chain.Wait{For: chain.ForAnswer}},
		"desk":  {Chain: chain.AssistantChain("desk") + ":always"},
	} {
		if got := r.Assistant(); got != want {
			t.Errorf("%q answers in %+v, want %q", got, r, want)
		}
	}
}
